# SPDX-License-Identifier: Apache-2.0
"""Calls predict_batch, between the columns that Java writes and those that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow as pa
from numpy import ndarray

from .._native import Columns
from .batch_formats import make_converter
from .by_length import cut_by_length, place_results
from .feature_matrix import ExportedBatch, exported_batch
from .lengths import lengths_of
from .results import ResultWriter

if TYPE_CHECKING:
    from .._function import BatchPredictFunction


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
        if self._length_column is not None and count > 1:
            lengths = lengths_of(rows.column(self._length_column))
            calls = cut_by_length(lengths, self._max_length)
            if len(calls) > 1 or not _is_in_order(calls[0]):
                return self._predict_calls(rows, calls)
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

    def _predict_calls(
        self, rows: pa.RecordBatch, calls: Sequence[ndarray[Any, Any]]
    ) -> ndarray[Any, Any]:
        """Predicts the rows in several calls, and writes the results in the order of the rows."""
        written = []
        counts = numpy.ones(len(rows), numpy.int64)
        for call in calls:
            batch = self._convert(rows.take(pa.array(call)))
            ends = self._writer.write(self._predict(batch), len(call))
            if ends is not None:
                counts[call] = numpy.diff(ends, prepend=0)
            written.append(pa.record_batch(self._outputs))
        places = pa.array(place_results(calls, counts))
        columns = [
            pa.concat_arrays(arrays).take(places)
            for arrays in zip(*(batch.columns for batch in written), strict=True)
        ]
        self._outputs.write_columns(columns, len(places))
        return numpy.cumsum(counts).astype(numpy.int32)

    def _predict(self, batch: Any) -> Any:
        began = perf_counter_ns()
        result = self._function.predict_batch(batch)
        self.model_ns += perf_counter_ns() - began
        return result


def _is_in_order(rows: ndarray[Any, Any]) -> bool:
    return bool((rows[1:] > rows[:-1]).all())
