# SPDX-License-Identifier: Apache-2.0
"""Writes the results of ``predict_batch`` to the columns of the model's OUTPUT."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy
from numpy import ndarray

from .._exceptions import ConversionError
from .._native import Columns

_SEQUENCES = (list, tuple)


class ResultWriter:
    """Checks the results of batches against the model's OUTPUT and writes them.

    Args:
        output: the columns of the OUTPUT.
    """

    def __init__(self, output: Columns) -> None:
        self._output = output
        self._names = output.names
        self._formats = output.formats
        self._arrow_types: list[Any] | None = None

    def write(self, result: Any, rows: int) -> ndarray[Any, Any] | None:
        """Replaces the contents of the columns.

        Args:
            result: the result of ``predict_batch``: columns by name (a ``pyarrow.RecordBatch`` or
                ``Table``, a ``pandas.DataFrame``, a dict of arrays) or in order (a list or tuple
                of arrays, a two-dimensional ``numpy.ndarray``), an array if the OUTPUT has one
                column, or a pair of one of these and ``row_indices``. ``row_indices`` are
                ascending integers from 0 to ``rows - 1``: the row of each result.
            rows: the number of rows of the batch.

        Returns:
            None if each row has one result. For a pair, an int32 array of shape ``(rows,)`` with
            the offset behind the last result of each row.

        Raises:
            ConversionError: the result does not fit the OUTPUT. The columns are then empty.
        """
        if isinstance(result, tuple) and self._is_pair(result):
            return self._write_pair(result[0], result[1], rows)
        self._output.write_columns(self._arrays(result), rows)
        return None

    def _write_pair(self, result: Any, row_indices: Any, rows: int) -> ndarray[Any, Any]:
        indices = _checked_indices(row_indices, rows)
        arrays = self._arrays(result)
        for name, array in zip(self._names, arrays, strict=True):
            is_sized = hasattr(array, "__len__") and getattr(array, "ndim", 1) > 0
            if is_sized and len(array) != len(indices):
                raise ConversionError(
                    f"predict_batch returned {len(array)} values for {len(indices)} row indices",
                    name,
                )
        self._output.write_columns(arrays, len(indices))
        return numpy.searchsorted(indices, numpy.arange(rows), side="right").astype(numpy.int32)

    def _is_pair(self, result: tuple[Any, ...]) -> bool:
        """Returns whether a tuple is a pair of results and row indices, and not two columns."""
        if len(result) != 2:
            return False
        if len(self._names) != 2:
            return True
        first = result[0]
        if isinstance(first, ndarray):
            return first.ndim == 2 and self._formats[0] != "+l"
        if isinstance(first, _SEQUENCES):
            return len(first) == 2 and all(map(_is_array, first))
        return isinstance(first, dict) or _is_table(first)

    def _arrays(self, result: Any) -> list[Any]:
        """Returns one array for each column, in order, as ``Columns.write_columns`` takes them."""
        if isinstance(result, dict):
            arrays = self._from_dict(result)
        elif isinstance(result, ndarray):
            arrays = self._from_ndarray(result)
        elif isinstance(result, _SEQUENCES):
            arrays = self._from_sequence(result)
        else:
            arrays = self._from_object(result)
        for i, array in enumerate(arrays):
            if type(array) is not ndarray:
                arrays[i] = self._prepare(i, array)
        return arrays

    def _from_dict(self, result: dict[Any, Any]) -> list[Any]:
        try:
            arrays = [result[name] for name in self._names]
        except KeyError:
            arrays = []
        if len(arrays) != len(self._names) or len(result) != len(self._names):
            raise self._unexpected(f"a dict with {_listed(result)}")
        return arrays

    def _from_ndarray(self, result: ndarray[Any, Any]) -> list[Any]:
        count = len(self._names)
        if count == 1 and (result.ndim != 2 or self._formats[0] == "+l"):
            return [result]
        if result.ndim != 2 or result.shape[1] != count:
            raise self._unexpected(f"a numpy.ndarray of shape {result.shape}")
        return list(result.T)

    def _from_sequence(self, result: Sequence[Any]) -> list[Any]:
        if len(self._names) == 1:
            is_column = len(result) == 1 and self._is_only_column(result[0])
            return [result[0] if is_column else result]
        if len(result) != len(self._names):
            raise self._unexpected(f"a {type(result).__name__} of {len(result)}")
        return list(result)

    def _from_object(self, result: Any) -> list[Any]:
        if isinstance(result, _loaded("pyarrow", "RecordBatch", "Table")):
            return self._in_order(result.schema.names, result.columns)
        if isinstance(result, _loaded("pandas", "DataFrame")):
            return self._in_order(list(result.columns), [series for _, series in result.items()])
        if len(self._names) != 1 or result is None:
            raise self._unexpected("None" if result is None else type(result).__name__)
        return [result]

    def _in_order(self, names: list[Any], arrays: list[Any]) -> list[Any]:
        """Returns the columns of a table, by name if it has the names of the OUTPUT."""
        if len(names) != len(self._names):
            raise self._unexpected(f"columns {_listed(names)}")
        if set(names) != set(self._names):
            return list(arrays)
        by_name = dict(zip(names, arrays, strict=True))
        return [by_name[name] for name in self._names]

    def _is_only_column(self, item: Any) -> bool:
        """Whether the one item of a list is the OUTPUT's one column, not the value of one row."""
        is_list = self._formats[0] == "+l"
        if isinstance(item, ndarray):
            return not is_list or item.ndim > 1 or item.dtype == object
        if isinstance(item, _loaded("pyarrow", "Array", "ChunkedArray")):
            return not is_list or "list" in str(item.type).partition("<")[0]
        if isinstance(item, _loaded("pandas", "Series")):
            return not is_list or item.dtype == object
        return isinstance(item, _SEQUENCES) and not self._formats[0].startswith("+")

    def _prepare(self, index: int, array: Any) -> Any:
        """Converts an array to a form that ``Columns.write_columns`` reads."""
        if isinstance(array, _SEQUENCES):
            return array
        if isinstance(array, _loaded("pyarrow", "Array", "ChunkedArray")):
            return self._cast(index, array)
        if isinstance(array, _loaded("pandas", "Series")):
            return self._from_series(index, array)
        if hasattr(array, "__array__") and not isinstance(array, numpy.ma.MaskedArray):
            try:
                return numpy.asarray(array)
            except Exception as error:
                raise ConversionError(
                    f"{type(array).__name__} is not an array", self._names[index]
                ) from error
        return array

    def _from_series(self, index: int, series: Any) -> Any:
        """Returns numbers as an array of numpy, other values as a list with None if missing."""
        kind = series.dtype.kind if isinstance(series.dtype, numpy.dtype) else "O"
        if kind in "iub" or (kind == "f" and self._formats[index] in "fg"):
            return series.to_numpy()
        values = series.tolist()
        missing = series.isna().to_numpy()
        if missing.any():
            values = [None if gone else value for value, gone in zip(values, missing, strict=True)]
        return values

    def _cast(self, index: int, array: Any) -> Any:
        """Returns a pyarrow.Array of the column's type, or a list if a cast would change a value.

        The values of a list are converted by the same rules as the results of ``predict``.
        """
        import pyarrow

        if isinstance(array, pyarrow.ChunkedArray):
            array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
        target = self._arrow_type(index)
        if array.type == target or _without_flags(array.type) == target:
            return array
        given = array.type
        if _has_zone(given) not in (None, _has_zone(target)) and _has_zone(target) is not None:
            raise ConversionError(
                f"{given} cannot be cast to {target}: only one has a time zone", self._names[index]
            )
        if isinstance(array, pyarrow.ExtensionArray):
            array = array.storage
        if isinstance(array, pyarrow.DictionaryArray):
            array = array.dictionary_decode()
        try:
            return _cast_exactly(array, target)
        except pyarrow.ArrowException:
            pass
        try:
            return array.to_pylist()
        except Exception:  # messages of pyarrow contain values
            raise ConversionError(
                f"{given} cannot be cast to {target}", self._names[index]
            ) from None

    def _arrow_type(self, index: int) -> Any:
        if self._arrow_types is None:
            import pyarrow

            schema = pyarrow.schema(self._output)
            self._arrow_types = [_without_flags(field.type) for field in schema]
        return self._arrow_types[index]

    def _unexpected(self, given: str) -> ConversionError:
        if len(self._names) == 1:
            expected = f"an array for the model's OUTPUT ({self._names[0]})"
        else:
            expected = (
                f"one array for each of the {len(self._names)} columns of the model's OUTPUT "
                f"({', '.join(self._names)})"
            )
        return ConversionError(f"predict_batch returned {given}; expected {expected}")


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "no columns"


