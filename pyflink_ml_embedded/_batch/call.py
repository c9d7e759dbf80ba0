# SPDX-License-Identifier: Apache-2.0
"""Calls predict_batch, between the columns that Java writes and those that it reads."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .._native import Columns
from .batch_formats import make_converter
from .feature_matrix import ExportedBatch, exported_batch
from .results import ResultWriter

if TYPE_CHECKING:
    from .._function import BatchPredictFunction


class BatchCaller:
    """The callable with which native code predicts a batch.

    Attributes:
        model_ns: the time that the last call has spent in ``predict_batch``.
    """

    def __init__(self, function: BatchPredictFunction, outputs: Columns) -> None:
        """Creates the caller of a function with these OUTPUT columns.

        Raises:
            ModelError: the class attribute ``batch_format`` has no valid value.
        """
        self._function = function
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
        if self._schema is None:
            self._schema = pa.schema(inputs)
        rows = pa.RecordBatch._import_from_c(inputs.export(start, count), self._schema)
        batch = self._convert(rows)
        exported = self._exported
        if batch is rows:  # a RecordBatch is immutable, so its matrix is that of the columns
            exported.columns, exported.start, exported.count = inputs, start, count
            exported.batch = batch
            exported_batch.set(exported)
        began = perf_counter_ns()
        try:
            result = self._function.predict_batch(batch)
            self.model_ns = perf_counter_ns() - began
        finally:
            exported.batch = None
        return self._writer.write(result, count)
