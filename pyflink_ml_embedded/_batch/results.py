# SPDX-License-Identifier: Apache-2.0
"""Writes the results of ``predict_batch`` to the columns of the model's OUTPUT.

Which form a result has follows from the types of its containers and from OUTPUT, never from the
number of rows: the same function must mean the same in batches of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy
import pyarrow
from numpy import ndarray

from .._exceptions import ConversionError
from .._names import NamesMismatch, listed, match_names
from .._native import Columns, Row
from .arrays import (
    ARROW_TABLES,
    ArrayReader,
    imported,
    is_array,
    loaded,
    pandas_arrays,
    tables,
)
from .by_length import place_results

_SEQUENCES = (list, tuple)
# How the formats of BOOLEAN, integers, FLOAT, DOUBLE and DECIMAL begin.
_NUMBERS = "bcsilfgd"
_RECORDS = (list, tuple, Mapping, Row)
# Of named tuples, dataclasses, classes of attrs and of pydantic 2 and 1, and PyFlink's Row.
_RECORD_ATTRIBUTES = (
    *("_fields", "__dataclass_fields__", "__attrs_attrs__", "model_fields", "__fields__"),
    "set_field_names",
)


class ResultWriter:
    """Checks the results of batches against the model's OUTPUT and writes them.

    Args:
        output: the columns of the OUTPUT.

    Attributes:
        unclear_rows: the number of rows for which a result by column may fit as one by row does:
            that of the columns, if their types are alike. 0 after a result of another length.
    """

    def __init__(self, output: Columns) -> None:
        self._output = output
        self._names = output.names
        self._formats = output.formats
        self._arrays = ArrayReader(output)
        self._was_one_for_each_row = False
        self._was_by_column = False
        kinds = {"number" if name[0] in _NUMBERS else name[:2] for name in self._formats}
        self.unclear_rows = len(self._names) if len(self._names) > 1 and len(kinds) == 1 else 0

    def first_apart(self, rows: ndarray[Any, Any]) -> list[ndarray[Any, Any]]:
        """Cuts the rows of a call, so that the length of the results tells rows from columns."""
        if len(rows) != self.unclear_rows:
            return [rows]
        return [rows[:1], rows[1:]]

    def write_calls(
        self, results: Iterable[tuple[Any, ndarray[Any, Any]]], rows: int
    ) -> ndarray[Any, Any]:
        """Writes the results of several calls as those of one batch, in the order of its rows.

        Args:
            results: the result of each call, as for :meth:`write`, and its rows in the batch. The
                next call is made after the last result is written.
            rows: the number of rows of the batch.

        Returns:
            The offset behind the last result of each row, int32 of shape ``(rows,)``.
        """
        written, calls = [], []
        counts = numpy.ones(rows, numpy.int64)
        for result, call in results:
            ends = self.write(result, len(call))
            if ends is not None:
                counts[call] = numpy.diff(ends, prepend=0)
            written.append(pyarrow.record_batch(self._output))
            calls.append(call)
        places = pyarrow.array(place_results(calls, counts))
        columns = [
            pyarrow.concat_arrays(arrays).take(places)
            for arrays in zip(*(batch.columns for batch in written), strict=True)
        ]
        self._output.write_columns(columns, len(places))
        return numpy.cumsum(counts).astype(numpy.int32)

    def write(self, result: Any, rows: int) -> ndarray[Any, Any] | None:
        """Replaces the contents of the columns.

        Args:
            result: the result of ``predict_batch``: columns by name (a table or DataFrame, a dict
                of arrays) or in order (a list or tuple of arrays, a matrix), an array if the OUTPUT
                has one column, a list of rows as from ``predict``, or a pair of one of these and
                ``row_indices``. ``row_indices`` are ascending integers from 0 to ``rows - 1``: the
                row of each result.
            rows: the number of rows of the batch.

        Returns:
            None if each row has one result. For a pair, an int32 array of shape ``(rows,)`` with
            the offset behind the last result of each row.

        Raises:
            ConversionError: the result does not fit the OUTPUT. The columns are then empty.
        """
        if isinstance(result, tuple) and self._is_pair(result):
            indices = _checked_indices(result[1], rows)
            self._write(result[0], len(indices), "row indices")
            ends = numpy.searchsorted(indices, numpy.arange(rows), side="right")
            return ends.astype(numpy.int32)
        self._write(result, rows, "rows")
        return None

    def _write(self, result: Any, count: int, counted: str) -> None:
        self._write_rows_or_columns(result, count, counted)
        if count not in (0, self.unclear_rows):
            self.unclear_rows = 0

    def _write_rows_or_columns(self, result: Any, count: int, counted: str) -> None:
        if isinstance(result, list) and self._is_list_of_rows(result):
            self._check_direction(result, count)
            if len(result) != count:
                has_lists = any(isinstance(item, _SEQUENCES) for item in result)
                hint = f"; lists in a list are rows. {self._advice()}" if has_lists else ""
                raise ConversionError(
                    f"predict_batch returned {len(result)} values for {count} {counted}{hint}"
                )
            self._output.write_rows(result, count)
            return
        arrays = self._columns(result, count)
        for i, array in enumerate(arrays):
            if type(array) is not ndarray:
                arrays[i] = array = self._arrays.read(i, array)
            if type(array) is ndarray and array.ndim > 1:
                self._check_direction(array, count)
            is_sized = hasattr(array, "__len__") and getattr(array, "ndim", 1) > 0
            if is_sized and len(array) != count:
                raise ConversionError(
                    f"predict_batch returned {len(array)} values for {count} {counted}",
                    self._names[i],
                )
        self._output.write_columns(arrays, count)

    def _check_direction(self, values: Any, count: int) -> None:
        """Refuses lists or a matrix that may be by column, as an earlier result was.

        Such a result is refused for most batches, and would be taken for rows where a batch, or a
        part of one that was refused, has as many rows as the result has columns.
        """
        if len(values) != count:
            is_width = len(self._names) in (1, len(values))
            self._was_by_column |= is_width and _inner_length(values) == count
        elif self._was_by_column and _inner_length(values) == count > 1:
            raise self._refused(
                f"{count} lists or arrays of {count} values, and earlier one for each column"
            )

    # Rows

    def _is_pair(self, result: tuple[Any, ...]) -> bool:
        """Returns whether a tuple is a pair of results and row indices, and not two columns."""
        if len(result) != 2 or hasattr(result, "_fields"):
            return False
        if len(self._names) != 2:
            return True
        first = result[0]
        if isinstance(first, (Mapping, *tables())):
            return True
        if isinstance(first, _SEQUENCES):
            return self._is_sequence_of_results(first)
        if hasattr(first, "columns"):
            return True
        return getattr(first, "ndim", 1) == 2 and self._formats[0] != "+l"

    def _is_sequence_of_results(self, first: Sequence[Any]) -> bool:
        """Returns whether the first of two items is a list of rows or arrays, and not a column."""
        kinds = {*map(type, first)}
        has_arrays = any(map(is_array, kinds)) and any(map(_is_array, first))
        has_results = not first or has_arrays or any(map(_is_record, kinds))
        if first and has_results and self._formats[0].startswith("+"):
            raise self._refused(
                f"a tuple of {type(first).__name__} and another object, which could be two columns "
                "or a pair of results and row indices"
            )
        return has_results

    def _is_list_of_rows(self, result: list[Any]) -> bool:
        """Returns whether a list has rows as from ``predict``, and not arrays."""
        kinds = {*map(type, result)}
        is_array_column = len(self._names) == 1 and self._formats[0] == "+l"
        if is_array_column and any(issubclass(kind, list) for kind in kinds):
            raise self._refused("a list of lists, which could be rows or ARRAYs")
        if not any(map(is_array, kinds)):
            return True
        arrays = [item for item in result if _is_array(item)]
        return not arrays or (is_array_column and all(map(self._arrays.is_value, arrays)))

    # Columns

    def _columns(self, result: Any, count: int) -> list[Any]:
        """Returns one array for each column, in order."""
        if isinstance(result, ndarray):
            return self._from_ndarray(result, count)
        if isinstance(result, _SEQUENCES):
            return self._from_sequence(result, count)
        if isinstance(result, Mapping):
            return self._from_mapping(result)
        if isinstance(result, loaded("pandas", "DataFrame")):
            arrays = [series for _, series in result.items()]
            return self._by_name(list(result.columns), arrays, count)
        result = self._imported(result)
        if isinstance(result, ARROW_TABLES):
            return self._by_name(result.schema.names, result.columns, count)
        if isinstance(result, ndarray):
            return self._from_ndarray(result, count)
        if len(self._names) != 1 or result is None:
            raise self._refused("None" if result is None else type(result).__name__)
        return [result]

    def _from_mapping(self, result: Mapping[Any, Any]) -> list[Any]:
        names = list(result)
        indices = self._matched(names) if len(names) == len(self._names) else None
        if indices is None:
            raise self._refused(f"a dict with {_listed(names)}")
        return [result[names[index]] for index in indices]

    def _from_sequence(self, result: Sequence[Any], count: int) -> list[Any]:
        if not any(map(_is_array, result)):
            kinds = " and ".join(sorted({type(item).__name__ for item in result})) or "nothing"
            raise self._refused(
                f"a {type(result).__name__} of {kinds}, which could be columns or rows"
            )
        if hasattr(result, "_fields"):
            return self._by_name(list(result._fields), result, count)
        return self._in_order(result, count, f"a {type(result).__name__} of {len(result)} arrays")

    def _from_ndarray(self, result: ndarray[Any, Any], count: int) -> list[Any]:
        if len(self._names) == 1 and (result.ndim < 2 or self._formats[0] == "+l"):
            return [result]
        given = f"a numpy.ndarray of shape {result.shape}"
        if result.ndim != 2:
            raise self._refused(given)
        return self._in_order(list(result.T), count, given)

    def _imported(self, result: Any) -> Any:
        """Returns a table of another library as pyarrow's, and an array as pyarrow's or numpy's."""
        if isinstance(result, (tables(), pandas_arrays())):
            return result
        array = imported(result)
        is_struct = str(getattr(array, "type", "")).startswith("struct<")
        if is_struct and (
            hasattr(result, "columns") or len(self._names) > 1 or self._formats[0] != "+s"
        ):
            return pyarrow.table(array.flatten(), [field.name for field in array.type])
        if array is result and is_array(type(result)) and getattr(result, "ndim", 1) > 1:
            return numpy.asarray(result)
        return array

    def _by_name(self, names: list[Any], arrays: Iterable[Any], count: int) -> list[Any]:
        """Returns the columns of a table: by name, or in order if no name matches."""
        if tuple(names) == self._names:
            return list(arrays)
        indices = self._matched(names) if len(names) == len(self._names) else None
        if indices is None:
            return self._in_order(list(arrays), count, f"columns {_listed(names)}")
        arrays = list(arrays)
        return [arrays[index] for index in indices]

    def _matched(self, names: list[Any]) -> list[int] | None:
        if len(names) == len(self._names) and set(names) == set(self._names):
            positions = {name: position for position, name in enumerate(names)}
            return [positions[name] for name in self._names]  # as match_names, in linear time
        try:
            return match_names(self._names, names)
        except NamesMismatch as error:
            raise ConversionError(
                f"predict_batch returned columns {_listed(names)}: {error}"
            ) from None

    def _in_order(self, arrays: Sequence[Any], count: int, given: str) -> list[Any]:
        """Returns columns without names.

        A function that returns one array for each row is refused for most batches, and would be
        taken for columns where a batch, or a part of one that was refused, has as many rows as
        OUTPUT has columns.
        """
        if len(arrays) != len(self._names):
            self._was_one_for_each_row |= len(arrays) == count
            raise self._refused(given)
        if self._was_one_for_each_row and len(self._names) == count > 1:
            raise self._refused(f"{given}, and earlier one for each row")
        return list(arrays)

    def _refused(self, given: str) -> ConversionError:
        names, count = ", ".join(self._names), len(self._names)
        expected = "an array" if count == 1 else f"one array for each of the {count} columns"
        output = (
            f"of the model's OUTPUT ({names})" if count > 1 else f"for the model's OUTPUT ({names})"
        )
        return ConversionError(
            f"predict_batch returned {given}; expected {expected} {output}. {self._advice()}"
        )

    def _advice(self) -> str:
        first = self._names[0]
        if len(self._names) == 1:
            return f"Return {{'{first}': values}}, or [(value,) for value in values]"
        return (
            f"Return a dict of columns, {{'{first}': values, ...}}, or a list of tuples, the rows"
        )