def _loaded(module: str, *names: str) -> tuple[Any, ...]:
    """Returns classes of a module, or none if the module is not loaded."""
    loaded = sys.modules.get(module)
    return tuple(filter(None, (getattr(loaded, name, None) for name in names)))


def _is_table(value: Any) -> bool:
    return isinstance(
        value, _loaded("pyarrow", "RecordBatch", "Table") + _loaded("pandas", "DataFrame")
    )


def _is_array(value: Any) -> bool:
    return isinstance(
        value,
        (ndarray, *_loaded("pyarrow", "Array", "ChunkedArray"), *_loaded("pandas", "Series")),
    )


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


def _cast_exactly(array: Any, target: Any) -> Any:
    """Casts a pyarrow.Array; raises pyarrow.ArrowException if a value would change."""
    import pyarrow

    result = array.cast(target, safe=True)
    if pyarrow.types.is_float32(target):  # a number out of range becomes infinite
        from pyarrow import compute

        if compute.is_inf(result).true_count != compute.is_inf(array).true_count:
            raise pyarrow.ArrowInvalid
    return result


def _has_zone(arrow_type: Any) -> bool | None:
    """Returns whether a timestamp has a time zone; None for other types."""
    import pyarrow

    return arrow_type.tz is not None if pyarrow.types.is_timestamp(arrow_type) else None


def _without_flags(arrow_type: Any) -> Any:
    """Returns a type with nullable parts and Arrow's default names; nulls are checked later."""
    import pyarrow

    if pyarrow.types.is_list(arrow_type):
        return pyarrow.list_(_without_flags(arrow_type.value_type))
    if pyarrow.types.is_map(arrow_type):
        return pyarrow.map_(
            _without_flags(arrow_type.key_type), _without_flags(arrow_type.item_type)
        )
    if pyarrow.types.is_struct(arrow_type):
        return pyarrow.struct([(field.name, _without_flags(field.type)) for field in arrow_type])
    return arrow_type
