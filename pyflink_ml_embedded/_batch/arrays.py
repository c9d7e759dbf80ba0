# SPDX-License-Identifier: Apache-2.0
"""Arrays of numpy, pandas, Arrow and other libraries, in a form that native code reads."""

from __future__ import annotations

import array
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy
import pyarrow
from numpy import ndarray

from .._exceptions import ConversionError
from .._native import Columns

ARROW_ARRAYS = (pyarrow.Array, pyarrow.ChunkedArray)
ARROW_TABLES = (pyarrow.RecordBatch, pyarrow.Table)

_ARRAY_METHODS = ("__array__", "__arrow_c_array__", "__arrow_c_stream__")


class ArrayReader:
    """Reads arrays as columns of the model's OUTPUT.

    Args:
        output: the columns of the OUTPUT.
    """

    def __init__(self, output: Columns) -> None:
        self._output = output
        self._arrow_types: list[Any] | None = None
        self._cast: Callable[[Any, Any], Any] | None = None

    def read(self, index: int, values: Any) -> Any:
        """Returns the values of a column in a form that ``Columns.write_columns`` takes.

        Raises:
            ConversionError: the object is not an array, or its values have no form in Python.
        """
        if isinstance(values, ARROW_ARRAYS):  # first, because it is the default format of batches
            return self._from_arrow(index, values)
        if isinstance(values, (list, tuple, numpy.ma.MaskedArray)):
            return values
        if isinstance(values, pandas_arrays()):
            return _from_pandas(values, is_float=self._output.formats[index] in "fg")
        name = self._output.names[index]
        values = imported(values, name)
        if isinstance(values, ARROW_ARRAYS):
            return self._from_arrow(index, values)
        return _from_numpy(values, name)

    def is_value(self, item: Any) -> bool:
        """Returns whether an array is one value of the only column, an ARRAY, by its dimensions."""
        from .arrow_casts import depth_of

        if not isinstance(item, pandas_arrays()):
            item = imported(item)
        if isinstance(item, ARROW_ARRAYS):
            dimensions = 1 + depth_of(item.type)
        elif getattr(getattr(item, "dtype", None), "kind", "") == "O":
            return False  # each object may be a list
        else:
            dimensions = getattr(item, "ndim", 1)
        return dimensions <= depth_of(self._arrow_type(0))

    def _from_arrow(self, index: int, values: Any) -> Any:
        if self._cast is None:
            from .arrow_casts import cast_or_values

            self._cast = cast_or_values
        target = self._arrow_type(index)
        try:
            return self._cast(values, target)
        except Exception:  # messages of pyarrow contain values
            raise ConversionError(
                f"{values.type} cannot be converted to {target}", self._output.names[index]
            ) from None

    def _arrow_type(self, index: int) -> Any:
        if self._arrow_types is None:
            from .arrow_casts import without_flags

            schema = pyarrow.schema(self._output)
            self._arrow_types = [without_flags(field.type) for field in schema]
        return self._arrow_types[index]


def loaded(module: str, *names: str) -> tuple[Any, ...]:
    """Returns classes of a module, or none if the module is not loaded."""
    found = sys.modules.get(module)
    return tuple(filter(None, (getattr(found, name, None) for name in names)))


def pandas_arrays() -> tuple[Any, ...]:
    """Returns the classes of pandas whose objects have one dimension and missing values."""
    return loaded("pandas", "Series", "Index") + loaded("pandas.api.extensions", "ExtensionArray")


def tables() -> tuple[Any, ...]:
    """Returns the classes of tables that need no import."""
    return ARROW_TABLES + loaded("pandas", "DataFrame")


def is_array(kind: type) -> bool:
    """Returns whether objects of a type are arrays: neither scalars nor lists nor tables."""
    if kind is ndarray or issubclass(kind, ARROW_ARRAYS):
        return True
    if not (issubclass(kind, array.array) or any(hasattr(kind, name) for name in _ARRAY_METHODS)):
        return False
    return not issubclass(kind, (numpy.generic, Mapping, *tables()))


def imported(value: Any, column: str | None = None) -> Any:
    """Returns an object of another library as pyarrow's, if it exports itself by PyCapsules.

    Unlike ``__array__``, these keep NULL apart from NaN, and integers beside it exact.

    Raises:
        ConversionError: the object fails to export itself.
    """
    if isinstance(value, (ndarray, *ARROW_ARRAYS)):
        return value
    is_stream = hasattr(value, "__arrow_c_stream__")
    if not is_stream and not hasattr(value, "__arrow_c_array__"):
        return value
    try:
        return pyarrow.chunked_array(value) if is_stream else pyarrow.array(value)
    except Exception as error:
        raise ConversionError(
            f"{type(value).__name__} cannot be imported as Arrow", column
        ) from error


def _from_numpy(values: Any, name: str) -> Any:
    if not hasattr(values, "__array__"):
        return values
    try:
        return numpy.asarray(values)
    except Exception as error:
        raise ConversionError(f"{type(values).__name__} is not an array", name) from error


def _from_pandas(values: Any, is_float: bool) -> Any:
    """Returns numbers as an array of numpy, other values as a list with None if missing."""
    kind = values.dtype.kind if isinstance(values.dtype, numpy.dtype) else "O"
    if kind in "iub" or (kind == "f" and is_float):
        return values.to_numpy()
    items = values.tolist()
    missing = numpy.asarray(values.isna())
    if not missing.any():
        return items
    return [
        None if gone and not (is_float and isinstance(item, float)) else item
        for item, gone in zip(items, missing, strict=True)
    ]
