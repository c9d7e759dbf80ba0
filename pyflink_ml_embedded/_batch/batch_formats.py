# SPDX-License-Identifier: Apache-2.0
"""The forms in which ``predict_batch`` gets its rows.

The dtype of a column follows from its declared type and nullability alone: where it followed from
the values, one NULL would make floats of the integers of other rows, which rounds them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow as pa
from pyarrow import types

from .._exceptions import ConversionError, ModelError

if TYPE_CHECKING:
    import pandas

_Convert = Callable[[Any], Any]


def make_converter(function_class: type) -> Callable[[pa.RecordBatch], Any]:
    """Returns the converter from the batches of one INPUT to the attribute ``batch_format``.

    What the format needs is imported here, because calls of models may break imports.

    Raises:
        ModelError: the attribute has another value than those that are valid.
    """
    batch_format = getattr(function_class, "batch_format", "arrow")
    if batch_format == "arrow":
        importlib.import_module(f"{__package__}.arrow_casts")  # for the results
        return _as_is
    if batch_format == "pandas":
        return _ToPandas()
    if batch_format == "numpy":
        return _ToNumpy()
    raise ModelError(
        f"{function_class.__qualname__}.batch_format is {batch_format!r}; valid are 'arrow', "
        "'pandas', 'numpy'"
    )


def _as_is(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


class _ToNumpy:
    """Converts batches to dicts of arrays."""

    _converters: dict[str, _Convert] | None = None

    def __call__(self, batch: pa.RecordBatch) -> dict[str, Any]:
        if self._converters is None:
            self._converters = {field.name: _numpy_converter(field) for field in batch.schema}
        return {
            name: convert(column)
            for (name, convert), column in zip(self._converters.items(), batch.columns, strict=True)
        }


class _ToPandas:
    """Converts batches to DataFrames."""

    _converters: dict[str, _Convert] | None = None

    def __init__(self) -> None:
        import pandas

        importlib.import_module("pyarrow.pandas_compat")
        self._make_frame = pandas.DataFrame

    def __call__(self, batch: pa.RecordBatch) -> pandas.DataFrame:
        if self._converters is None:
            found = {field.name: _pandas_converter(field) for field in batch.schema}
            is_plain = not any(found.values())
            self._converters = (
                {} if is_plain else {name: convert or _to_pandas for name, convert in found.items()}
            )
        if not self._converters:
            return batch.to_pandas()
        return self._make_frame(
            {
                name: convert(column)
                for (name, convert), column in zip(
                    self._converters.items(), batch.columns, strict=True
                )
            }
        )


def _numpy_converter(field: pa.Field) -> _Convert:
    if _has_records(field.type):
        return _to_objects
    if _has_nulls_only_as_floats(field.type):
        return _without_nulls(
            field, _to_numpy, "'pandas' or 'arrow'" if _is_number(field) else "'arrow'"
        )
    return _to_numpy


def _pandas_converter(field: pa.Field) -> _Convert | None:
    """Returns the converter of a column, or None if it is as ``to_pandas`` converts it."""
    if _has_records(field.type):
        return _to_objects
    if not _has_nulls_only_as_floats(field.type):
        return None
    if not _is_number(field):
        return _without_nulls(field, _to_numpy, "'arrow'")
    if not field.nullable:
        return None
    return _masked_dtype(field.type).__from_arrow__  # type: ignore[no-any-return]


def _masked_dtype(arrow_type: pa.DataType) -> Any:
    import pandas

    if types.is_boolean(arrow_type):
        return pandas.BooleanDtype()
    return getattr(pandas, f"Int{arrow_type.bit_width}Dtype")()


def _to_numpy(column: pa.Array) -> Any:
    return column.to_numpy(zero_copy_only=False)


def _to_pandas(column: pa.Array) -> Any:
    is_zoned = types.is_timestamp(column.type) and column.type.tz is not None
    if is_zoned or types.is_date(column.type):
        return column.to_pandas().array
    return _to_numpy(column)  # a tenth of the time


def _to_objects(column: pa.Array) -> Any:
    """Returns values of Python: pyarrow makes floats of integers in them if one is NULL."""
    objects = numpy.empty(len(column), object)
    objects[:] = column.to_pylist()
    return objects


def _without_nulls(field: pa.Field, convert: _Convert, others: str) -> _Convert:
    """Returns a converter that refuses NULL instead of making floats of integers."""

    def converted(column: pa.Array) -> Any:
        values, path = column, field.name
        while types.is_list(values.type):
            values, path = values.flatten(), f"{path}[]"
        if values.null_count > 0:
            raise ConversionError(
                "NULL in an array of numpy, which has no NULL for integers and booleans; set "
                f"batch_format to {others}, or use COALESCE in the query",
                path,
            )
        return convert(column)

    return converted


def _is_number(field: pa.Field) -> bool:
    return not types.is_list(field.type)


def _has_nulls_only_as_floats(arrow_type: pa.DataType) -> bool:
    """Returns whether a type has integers or booleans as values, perhaps in lists."""
    while types.is_list(arrow_type):
        arrow_type = arrow_type.value_type
    return bool(types.is_integer(arrow_type) or types.is_boolean(arrow_type))


def _has_records(arrow_type: pa.DataType) -> bool:
    while types.is_list(arrow_type):
        arrow_type = arrow_type.value_type
    return bool(types.is_struct(arrow_type) or types.is_map(arrow_type))
