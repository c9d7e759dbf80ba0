# SPDX-License-Identifier: Apache-2.0
"""The function around a model that counts its batches."""

import time
from math import inf

import pytest

from pyflink_ml_embedded import PredictContext
from pyflink_ml_embedded._engine import make_engine
from pyflink_ml_embedded.bench.measure.built_in import write_built_in
from pyflink_ml_embedded.bench.measure.counting import CountingFunction, mean_rows, read_batches


@pytest.fixture
def open_counting(tmp_path):
    """Opens the function around the model of a workload."""

    def of(workload, **properties):
        given = {"workload": workload.directory, "report": str(tmp_path / "report"), **properties}
        schemas = (workload.inputs, workload.outputs)
        function = CountingFunction()
        function.open(PredictContext("m", workload.model_directory, given, *schemas, 0, 1))
        return function

    return of


@pytest.mark.parametrize(("properties", "has_engine"), [({}, True), ({"engine": "python"}, False)])
def test_engine_of_the_model_predicts(properties, has_engine, tmp_path, open_counting):
    """Python was measured in place of the engine that predicts for users."""
    workload = write_built_in("onnx_lr", tmp_path / "onnx_lr")
    function = open_counting(workload, **properties)
    assert (make_engine(function) is not None) == has_engine
    function.close()


def test_mean_of_the_batches_of_a_time_is_read(tmp_path, open_counting):
    """The figure explains the throughput, which grows with the batches."""
    workload = write_built_in("doubles_1", tmp_path / "doubles_1")
    function = open_counting(workload)
    rows = workload.rows()
    assert function.predict_batch(rows) == rows.columns
    function.predict_batch(rows.slice(0, 24))
    middle = time.monotonic_ns()
    function.predict_batch(rows.slice(0, 2))
    function.close()
    batches = read_batches(tmp_path / "report")
    assert mean_rows(batches, 0, middle) == (rows.num_rows + 24) / 2
    assert mean_rows(batches, middle, inf) == 2
    assert mean_rows(batches, 0, 0) is None
    assert len(read_batches(tmp_path / "report")) == 0
