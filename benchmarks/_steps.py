# SPDX-License-Identifier: Apache-2.0
"""The steps of a batch into Python and out again, without a JVM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pyflink_ml_embedded import BatchPredictFunction
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._batch.feature_matrix import feature_matrix
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._native import Columns
from pyflink_ml_embedded.bench.measure.workload import describe_columns

BATCH_ROWS = (1, 16, 256, 1024)

_FEATURES = 32
_RESULTS = 2

# Direction -> contender -> cells in a row.
STEPS = {
    "batch in": {"embedded": _FEATURES, "from_arrays": _FEATURES},
    "batch matrix": {"embedded": _FEATURES, "numpy.stack": _FEATURES},
    "batch out": {"embedded": _RESULTS, "numpy.copyto": _RESULTS},
    "batch in and out": {"embedded": _FEATURES + _RESULTS},
}


class _Ready(BatchPredictFunction):
    """Returns the same result for each batch."""

    def __init__(self, result: npt.NDArray[np.float32]) -> None:
        self._result = result

    def predict_batch(self, batch: Any) -> npt.NDArray[np.float32]:
        return self._result


def make_step(direction: str, name: str, rows: int) -> Callable[[], Any]:
    """Returns a step for batches of a size, after checking its output.

    Raises:
        AssertionError: its output is wrong.
    """
    matrix = (np.arange(rows)[:, None] + np.arange(_FEATURES) / 64).astype("float32")
    result = np.ascontiguousarray(matrix[:, :_RESULTS])
    inputs, outputs = _doubles("x", _FEATURES), _doubles("y", _RESULTS)
    inputs.write(matrix.tolist())
    schema = pa.schema(inputs)
    batch = pa.RecordBatch._import_from_c(inputs.export(0, rows), schema)
    arrays = batch.columns
    ready = np.empty((_RESULTS, rows))
    caller = BatchCaller(_Ready(result), outputs)
    writer = ResultWriter(outputs)

    def stack() -> npt.NDArray[np.float32]:
        columns = [array.to_numpy() for array in batch.columns]
        return np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")

    def written() -> Any:
        return feature_matrix(pa.record_batch(outputs))

    # Direction and contender -> the step, a function that reads its output, and the expected value.
    steps: dict[tuple[str, str], tuple[Callable[[], Any], Callable[[Any], Any], Any]] = {
        ("batch in", "embedded"): (
            lambda: pa.RecordBatch._import_from_c(inputs.export(0, rows), schema),
            feature_matrix,
            matrix,
        ),
        ("batch in", "from_arrays"): (
            lambda: pa.RecordBatch.from_arrays(arrays, schema=schema),
            feature_matrix,
            matrix,
        ),
        ("batch matrix", "embedded"): (lambda: feature_matrix(batch), np.asarray, matrix),
        ("batch matrix", "numpy.stack"): (stack, np.asarray, matrix),
        ("batch out", "embedded"): (
            lambda: writer.write(result, rows),
            lambda _: written(),
            result,
        ),
        ("batch out", "numpy.copyto"): (
            lambda: np.copyto(ready, result.T),
            lambda _: ready.T,
            result,
        ),
        ("batch in and out", "embedded"): (
            lambda: caller(inputs, 0, rows),
            lambda _: written(),
            result,
        ),
    }
    step, found, expected = steps[direction, name]
    np.testing.assert_array_equal(found(step()), expected)
    return step


def _doubles(prefix: str, count: int) -> Columns:
    columns = ", ".join(f"{prefix}{index} DOUBLE" for index in range(count))
    return Columns(describe_columns(columns))
