# SPDX-License-Identifier: Apache-2.0
"""Calls of ``predict_batch`` that await."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow as pa
from numpy import ndarray

from .._batch.batch_formats import make_converter
from .._batch.results import ResultWriter
from .calls import Calls, _Call
from .loop import FunctionLoop

if TYPE_CHECKING:
    from .._function import BatchPredictFunction
    from .._native import Columns, Row

# What predict_batch returned for each part of a batch, and the rows of that part.
_Results = list[tuple[Any, ndarray[Any, Any]]]


class BatchCalls(Calls):
    """Calls of ``predict_batch``, each for one batch."""

    def __init__(
        self, loop: FunctionLoop, model: str, timeout: float | None, function: BatchPredictFunction
    ) -> None:
        """Creates the calls of a function that has none.

        Raises:
            ModelError: the class attribute ``batch_format`` has no valid value.
        """
        super().__init__(loop, model, timeout)
        self._predict_batch: Callable[[Any], Awaitable[Any]] = function.predict_batch
        self._convert = make_converter(type(function))
        self._schema: pa.Schema | None = None
        self._writer: ResultWriter | None = None

    def start(self, number: int, row: Row | None, inputs: Columns, start: int, count: int) -> None:
        """Starts the call for ``count`` rows from ``start`` on, of which the first has a number.

        The batch holds the memory of the columns, which is therefore not written again.
        """
        assert self._writer is not None
        rows = self._export(inputs, start, count)
        self._start(_Call(number, count, row), self._predict, rows, self._writer)

    def write(self, results: _Results, count: int) -> Any:
        """Fills the OUTPUT columns; returns as :class:`BatchCaller`."""
        assert self._writer is not None
        return _write(self._writer, results, count)

    def make_caller(self, outputs: Columns) -> Callable[[Columns, int, int], Any]:
        """Returns what predicts one batch while no other is in flight, as :class:`BatchCaller`."""
        writer = ResultWriter(outputs)
        self._writer = self._writer or writer

        def call(inputs: Columns, start: int, count: int) -> Any:
            rows = self._export(inputs, start, count)
            return _write(writer, self._run_alone(self._predict, rows, writer), count)

        return call

    def predict_batch(self, batch: Any) -> Any:
        """Predicts one batch, in the form of the class, while no other is in flight."""
        return self._run_alone(self._predict_batch, batch)

    async def _predict(self, rows: pa.RecordBatch, writer: ResultWriter) -> _Results:
        calls = writer.first_apart(numpy.arange(len(rows)))
        if len(calls) == 1:
            return [(await self._predict_batch(self._convert(rows)), calls[0])]
        return [
            (await self._predict_batch(self._convert(rows.take(pa.array(call)))), call)
            for call in calls
        ]

    def _export(self, inputs: Columns, start: int, count: int) -> pa.RecordBatch:
        if self._schema is None:
            self._schema = pa.schema(inputs)
        return pa.RecordBatch._import_from_c(inputs.export(start, count), self._schema)


def _write(writer: ResultWriter, results: _Results, count: int) -> Any:
    if len(results) == 1:
        return writer.write(results[0][0], count)
    return writer.write_calls(results, count)
