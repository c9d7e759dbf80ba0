# SPDX-License-Identifier: Apache-2.0
"""Calls predict_batch, between the columns that Java writes and those that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .._exceptions import ModelError
from .._native import Columns
from .feature_matrix import ExportedBatch, exported_batch
from .results import ResultWriter

if TYPE_CHECKING:
    from .._function import BatchPredictFunction


class BatchCaller:
    """The callable with which native code predicts a batch."""

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
        try:
            result = self._function.predict_batch(batch)
        finally:
            exported.batch = None
        return self._writer.write(result, count)


def make_converter(function_class: type) -> Callable[[pa.RecordBatch], Any]:
    """Returns the converter from a RecordBatch to the class attribute ``batch_format``.

    Raises:
        ModelError: the attribute has another value than those that are valid.
    """
    batch_format = getattr(function_class, "batch_format", "arrow")
    converters = {"arrow": _as_is, "pandas": _to_pandas, "numpy": _to_numpy}
    if batch_format not in converters:
        raise ModelError(
            f"{function_class.__qualname__}.batch_format is {batch_format!r}; valid are "
            + ", ".join(map(repr, converters))
        )
    return converters[batch_format]


def _as_is(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


def _to_pandas(batch: pa.RecordBatch) -> Any:
    return batch.to_pandas()


def _to_numpy(batch: pa.RecordBatch) -> dict[str, Any]:
    return {
        name: column.to_numpy(zero_copy_only=False)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
