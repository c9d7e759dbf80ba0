# SPDX-License-Identifier: Apache-2.0
"""Converts the values of one row.

Numbers are converted together, because an Arrow array for each column would be slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..._native import Row
from ._columns import loss_error, null_error
from ._numbers import cast


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers.

    Attributes:
        name: the name of the column.
        index: its position in INPUT.
        dtype: the dtype of its numbers; that of objects for DECIMAL.
    """

    name: str
    index: int
    dtype: np.dtype[Any]


class NumberRow:
    """Makes a matrix with one row from the numbers of some columns.

    Args:
        columns: the columns, in the order of the matrix.
        dtype: the dtype of the matrix.
    """

    def __init__(self, columns: Sequence[NumberColumn], dtype: np.dtype[Any]) -> None:
        self._width = len(columns)
        self._dtype = dtype
        # The dtype of columns -> their places in the matrix, and the columns.
        self._parts: dict[np.dtype[Any], tuple[list[int], list[NumberColumn]]] = {}
        for place, column in enumerate(columns):
            places, of_dtype = self._parts.setdefault(column.dtype, ([], []))
            places.append(place)
            of_dtype.append(column)

    def matrix(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        """Returns a new array of shape (1, columns), with NaN for NULL.

        Raises:
            ConversionError: a number would change, or is NULL and the dtype has no NaN.
        """
        matrix = np.empty((1, self._width), self._dtype)
        for source, (places, columns) in self._parts.items():
            part = [values[column.index] for column in columns]
            matrix[0, places] = self._numbers(part, source, columns)
        return matrix

    def _numbers(
        self, part: list[Any], source: np.dtype[Any], columns: Sequence[NumberColumn]
    ) -> npt.NDArray[Any]:
        missing = None
        if None in part:
            missing = np.array([value is None for value in part])
            if self._dtype.kind != "f":
                raise null_error(columns[int(missing.argmax())].name, self._dtype.name)
            part = [Decimal(0) if value is None else value for value in part]
        result, wrong = cast(np.array(part, source), self._dtype)
        if wrong is not None and wrong.any():
            raise loss_error(columns[int(wrong.argmax())].name, self._dtype.name)
        return result if missing is None else np.where(missing, self._dtype.type(np.nan), result)


def one_value(value: Any, arrow_type: pa.DataType) -> pa.Array:
    """Returns an Arrow array of one value of a Row."""
    return pa.array([_plain(value, arrow_type)], arrow_type)


def _plain(value: Any, arrow_type: pa.DataType) -> Any:
    """Converts a dict to pairs and a Row to a dict, which pyarrow takes."""
    if value is None:
        return None
    if pa.types.is_map(arrow_type):
        return [(key, _plain(item, arrow_type.item_type)) for key, item in value.items()]
    if pa.types.is_list(arrow_type):
        return [_plain(item, arrow_type.value_type) for item in value]
    if isinstance(value, Row):
        return {
            field.name: _plain(item, field.type)
            for field, item in zip(arrow_type, value, strict=True)
        }
    return value
