# SPDX-License-Identifier: Apache-2.0
"""The options batch-length-column and max-batch-length, as the JVM requests them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request


class OnlyRows(PredictFunction):
    """Has no predict_batch."""

    def predict(self, data: Any) -> Any:
        return [1]


class Either(OnlyRows, BatchPredictFunction):
    """Has both methods."""

    def predict_batch(self, batch: pa.RecordBatch) -> Any:
        return [batch.num_rows] * batch.num_rows


def request_for(python_class: str, directory: object) -> str:
    """Returns the request of a model with batch-length-column."""
    batch = {"size": 8, "length_column": "x", "max_length": 4}
    return make_request(directory, "x INT", "y INT", python_class=python_class, batch=batch)


def test_class_without_predict_batch_is_refused(tmp_path: Any) -> None:
    """The option would have no effect, because predict gets each row alone."""
    with pytest.raises(DescribedError, match="OnlyRows has only predict"):
        open_function(request_for(f"{__name__}.OnlyRows", tmp_path))


def test_options_of_a_request_are_used(tmp_path: Any) -> None:
    """The JVM sends them with the size of batches."""
    opened = open_function(request_for(f"{__name__}.Either", tmp_path))
    assert [row.y for (row,) in opened.predict_batch([(1,), (4,), (2,), (1,)])] == [2, 1, 2, 1]
    close_function(opened)
