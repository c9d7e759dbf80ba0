# SPDX-License-Identifier: Apache-2.0
"""Counts the batches of embedded-batch, which are visible only to the model.

The batches of an engine are visible to nobody, and are not counted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..._batch.batch_formats import make_converter
from ..._context import PredictContext
from ..._engine import EnginePredictFunction, make_engine
from ..._function import BatchPredictFunction
from ..._native import Engine
from .model import load_model
from .workload import load

__all__ = ["COUNTING_CLASS", "read_batches"]

COUNTING_CLASS = f"{__name__}.CountingFunction"


class CountingFunction(EnginePredictFunction, BatchPredictFunction):
    """Predicts with the model of a workload, or with its engine if it has one.

    Properties:
        workload: the workload's directory.
        report: the file that receives the numbers of batches and rows at close.
        others: properties of the model, beside those of the workload.
    """

    def open(self, context: PredictContext) -> None:
        """Opens the model."""
        self._batches = self._rows = 0
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
        self._batches += 1
        self._rows += batch.num_rows
        return self._model.predict_batch(self._convert(batch))

    def close(self) -> None:
        """Closes the model."""
        with self._report.open("a") as report:
            report.write(f"{self._batches} {self._rows}\n")
        self._model.close()


def read_batches(report: Path) -> float | None:
    """Returns the mean number of rows in the batches so far, and resets the counts."""
    if not report.exists():
        return None
    counts = [tuple(map(int, line.split())) for line in report.read_text().splitlines()]
    report.unlink()
    batches, rows = map(sum, zip(*counts, strict=True))
    return rows / batches if batches else None
