# SPDX-License-Identifier: Apache-2.0
"""C runs a file unless it cannot, or a class predicts; what it declines is predicted by Python."""

import logging
import os

import numpy as np
import onnx
import pytest
from onnx import helper

from pyflink_ml_embedded import ModelError
from pyflink_ml_embedded._engine import make_engine
from pyflink_ml_embedded._native import OnnxEngine
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction

from ..requests import make_request
from .models import context, graph, identity

DIRECT = identity(x=("float", ["N", 2]))


class Inheriting(OnnxPredictFunction):
    """Prepares something else, and predicts as its base does."""

    def open(self, context):
        super().open(context)


class Overriding(OnnxPredictFunction):
    """Changes the results of rows."""

    def predict(self, data):
        return [[-value for value in row] for row in super().predict(data)]


class OverridingBatches(OnnxPredictFunction):
    """Changes the results of batches."""

    def predict_batch(self, batch):
        return {name: -values for name, values in super().predict_batch(batch).items()}


@pytest.mark.parametrize(
    ("kind", "properties", "has_engine"),
    [
        (OnnxPredictFunction, {}, True),
        (OnnxPredictFunction, {"engine": "c"}, True),
        (OnnxPredictFunction, {"engine": "python"}, False),
        (Inheriting, {}, True),
        (Overriding, {}, False),
        (OverridingBatches, {}, False),
    ],
)
def test_engine_predicts_unless_python_is_asked_for(tmp_path, kind, properties, has_engine):
    """A class that changes results must be called."""
    (tmp_path / "model.onnx").write_bytes(DIRECT)
    function = kind()
    function.open(context(tmp_path, "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE", **properties))
    assert isinstance(make_engine(function), OnnxEngine) == has_engine


@pytest.mark.parametrize(
    ("name", "by_row", "by_batch"), [("Overriding", -1, 1), ("OverridingBatches", 1, -1)]
)
def test_class_that_overrides_a_method_is_called(tmp_path, name, by_row, by_batch):
    """Its results are those of the job."""
    (tmp_path / "model.onnx").write_bytes(DIRECT)
    columns = ("a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE")
    for batch_size, sign in ((None, by_row), (4, by_batch)):
        request = make_request(
            tmp_path, *columns, None, batch_size, python_class=f"{__name__}.{name}"
        )
        opened = open_function(request)
        found = opened((1.0, 2.0)) if batch_size is None else opened.predict_batch([(1.0, 2.0)])[0]
        assert [list(result) for result in found] == [[sign * 1.0, sign * 2.0]]
        close_function(opened)


@pytest.mark.parametrize(
    ("model", "inputs", "properties", "reason"),
    [
        (identity(x=("string", ["N"])), "a STRING", {}, "'x' is text, a ZipMap, or of float16"),
        (identity(x=("float16", ["N"])), "a FLOAT", {}, "'x' is text, a ZipMap, or of float16"),
        (identity(x=("float", ["N"])), "a DECIMAL(5, 2)", {}, "column 'a' is a DECIMAL"),
        (
            identity(x=("float", [2, "batch"])),
            "a ARRAY<FLOAT>",
            {},
            "the first dimension of 'x' is not the rows",
        ),
    ],
)
def test_reason_why_python_runs_a_file_is_given(
    tmp_path, caplog, model, inputs, properties, reason
):
    """In the log, and as an error where C was asked for."""
    outputs = inputs.replace("DECIMAL(5, 2)", "DOUBLE")
    (tmp_path / "model.onnx").write_bytes(model)
    function = OnnxPredictFunction()
    function.open(context(tmp_path, inputs, outputs.replace("a ", "y ", 1), **properties))
    with caplog.at_level(logging.INFO):
        assert make_engine(function) is None
    assert f"is run by Python: {reason}" in caplog.text
    function.open(context(tmp_path, inputs, outputs.replace("a ", "y ", 1), engine="c"))
    with pytest.raises(ModelError, match=f"'properties.engine' is 'c', but C cannot .*{reason}"):
        make_engine(function)


def test_missing_library_leaves_the_file_to_python(tmp_path, monkeypatch, caplog):
    """Wheels before 1.20 do not have it."""
    monkeypatch.setattr("glob.glob", lambda pattern: [])
    (tmp_path / "model.onnx").write_bytes(DIRECT)
    function = OnnxPredictFunction()
    function.open(context(tmp_path, "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE"))
    with caplog.at_level(logging.INFO):
        assert make_engine(function) is None
    assert "has no C library" in caplog.text


@pytest.mark.parametrize("batch_size", [None, 8])
def test_declined_rows_are_predicted_with_the_weights_that_were_loaded(tmp_path, batch_size):
    """The file may be replaced while the job runs; an empty ARRAY is left to Python."""
    weight = onnx.numpy_helper.from_array(np.ones(1, np.float32), "w")
    nodes = [helper.make_node("Add", ["x", "w"], ["y"])]
    shape = {"x": ("float", ["N", None])}, {"y": ("float", ["N", None])}
    (tmp_path / "model.onnx").write_bytes(graph(nodes, *shape, [weight]))
    request = make_request(
        tmp_path, "x ARRAY<FLOAT>", "y ARRAY<FLOAT>", {"engine": "c"}, batch_size
    )
    opened = open_function(request)
    os.truncate(tmp_path / "model.onnx", 0)
    rows = [([1.0],), ([],), ([2.0, 3.0],)]
    found = opened.predict_batch(rows) if batch_size else [opened(row) for row in rows]
    assert [result.y for (result,) in found] == [[2.0], [], [3.0, 4.0]]
    close_function(opened)
