"""The numbers of one row, converted all at once: columns of one value each would be slow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from ._columns import loss_error, null_error
from ._numbers import cast


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers.

    Attributes:
        name: its name.
        index: which of the columns of INPUT it is.
        dtype: what holds its numbers; that of objects for DECIMAL.
    """

    name: str
    index: int
    dtype: np.dtype[Any]


class NumberRow:
    """Makes a matrix of one row of the numbers of some columns.

    Args:
        columns: the columns, in the order of the matrix.
        dtype: that of the matrix.
    """

    def __init__(self, columns: Sequence[NumberColumn], dtype: np.dtype[Any]) -> None:
        self._width = len(columns)
        self._dtype = dtype
        # For each dtype of columns their places in the matrix, and the columns.
        self._parts: dict[np.dtype[Any], tuple[list[int], list[NumberColumn]]] = {}
        for place, column in enumerate(columns):
            places, of_dtype = self._parts.setdefault(column.dtype, ([], []))
            places.append(place)
            of_dtype.append(column)

    def matrix(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        """Returns a new array of shape (1, columns), with NaN for NULL.

        Raises:
            ConversionError: a number would change, or is NULL where there is no NaN.
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
