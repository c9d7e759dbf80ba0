# SPDX-License-Identifier: Apache-2.0
"""Calls predict_batch, between the columns that Java writes and those that it reads."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow as pa
from numpy import ndarray

from .._native import Columns
from .batch_formats import make_converter
from .by_length import cut_by_length
from .feature_matrix import ExportedBatch, exported_batch
from .lengths import lengths_of
from .results import ResultWriter

if TYPE_CHECKING:
    from .._function import BatchPredictFunction

# The functions for model files, whose results are known to have the form that is expected.
_PACKAGE = f"{__name__.partition('.')[0]}.models."


class BatchCaller:
    """The callable with which native code predicts a batch.

    Attributes:
        model_ns: the time that the last call has spent in ``predict_batch``.
    """

    def __init__(
        self,
        function: BatchPredictFunction,
        outputs: Columns,
        *,
        length_column: str | None = None,
        max_length: int | None = None,
    ) -> None:
        """Creates the caller of a function with these OUTPUT columns.

        Args:
            function: the function.
            outputs: its OUTPUT columns.
            length_column: the column of INPUT by whose lengths rows are sorted, or None.
            max_length: the maximum number of rows in a call of ``predict_batch`` times the length
                of the longest, or None for no limit.

        Raises:
            ModelError: the class attribute ``batch_format`` has no valid value.
        """
        self._function = function
        self._outputs = outputs
        self._length_column = length_column
        self._max_length = max_length
        self._convert = make_converter(type(function))
        self._writer = ResultWriter(outputs)
        if getattr(function.predict_batch, "__module__", "").startswith(_PACKAGE):
            self._writer.unclear_rows = 0
        self._schema: pa.Schema | None = None
        self._exported = ExportedBatch()
        self.model_ns = 0

    def __call__(self, inputs: Columns, start: int, count: int) -> Any:
        """Predicts ``count`` rows from ``start`` on and fills the OUTPUT columns.

        Returns:
            None where each row has one result; else an int32 array with, for each row, the offset
            behind its last result.
        """
        self.model_ns = 0
        if self._schema is None:
            self._schema = pa.schema(inputs)
        rows = pa.RecordBatch._import_from_c(inputs.export(start, count), self._schema)
        calls = self._calls_of(rows)
        if calls is not None:
            results = (
                (self._predict(self._convert(rows.take(pa.array(call)))), call) for call in calls
            )
            return self._writer.write_calls(results, count)
        batch = self._convert(rows)
        exported = self._exported
        if batch is rows:  # a RecordBatch is immutable, so its matrix is that of the columns
            exported.columns, exported.start, exported.count = inputs, start, count
            exported.batch = batch
            exported_batch.set(exported)
        try:
            result = self._predict(batch)
        finally:
            exported.batch = None
        return self._writer.write(result, count)

    def _calls_of(self, rows: pa.RecordBatch) -> list[ndarray[Any, Any]] | None:
        """Returns the rows of each call of ``predict_batch``, or None for all rows in order."""
        if self._length_column is None or len(rows) == 1:
            if len(rows) != self._writer.unclear_rows:
                return None
            return self._writer.first_apart(numpy.arange(len(rows)))
        lengths = lengths_of(rows.column(self._length_column))
        first, *others = cut_by_length(lengths, self._max_length)
        calls = [*self._writer.first_apart(first), *others]
        return None if len(calls) == 1 and _is_in_order(first) else calls

    def _predict(self, batch: Any) -> Any:
        began = perf_counter_ns()
        result = self._function.predict_batch(batch)
        self.model_ns += perf_counter_ns() - began
        return result


def _is_in_order(rows: ndarray[Any, Any]) -> bool:
    return bool((rows[1:] > rows[:-1]).all())
