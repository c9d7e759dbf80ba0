# SPDX-License-Identifier: Apache-2.0
"""Converts results of MLflow models to one array for each column of OUTPUT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._exceptions import ConversionError

_SEQUENCES = (list, tuple)


class ResultShaper:
    """Finds out whether a result has rows or columns, and returns its columns.

    Args:
        names: the names of the columns of OUTPUT.
        formats: the types of the columns, as format strings of the Arrow C data interface.
    """

    def __init__(self, names: Sequence[str], formats: Sequence[str]) -> None:
        self._names = names
        self._are_lists = [code == "+l" for code in formats]
        self._is_nested = len(formats) == 1 and formats[0].startswith("+")

    def columns(self, result: Any, rows: int) -> dict[str, Any]:
        """Returns an array, Series or list for each column, by name.

        Args:
            result: rows, as a list or Series of values, dicts or sequences; or columns, as a
                DataFrame, matrix or dict. For one row, it may be a single value.
            rows: how many rows were predicted.

        Raises:
            ConversionError: the columns of the result are not those of OUTPUT.
        """
        if hasattr(result, "toarray"):  # a sparse matrix of scipy
            result = result.toarray()
        if isinstance(result, pd.DataFrame):
            return self._named({name: result[name] for name in result.columns}, rows)
        if isinstance(result, Mapping) and not (self._is_nested and rows == 1):
            return self._named(_one_row(result) if rows == 1 else result, rows)
        if isinstance(result, _SEQUENCES):
            return self._from_list(result, rows)
        if isinstance(result, pd.api.extensions.ExtensionArray):
            result = pd.Series(result)
        if isinstance(result, pd.Series):
            return self._from_array(result, rows)
        if hasattr(result, "__array__"):
            return self._from_array(np.atleast_1d(result), rows)
        if len(self._names) > 1:
            raise self._unexpected(type(result).__name__)
        return {self._names[0]: [result]}

    def _from_list(self, result: Sequence[Any], rows: int) -> dict[str, Any]:
        first = result[0] if result else None
        if isinstance(first, Mapping) and not (self._is_nested and self._names[0] not in first):
            names = self._names if set(self._names) <= first.keys() else list(first)
            try:
                return self._named({name: [row[name] for row in result] for name in names}, rows)
            except KeyError as error:
                raise ConversionError(f"the model returned a dict without {error}") from None
        if isinstance(first, np.ndarray) and first.ndim == 2 and not any(self._are_lists):
            return self._from_array(np.hstack(result), rows)
        are_rows = len(result) == rows and all(_is_row(item, len(self._names)) for item in result)
        if len(self._names) == 1 and (self._is_nested or not are_rows):
            return {self._names[0]: list(result)}
        if are_rows:
            return dict(zip(self._names, map(list, zip(*result, strict=True)), strict=True))
        if rows == 1 and len(result) == len(self._names) and not any(map(_is_array, result)):
            return dict(zip(self._names, ([item] for item in result), strict=True))
        return self._by_position(list(result), rows)

    def _from_array(self, result: Any, rows: int) -> dict[str, Any]:
        count = len(self._names)
        if count == 1 and (np.ndim(result) == 1 or self._are_lists[0]):
            return {self._names[0]: result}
        if np.ndim(result) == 1 and rows == 1 and len(result) == count:
            result = np.asarray(result).reshape(1, count)
        if np.ndim(result) != 2 or result.shape[1] != count:
            raise self._unexpected(f"{type(result).__name__} of shape {np.shape(result)}")
        return dict(zip(self._names, result.T, strict=True))

    def _named(self, columns: Mapping[Any, Any], rows: int) -> dict[str, Any]:
        """Selects columns by name if all names are there, otherwise by position."""
        if set(self._names) <= columns.keys():
            return self._by_position([columns[name] for name in self._names], rows)
        if len(columns) != len(self._names):
            raise self._unexpected(", ".join(f"'{name}'" for name in columns) or "no column")
        return self._by_position(list(columns.values()), rows)

    def _by_position(self, columns: Sequence[Any], rows: int) -> dict[str, Any]:
        if len(columns) != len(self._names):
            raise self._unexpected(f"{len(columns)} columns")
        return {
            name: _flat(column, rows, is_list)
            for name, column, is_list in zip(self._names, columns, self._are_lists, strict=True)
        }

    def _unexpected(self, given: str) -> ConversionError:
        names = ", ".join(f"'{name}'" for name in self._names)
        return ConversionError(f"the model returned {given}; expected the columns {names}")


def _one_row(result: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Converts the dict of one row to columns."""
    if any(map(_is_array, result.values())):
        return result
    return {name: [value] for name, value in result.items()}


def _is_row(item: Any, width: int) -> bool:
    return (isinstance(item, _SEQUENCES) or np.ndim(item) == 1) and len(item) == width


def _is_array(item: Any) -> bool:
    return isinstance(item, np.ndarray | pd.Series | list | tuple)


def _flat(column: Any, rows: int, is_list: bool) -> Any:
    """Flattens a tensor that has one number for each row."""
    if isinstance(column, np.ndarray) and column.ndim > 1 and column.size == rows and not is_list:
        return column.reshape(rows)
    return column
