# SPDX-License-Identifier: Apache-2.0
"""Converts values of one column to a tensor: ARRAYs of numbers, texts, bytes and other objects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..._exceptions import ConversionError
from ._columns import Misfit, loss_error, null_error, number_dtype, numbers
from ._rows import one_value

# The kind of a dtype -> the types of columns that fit, and the last character that numpy drops.
_TEXT_KINDS = {"U": (pa.types.is_string, "\0"), "S": (pa.types.is_binary, b"\0")}


def is_numeric(dtype: np.dtype[Any]) -> bool:
    """Returns whether a dtype is that of numbers or booleans."""
    return dtype.kind in "biuf"


class Cells:
    """Converts single values to an array of one dimension.

    Args:
        column: the name of the column.
        arrow_type: the type of the values.
        dtype: the dtype of the tensor.

    Raises:
        Misfit: the type does not fit the dtype.
    """

    def __init__(self, column: str, arrow_type: pa.DataType, dtype: np.dtype[Any]) -> None:
        self._column = column
        self._dtype = dtype
        if is_numeric(dtype):
            number_dtype(arrow_type, dtype, column)
        elif dtype.kind in _TEXT_KINDS:
            if not _TEXT_KINDS[dtype.kind][0](arrow_type):
                raise Misfit(f"column '{column}' is {arrow_type}, and the tensor has {dtype.name}")
        elif dtype.kind != "O":
            raise Misfit(f"column '{column}': a tensor of {dtype} is not supported")

    def convert(self, array: pa.Array) -> npt.NDArray[Any]:
        """Returns the values of an array.

        Raises:
            ConversionError: a value does not fit the dtype.
        """
        if is_numeric(self._dtype):
            # A copy, because the model may write to it, and Arrow's memory is read-only.
            return np.array(numbers(array, self._dtype, self._column))
        values = array.to_pylist()
        if self._dtype.kind in _TEXT_KINDS:
            if array.null_count:
                raise null_error(self._column, self._dtype.name)
            if any(value.endswith(_TEXT_KINDS[self._dtype.kind][1]) for value in values):
                raise loss_error(self._column, self._dtype.name)
        objects: npt.NDArray[Any] = pd.Series(values, dtype=object).to_numpy()
        return objects.astype(self._dtype)


class ArrayTensor:
    """A tensor of one column of ARRAYs.

    An ARRAY with a level for each dimension has its shape; an ARRAY of one level is reshaped.
    """

    def __init__(
        self, field: pa.Field, index: int, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> None:
        self._field = field
        self._index = index
        self._shape = shape
        item, self._levels = field.type, 0
        while pa.types.is_list(item):
            item, self._levels = item.value_type, self._levels + 1
        self._cells = Cells(field.name, item, dtype)
        self._is_full = self._levels == len(shape) - 1
        open_dimensions = shape[1:].count(-1)
        if not self._is_full and (self._levels > 1 or open_dimensions > 1):
            raise Misfit(
                f"column '{field.name}' is {field.type}, and the tensor has the shape {shape}: "
                f"declare an ARRAY with {len(shape) - 1} levels"
            )
        self._is_open = open_dimensions > 0

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        array = arrays[self._index]
        shape = [len(array)]
        for _ in range(self._levels):
            if array.null_count:
                raise null_error(self._field.name, "a tensor")
            lengths = array.value_lengths().unique().to_pylist()
            if len(lengths) > 1:
                raise self._wrong_length()
            shape += lengths
            array = array.flatten()
        values = self._cells.convert(array)
        wanted = (shape[0], *self._shape[1:])
        if self._is_full and len(shape) == len(wanted):
            if any(size not in (-1, given) for size, given in zip(wanted, shape, strict=True)):
                raise self._wrong_length()
            return values.reshape(shape)
        try:
            return values.reshape(wanted)
        except ValueError:
            raise self._wrong_length() from None

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        array = one_value(values[self._index], self._field.type)
        return self.of_batch([array] * (self._index + 1))

    def shapes(self, arrays: Sequence[pa.Array]) -> Sequence[Hashable] | None:
        return _shapes(arrays[self._index]) if self._is_open else None

    def _wrong_length(self) -> ConversionError:
        return ConversionError(
            f"the length of the ARRAY does not fit the model's tensor of the shape {self._shape}",
            self._field.name,
        )


def _shapes(array: pa.Array) -> Sequence[Hashable]:
    """Returns the lengths of each value, with those of the lists in it."""
    lengths: list[int] = array.value_lengths().fill_null(-1).to_pylist()
    if not pa.types.is_list(array.type.value_type):
        return lengths
    inner = iter(_shapes(array.flatten()))
    return [(length, tuple(next(inner) for _ in range(length))) for length in lengths]