def _listed(names: Sequence[Any]) -> str:
    return listed(names) or "no columns"


def _is_array(item: Any) -> bool:
    return is_array(type(item)) and getattr(item, "ndim", 1) > 0


def _inner_length(values: Any) -> int | None:
    """Returns the length of all items, or None if they are not lists or arrays of one length."""
    if isinstance(values, ndarray):
        return int(values.shape[1])
    if not all(isinstance(item, _SEQUENCES) or _is_array(item) for item in values):
        return None
    lengths = {len(item) for item in values}
    return lengths.pop() if len(lengths) == 1 else None


def _is_record(kind: type) -> bool:
    return issubclass(kind, _RECORDS) or any(hasattr(kind, name) for name in _RECORD_ATTRIBUTES)


def _checked_indices(row_indices: Any, rows: int) -> ndarray[Any, Any]:
    try:
        indices = numpy.asarray(row_indices)
    except Exception as error:
        raise ConversionError(
            f"row_indices is {type(row_indices).__name__}, which is not an array"
        ) from error
    if indices.ndim == 1 and indices.size == 0:
        return numpy.zeros(0, numpy.int64)
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise ConversionError(
            "predict_batch returned a pair, so its second item is row_indices: expected one "
            "integer for each result, the index of its row in the batch, got "
            f"{type(row_indices).__name__} of {indices.dtype} with {indices.ndim} dimensions"
        )
    if (indices[1:] < indices[:-1]).any():
        raise ConversionError(
            "row_indices must be ascending: sort the results by the row they belong to"
        )
    if indices[0] < 0 or indices[-1] >= rows:
        raise ConversionError(
            f"row_indices must be from 0 to {rows - 1}, for a batch of {rows} rows"
        )
    return indices.astype(numpy.int64)
