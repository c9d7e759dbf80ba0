# SPDX-License-Identifier: Apache-2.0
"""The packages of models are independent, and importing them is cheap."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import pyflink_ml_embedded.models

ROOT = Path(pyflink_ml_embedded.models.__file__).parent
PACKAGES = ["mlflow", "onnx", "transformers", "trees"]
LIBRARIES = {
    *("lightgbm", "mlflow", "onnxruntime", "sklearn", "torch", "transformers", "xgboost"),
}


def imported_names(file):
    """Returns what a file imports from other packages of models, as module and name."""
    return {
        (node.module, alias.name)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level == 2
        if not (ROOT / f"{node.module}.py").exists()  # what all packages share
        for alias in node.names
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_what_others_export(package):
    """A change inside of one package must not break the models of another."""
    exported = {
        (other, name)
        for other in PACKAGES
        for name in importlib.import_module(f"pyflink_ml_embedded.models.{other}").__all__
    }
    files = list((ROOT / package).glob("*.py"))
    assert files
    for file in files:
        assert imported_names(file) <= exported, file


@pytest.mark.parametrize("package", PACKAGES)
def test_package_exports_one_predict_function(package):
    """Users name this class in CREATE MODEL."""
    (name,) = importlib.import_module(f"pyflink_ml_embedded.models.{package}").__all__
    assert name.lower() == f"{package}predictfunction"


@pytest.mark.parametrize("package", PACKAGES)
def test_import_loads_no_model_library(package):
    """These libraries take seconds to load, and may not be installed."""
    code = (
        f"import sys, pyflink_ml_embedded.models.{package}\nprint({LIBRARIES!r} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    )
    assert result.stdout.strip() == "set()"
