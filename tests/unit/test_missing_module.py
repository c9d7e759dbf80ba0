# SPDX-License-Identifier: Apache-2.0
"""The text for a module that is missing says what to do."""

import importlib
import sys

import pytest

from pyflink_ml_embedded._runtime.describe import describe_step
from pyflink_ml_embedded._runtime.private_modules import PrivateModules


def text_of(module):
    """Returns the first line of the text for an import in ``open``."""
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(module)
    return describe_step(caught.value, "fraud", "open").splitlines()[0]


def test_package_is_installed_with_the_python_of_the_model():
    """A host has many interpreters, and pip's default is rarely the right one."""
    assert text_of("not_installed").startswith(
        "model 'fraud': open failed with ModuleNotFoundError: No module named 'not_installed'; "
        f"install it on every TaskManager: {sys.executable} -m pip install not_installed ("
    )


def test_package_with_another_name_than_its_module_is_named():
    """``pip install sklearn`` fails."""
    error = ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    assert "pip install scikit-learn (" in describe_step(error, "fraud", "open")


def test_module_that_an_installed_package_lacks_is_not_installed_by_pip():
    """Another version of the package has it, or a file is missing."""
    assert text_of("json.absent").endswith(
        "'json' exists without 'absent': install another version of it for "
        f"'{sys.executable}', or add the file"
    )


def test_module_of_the_model_directory_is_not_searched_elsewhere(tmp_path):
    """An unpickler that runs in ``predict`` cannot see the modules of the directory."""
    (tmp_path / "features.py").touch()
    modules = PrivateModules.of(str(tmp_path))
    try:
        assert f"'{tmp_path}' has 'features', but only code of" in text_of("features")
    finally:
        modules.release()


def test_error_without_a_name_has_no_advice():
    """Code may raise the exception itself."""
    error = ModuleNotFoundError("no GPU")
    text = describe_step(error, "fraud", "open").splitlines()[0]
    assert text == "model 'fraud': open failed with ModuleNotFoundError: no GPU"
