# SPDX-License-Identifier: Apache-2.0
"""Predicts tables of pyarrow, pandas and polars, batch by batch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy
import pyarrow as pa

from .._batch.arrays import ArrayReader, loaded
from .._exceptions import ConversionError, ModelError
from .._names import NamesMismatch, match_names
from .._native import Row
from .._schema import Schema
from .model import LocalFunction, input_columns


class TablePredictor:
    """Predicts tables with an open function.

    Args:
        function: the function, of the batch path.
        inputs: the columns of INPUT.
        batch_size: the most rows of one call.
    """

    def __init__(self, function: LocalFunction, inputs: Schema, batch_size: int) -> None:
        self._function = function
        self._batch_size = batch_size
        self._arrays = InputArrays(inputs)

    def predict(self, table: Any, first: int = 1) -> tuple[list[pa.RecordBatch], Any]:
        """Predicts all rows of a table.

        Args:
            table: a table of pyarrow or pandas, with the columns of INPUT and perhaps others.
            first: the number of its first row in messages.

        Returns:
            The results, and the index of the row of each.

        Raises:
            ModelError: the table does not have the columns of INPUT.
            ConversionError: a column is not an array of its type.
            PredictError: the prediction of a row fails.
        """
        arrays = self._arrays.of(table)
        batches, owners = [], []
        for start in range(0, len(table), self._batch_size):
            parts = [array[start : start + self._batch_size] for array in arrays]
            rows = len(parts[0])
            numbers = range(first + start, first + start + rows)
            results, ends = self._function.predict_arrays(parts, numbers)
            batches.append(pa.record_batch(results))
            counts = numpy.diff(numpy.asarray(ends), prepend=0)
            owners.append(numpy.repeat(numpy.arange(start, start + rows), counts))
        return batches, numpy.concatenate(owners) if owners else numpy.empty(0, numpy.int64)


class InputArrays:
    """Takes the columns of INPUT out of tables of pyarrow or pandas."""

    def __init__(self, inputs: Schema) -> None:
        self._columns = input_columns(inputs)
        self._reader = ArrayReader(self._columns)

    def of(self, table: Any) -> list[Any]:
        """Returns the arrays, in a form that native code reads.

        Raises:
            ModelError: the table does not have the columns of INPUT.
            ConversionError: a column is not an array of its type.
        """
        if isinstance(table, loaded("pandas", "DataFrame")):
            indices = find_columns(self._columns.names, list(table.columns))
            columns = [table.iloc[:, index] for index in indices]
        else:
            indices = find_columns(self._columns.names, table.schema.names)
            columns = [table.column(index) for index in indices]
        return [self._reader.read(index, column) for index, column in enumerate(columns)]

    def rows_of(self, table: Any, first: int) -> list[Row]:
        """Returns the rows, as ``predict`` gets them.

        Args:
            table: the table.
            first: the number of its first row in errors.

        Raises:
            ModelError: a value does not fit its column, or as ``of``.
        """
        arrays = self.of(table)
        try:
            self._columns.write_columns(arrays, len(table))
        except ConversionError:
            for index in range(len(table)):
                try:
                    self._columns.write_columns([array[index : index + 1] for array in arrays], 1)
                except ConversionError as error:
                    raise ModelError(f"row {first + index} of the data: {error}") from None
            raise
        return self._columns.rows()


def find_columns(inputs: Sequence[str], names: Sequence[Any]) -> list[int]:
    """Returns the index of each column of INPUT among the names of a table.

    Raises:
        ModelError: there is none, or there are several.
    """
    try:
        return match_names(inputs, names, by_position=False) or []
    except NamesMismatch as error:
        raise ModelError(
            f"the data does not have the columns of INPUT: {error}. The data has: "
            f"{', '.join(map(str, names)) or 'no column'}"
        ) from None


def imported_table(table: Any) -> Any:
    """Returns a table as one of pyarrow or pandas.

    Raises:
        TypeError: the object is not a table.
    """
    if isinstance(table, (pa.Table, pa.RecordBatch, *loaded("pandas", "DataFrame"))):
        return table
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    raise TypeError(
        f"expected a table of pyarrow, pandas or polars, or a list of rows, got "
        f"{type(table).__name__}"
    )


def exported_table(results: pa.Table, given: Any) -> Any:
    """Returns a table as one of the library of another table."""
    if isinstance(given, loaded("pandas", "DataFrame")):
        return results.to_pandas(integer_object_nulls=True)
    if isinstance(given, loaded("polars", "DataFrame")):
        return sys.modules["polars"].from_arrow(results)
    return results
