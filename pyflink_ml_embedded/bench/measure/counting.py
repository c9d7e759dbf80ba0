# SPDX-License-Identifier: Apache-2.0
"""Counts the batches of embedded-batch, which are visible only to the model.

The batches of an engine are visible to nobody, and are not counted.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._batch.batch_formats import make_converter
from ..._context import PredictContext
from ..._engine import EnginePredictFunction, make_engine
from ..._function import BatchPredictFunction
from ..._native import Engine
from .model import load_model
from .workload import load

__all__ = ["COUNTING_CLASS", "mean_rows", "read_batches"]

COUNTING_CLASS = f"{__name__}.CountingFunction"


class CountingFunction(EnginePredictFunction, BatchPredictFunction):
    """Predicts with the model of a workload, or with its engine if it has one.

    Properties:
        workload: the workload's directory.
        report: the file that receives, at close, the time and the number of rows of each batch as
            int64 in the machine's byte order. The time is in nanoseconds of the monotonic clock.
        others: properties of the model, beside those of the workload.
    """

    def open(self, context: PredictContext) -> None:
        """Opens the model."""
        self._batches: list[int] = []
        properties = dict(context.properties)
        workload = load(properties.pop("workload"))
        self._report = Path(properties.pop("report"))
        properties = {**workload.properties, **properties}
        self._model: Any = load_model(workload, replace(context, properties=properties))
        self._convert = make_converter(type(self._model))

    def make_engine(self) -> Engine | None:
        """Returns the engine of the model, which would otherwise be measured in Python."""
        return make_engine(self._model)

    def predict_batch(self, batch: Any) -> Any:
        """Returns the model's results."""
        self._batches += (time.monotonic_ns(), batch.num_rows)
        return self._model.predict_batch(self._convert(batch))

    def close(self) -> None:
        """Closes the model."""
        with self._report.open("ab") as report:
            np.array(self._batches, np.int64).tofile(report)
        self._model.close()


def read_batches(report: Path) -> npt.NDArray[np.int64]:
    """Returns the time and the number of rows of each batch so far, and forgets them."""
    if not report.exists():
        return np.empty((0, 2), np.int64)
    batches = np.fromfile(report, np.int64).reshape(-1, 2)
    report.unlink()
    return batches


def mean_rows(batches: npt.NDArray[np.int64], start: float, end: float) -> float | None:
    """Returns the mean number of rows in the batches of a time, or None if there are none."""
    within = batches[(batches[:, 0] >= start) & (batches[:, 0] <= end), 1]
    return float(within.mean()) if len(within) else None
