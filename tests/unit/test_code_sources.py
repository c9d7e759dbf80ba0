# SPDX-License-Identifier: Apache-2.0
"""Code comes from the model's directory and from the environment, and from nowhere else."""

import py_compile
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pyflink_ml_embedded import _runtime
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    Path(_runtime.__file__).with_name("probe.py"),
    *(ROOT / "java/src/main/resources").rglob("*.py"),
]
MODEL = """
import sys
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def predict(self, data):
        import helper
        return [helper.__file__]
"""


@pytest.fixture
def directory(tmp_path):
    """The directory of a model that imports ``helper`` when it predicts."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "model.py").write_text(MODEL)
    return path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_of_the_jvm_do_not_import_from_the_working_directory(script, tmp_path):
    """A TaskManager may be started anywhere, such as in a directory with downloads."""
    for name in ("json", "struct", "argparse", "traceback", "locale", "pyflink_ml_embedded"):
        (tmp_path / f"{name}.py").write_text("print('IMPORTED from the working directory')")
    ended = subprocess.run(
        [sys.executable, "-c", script.read_text(), "0.0"],
        cwd=tmp_path,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "IMPORTED" not in ended.stdout + ended.stderr


def predicted(directory):
    """Returns the result of one row."""
    opened = open_function(
        make_request(directory, "x BIGINT", "y STRING", python_class="model.Model")
    )
    try:
        return [result[0] for result in opened((1,))]
    finally:
        close_function(opened)


def test_modules_of_the_working_directory_are_not_found(directory, tmp_path, monkeypatch):
    """The interpreter of a job has no '' on its path."""
    (tmp_path / "helper.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    with pytest.raises(ModuleNotFoundError, match="'helper'"):
        predicted(directory)


@pytest.mark.parametrize("below", ["", "code", "lib"])
def test_modules_of_the_model_are_found(directory, below):
    """Otherwise the other tests would test nothing."""
    (directory / below).mkdir(exist_ok=True)
    (directory / below / "helper.py").touch()
    assert predicted(directory) == [str(directory / below / "helper.py")]


def test_bytecode_is_not_loaded_without_its_source(directory):
    """It could differ from the source that was reviewed."""
    source = directory.parent / "helper.py"
    source.write_text("x = 1")
    py_compile.compile(str(source), cfile=str(directory / "helper.pyc"))
    with pytest.raises(ModuleNotFoundError, match="'helper'"):
        predicted(directory)


@pytest.mark.parametrize("location", ["../weights", "{outside}/weights", "link"])
def test_external_data_of_onnx_stays_in_the_directory(tmp_path, location):
    """Its tensors could be any file of the host."""
    directory = tmp_path / "model"
    directory.mkdir()
    np.ones(1, np.float32).tofile(tmp_path / "weights")
    (directory / "link").symlink_to(tmp_path / "weights")
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location.format(outside=tmp_path))
    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1]) for name in ("x", "y")
    ]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g", tensors[:1], tensors[1:], [weights]
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), directory / "m.onnx")
    with pytest.raises(DescribedError, match=r"External data path|not allowed"):
        open_function(make_request(directory, "x FLOAT", "y FLOAT"))
