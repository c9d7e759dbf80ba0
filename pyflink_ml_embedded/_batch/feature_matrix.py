# SPDX-License-Identifier: Apache-2.0
"""The numeric columns of a batch as one matrix, as most models want it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy

from .. import _native
from .._exceptions import ModelError

_NAN = float("nan")


class ExportedBatch:
    """The batch that an open function predicts, and the columns whose memory it shares.

    Reading these columns is faster than importing the batch. The next rows are written to them when
    the call returns, so ``batch`` is None between two calls.
    """

    __slots__ = ("batch", "columns", "count", "start")

    batch: Any
    columns: _native.Columns
    start: int
    count: int

    def __init__(self) -> None:
        self.batch = None


# Each open function has its own context, so functions that run at the same time do not meet here.
exported_batch: ContextVar[ExportedBatch | None] = ContextVar("exported_batch", default=None)


def feature_matrix(batch: Any, dtype: Any = "float32") -> numpy.ndarray[Any, Any]:
    """Makes a matrix of the numeric columns of a batch, in their order.

    Integers, floats and decimals count as numeric; booleans, times and all else are left out. In a
    dict or DataFrame, a column of objects counts where each value is a number or missing.

    Args:
        batch: a ``pyarrow.RecordBatch`` or ``Table``, a ``pandas.DataFrame``, or a dict of arrays
            by name.
        dtype: float32 or float64.

    Returns:
        A new C-contiguous array of shape ``(rows, numeric columns)``; what is null, masked or
        missing is NaN. Integers and decimals of more digits than the dtype has are rounded.

    Raises:
        ModelError: no column is numeric.
        TypeError: ``batch`` is none of these.
        ValueError: the dtype is another, or the arrays differ in length.
    """
    name = _checked(dtype)
    data_frame: Any = getattr(sys.modules.get("pandas"), "DataFrame", ())
    if hasattr(batch, "__arrow_c_array__"):
        matrix = _from_arrow(batch, name)
    elif isinstance(batch, Mapping):
        matrix = _from_arrays(list(batch.values()), name)
    elif hasattr(batch, "to_batches"):
        matrix = _from_table(batch, name)
    elif isinstance(batch, data_frame):
        matrix = _from_arrays([series for _, series in batch.items()], name)
    else:
        raise TypeError(
            "expected a pyarrow.RecordBatch, a pyarrow.Table, a pandas.DataFrame or a dict of "
            f"arrays, got {type(batch).__name__}"
        )
    if matrix is None:
        raise ModelError("the batch has no numeric column for a feature matrix")
    return matrix


def _checked(dtype: Any) -> str:
    name = dtype if isinstance(dtype, str) else numpy.dtype(dtype).name
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, not {name}")
    return name


def _from_arrow(batch: Any, dtype: str) -> numpy.ndarray[Any, Any] | None:
    exported = exported_batch.get()
    if exported is not None and exported.batch is batch:
        return exported.columns.feature_matrix(exported.start, exported.count, numpy.empty, dtype)
    return _native.feature_matrix(batch, numpy.empty, dtype)


def _from_table(table: Any, dtype: str) -> numpy.ndarray[Any, Any] | None:
    import pyarrow

    batches = table.to_batches()
    if not batches:
        empty = [column.combine_chunks() for column in table.columns]
        batches = [pyarrow.RecordBatch.from_arrays(empty, schema=table.schema)]
    parts = [_native.feature_matrix(batch, numpy.empty, dtype) for batch in batches]
    found = [part for part in parts if part is not None]
    return numpy.concatenate(found) if len(found) > 1 else found[0] if found else None


def _from_arrays(arrays: list[Any], dtype: str) -> numpy.ndarray[Any, Any] | None:
    columns = [column for column in map(_numbers, arrays) if column is not None]
    if not columns:
        return None
    matrix = numpy.empty((len(columns[0]), len(columns)), dtype)
    for i, column in enumerate(columns):
        if column.shape != matrix.shape[:1]:
            raise ValueError("the arrays of a batch must have one dimension and one length")
        matrix[:, i] = column
    return matrix


def _numbers(array: Any) -> numpy.ndarray[Any, Any] | None:
    """Returns numbers with NaN for what is missing; None where the array has other values."""
    if isinstance(array, numpy.ma.MaskedArray):
        numbers = _numbers(array.data)
        return None if numbers is None else numpy.where(array.mask, _NAN, numbers)
    values = numpy.asarray(array)
    if values.dtype.kind in "iuf":
        return values
    return _numbers_of_objects(values) if values.dtype.kind == "O" else None


def _numbers_of_objects(values: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any] | None:
    missing = (None, getattr(sys.modules.get("pandas"), "NA", None))
    numbers = numpy.empty(values.shape)
    for index, value in numpy.ndenumerate(values):
        if any(value is gone for gone in missing):
            numbers[index] = _NAN
        elif isinstance(value, Real | Decimal) and not isinstance(value, bool):
            numbers[index] = value
        else:
            return None
    return numbers
