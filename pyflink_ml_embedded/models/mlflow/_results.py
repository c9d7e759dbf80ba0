# SPDX-License-Identifier: Apache-2.0
"""Converts results of MLflow models to one array for each column of OUTPUT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._exceptions import ConversionError
from ..._schema import Schema
from ..._types import SqlType
from ._result_columns import ByName, ByType, ColumnChooser, unexpected
from ._result_parts import Part, as_record, is_array, levels_of, part_of, shape_of

# For each column of OUTPUT an array, Series or list, all of one length.
ResultColumns = dict[str, Any]


class ResultShaper:
    """Finds out whether a result has rows or columns, and returns its columns.

    The form of a result means the same for every number of rows. What could be rows as well as
    columns is refused.

    Args:
        schema: the model's OUTPUT.
        by_type: whether columns are chosen by type instead of by name.

    Raises:
        ModelError: the columns of OUTPUT cannot be chosen by type.
    """

    def __init__(self, schema: Schema, by_type: bool = False) -> None:
        self._names = schema.names
        self._depths = [_depth(field.sql_type) for field in schema]
        self._by_name = ByName(self._names)
        self._chooser: ColumnChooser = ByType(schema) if by_type else self._by_name
        root = schema[0].sql_type.root if len(schema) == 1 else ""
        self._is_record = root in ("MAP", "MULTISET", "ROW")  # the only column
        self._was_by_column = False

    def columns(self, result: Any, rows: int, is_exact: bool) -> tuple[ResultColumns, int]:
        """Returns an array, Series or list for each column, and the number of results.

        Args:
            result: rows, as a list of values, dicts or sequences; or columns, as a DataFrame,
                matrix or dict. For one row, it may be a single value, dict or sequence.
            rows: how many rows were predicted.
            is_exact: whether each row must have one result; otherwise one row may have any number.

        Raises:
            ConversionError: the columns of the result are not those of OUTPUT, or their number of
                results is wrong.
        """
        result = as_record(result)
        shape = shape_of(result) if rows > 1 else None
        if self._was_by_column and shape == (rows, rows):
            raise unexpected(
                f"{rows} times {rows} values, and earlier one list or array for each column "
                "(return a DataFrame or a dict by name, or one list for each row)",
                self._names,
            )
        try:
            return self._counted(result, rows, is_exact)
        except ConversionError:
            # A part of the batch may have as many rows as the result has columns.
            if shape is not None and len(self._names) in (1, shape[0]):
                self._was_by_column |= shape[0] != shape[1] == rows
            raise

    def _counted(self, result: Any, rows: int, is_exact: bool) -> tuple[ResultColumns, int]:
        columns = self._shaped(result, rows)
        counts = {len(column) for column in columns}
        if len(counts) > 1:
            raise ConversionError("the model returned columns of different lengths")
        count = counts.pop()
        if count != rows:
            self._check_count(result, count, rows, is_exact)
        return dict(zip(self._names, columns, strict=True)), count

    def _check_count(self, result: Any, count: int, rows: int, is_exact: bool) -> None:
        if is_exact:
            raise ConversionError(
                f"the model returned {count} results for {rows} rows, and each row must have one. "
                "If the model has several results or none for a row, remove the option "
                "'batch-size', so that it gets one row at a time"
            )
        is_flat = len(self._names) == 1 and levels_of(result)[0] == self._depths[0] + 1
        if count and is_flat and not isinstance(as_record(result[0]), Mapping):
            raise ConversionError(
                f"the model returned {count} values for one row: return [values] if they are one "
                f"ARRAY, or [{{'{self._names[0]}': value}}, ...] if they are several results"
            )

    def _shaped(self, result: Any, rows: int) -> list[Any]:
        if hasattr(result, "toarray"):  # a sparse matrix of scipy
            result = result.toarray()
        if isinstance(result, pd.api.extensions.ExtensionArray):
            result = pd.Series(result)
        if isinstance(result, pd.DataFrame):
            if not result.columns.is_unique:
                raise unexpected("a DataFrame with equal names of columns", self._names)
            return self._chooser.choose({label: result[label] for label in result.columns})
        if isinstance(result, Mapping):
            return self._from_mapping(result, rows)
        if isinstance(result, list | tuple):
            return self._from_list(result, rows)
        if isinstance(result, pd.Series) and len(self._names) > 1 and rows == 1:
            return self._from_mapping(result.to_dict(), rows)
        if hasattr(result, "__array__") and not isinstance(result, pd.Series):
            result = np.asarray(result)[()]  # with a scalar for an array without dimensions
        if levels_of(result)[0] == 0:
            return self._from_value(result, rows)
        return self._from_array(result, rows)

    def _from_value(self, value: Any, rows: int) -> list[Any]:
        if value is None or len(self._names) > 1 or rows > 1:
            given = "None" if value is None else f"one {type(value).__name__}"
            raise unexpected(given + (f" for {rows} rows" if rows > 1 else ""), self._names)
        return [[value]]

    def _from_mapping(self, result: Mapping[Any, Any], rows: int) -> list[Any]:
        """Reads columns, or for one row also its values."""
        if self._is_record and not self._has_column(result):
            return self._from_value(result, rows)
        if isinstance(self._chooser, ByType):
            is_row = rows == 1 and all(levels_of(entry)[0] == 0 for entry in result.values())
            return self._chooser.choose({k: [v] for k, v in result.items()} if is_row else result)
        entries = self._chooser.choose(result)
        parts = {part_of(entry, depth) for entry, depth in zip(entries, self._depths, strict=True)}
        if rows > 1:  # what could be either is a column
            if Part.VALUE in parts:
                raise unexpected(f"a dict with the values of one row for {rows} rows", self._names)
            parts = {Part.COLUMN}
        if parts - {Part.EITHER} == {Part.VALUE}:
            return [[entry] for entry in entries]
        if parts - {Part.EITHER} == {Part.COLUMN}:
            return list(map(_flat, entries, self._depths))
        raise unexpected(
            "a dict that is one row or has a list for each column, which cannot be told apart",
            self._names,
        )

    def _has_column(self, result: Mapping[Any, Any]) -> bool:
        """Returns whether a dict has the only column, of type MAP or ROW, and is not its value."""
        if not self._by_name.matches(list(result)):
            return False
        (entry,) = self._by_name.choose(result)
        return isinstance(as_record(entry), Mapping) or is_array(entry)

    def _from_list(self, result: Sequence[Any], rows: int) -> list[Any]:
        items = [as_record(item) for item in result]
        if not items:
            return [[] for _ in self._names]
        if all(isinstance(item, Mapping) for item in items):
            return self._from_records(items)
        if all(isinstance(item, np.ndarray | pd.Series) and is_array(item) for item in items):
            return self._from_arrays(items)
        if isinstance(self._chooser, ByType) and all(map(is_array, items)):
            return self._chooser.choose(dict(enumerate(zip(*items, strict=True))))
        if len(self._names) == 1:
            return [self._items(items)]
        if all(map(is_array, items)):
            return self._from_rows(items)
        if rows == 1 and len(items) == len(self._names):
            return [[item] for item in items]
        raise unexpected(f"a list of {len(items)} values", self._names)

    def _from_records(self, records: Sequence[Mapping[Any, Any]]) -> list[Any]:
        if self._is_record and not all(map(self._has_column, records)):
            return [list(records)]
        labels = list(records[0])
        for record in records:
            if record.keys() != records[0].keys():
                if isinstance(self._chooser, ByType) or not self._by_name.matches(labels):
                    raise ConversionError("the model returned dicts with different keys")
                labels = [label for label in labels if label in record]
        return self._chooser.choose(
            {label: [record[label] for record in records] for label in labels}
        )

    def _from_arrays(self, arrays: Sequence[Any]) -> list[Any]:
        """Reads a list of arrays: those with a second dimension are columns side by side."""
        ndims = {array.ndim for array in arrays}
        if len(self._names) == 1 and ndims == {self._depths[0]}:
            return [list(arrays)]  # a value of type ARRAY for each row
        if len(arrays) == 1:
            return self._from_array(arrays[0], 0)
        if len(self._names) == 1 and not self._depths[0] and all(len(a) == 1 for a in arrays):
            return [[array[0] for array in arrays]]
        if ndims == {2} and not any(self._depths) and len({len(array) for array in arrays}) == 1:
            return self._from_array(np.hstack(arrays), 0)
        raise unexpected(
            f"a list of {len(arrays)} arrays, which could be rows or columns (return a DataFrame, "
            "a dict or a matrix)",
            self._names,
        )

    def _items(self, items: list[Any]) -> list[Any]:
        """Returns the values of the only column; an item may be a row with one value."""
        if self._depths[0] or self._is_record or not all(map(is_array, items)):
            return items
        column: list[Any] = self._from_rows(items)[0]
        return column

    def _from_rows(self, items: Sequence[Any]) -> list[Any]:
        width = len(self._names)
        for item in items:
            if len(item) != width:
                raise unexpected(f"a list of rows with {len(item)} values", self._names)
        return list(map(list, zip(*items, strict=True)))

    def _from_array(self, result: Any, rows: int) -> list[Any]:
        if getattr(result, "dtype", None) is not None and result.dtype.names:
            return self._chooser.choose({name: result[name] for name in result.dtype.names})
        if isinstance(self._chooser, ByType) and result.ndim == 2:
            return self._chooser.choose(dict(enumerate(result.T)))
        if len(self._names) == 1:
            return [self._only_column(result, rows)]
        if result.ndim == 1 and rows == 1 and len(result) == len(self._names):
            return [[value] for value in result]
        if result.ndim != 2 or result.shape[1] != len(self._names):
            raise unexpected(f"{type(result).__name__} of shape {result.shape}", self._names)
        return list(result.T)

    def _only_column(self, result: Any, rows: int) -> Any:
        depth = self._depths[0]
        levels, _ = levels_of(result)
        if rows == 1 and levels == depth and result.dtype != object:
            return [result]  # one value of type ARRAY
        result = _flat(result, depth)
        if result.ndim > 1 and result.ndim != depth + 1:
            raise unexpected(f"{type(result).__name__} of shape {result.shape}", self._names)
        return result


def _depth(sql_type: SqlType) -> int:
    """Returns how many levels of ARRAY a type has."""
    return 1 + _depth(sql_type.children[0].type) if sql_type.root == "ARRAY" else 0


def _flat(column: Any, depth: int) -> Any:
    """Flattens a matrix with one number for each row."""
    is_flat = not isinstance(column, np.ndarray) or column.ndim < 2 or column.size != len(column)
    return column if depth or is_flat else column.reshape(-1)


def merge(parts: Sequence[ResultColumns], groups: Sequence[Sequence[int]]) -> ResultColumns:
    """Returns the columns of all rows.

    Args:
        parts: the columns of groups of rows.
        groups: the numbers of the rows of each part.
    """
    order = np.argsort(np.concatenate(groups))
    return {name: _merged([part[name] for part in parts], order) for name in parts[0]}


def _merged(columns: Sequence[Any], order: np.ndarray[Any, Any]) -> Any:
    first = columns[0]
    is_same = all(
        type(column) is type(first)
        and column.dtype == first.dtype
        and column.shape[1:] == first.shape[1:]
        for column in columns
        if isinstance(first, np.ndarray | pd.Series)
    )
    if isinstance(first, np.ndarray) and is_same:
        return np.concatenate(columns)[order]
    if isinstance(first, pd.Series) and is_same:
        return pd.concat(columns, ignore_index=True)[order]
    values = [value for column in columns for value in column]
    return [values[row] for row in order]
