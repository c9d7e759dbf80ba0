# SPDX-License-Identifier: Apache-2.0
"""Converts the columns of INPUT to the matrix of features that a library takes."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._exceptions import ConversionError
from ..._schema import Schema
from ._features import INTEGERS, FeatureColumns, match_features
from ._model import Array, TreeModel

if TYPE_CHECKING:
    import pyarrow as pa


class Inputs:
    """Converts rows and batches. It must not be used by two threads at a time.

    NULL becomes NaN, which both libraries take for a missing value. So does an unknown category
    for LightGBM, as in the library itself; XGBoost would take it for one of the others.

    Args:
        schema: the model's INPUT.
        model: the model file.

    Attributes:
        columns: which columns fill the features.
        refusal: why only Python can convert them, or None.

    Raises:
        ModelError: the columns do not fit.
    """

    def __init__(self, schema: Schema, model: TreeModel) -> None:
        self._schema = schema
        self._model = model
        self.columns = match_features(schema, model)
        self._width = len(model.features)
        self._row = np.empty((1, self._width), model.dtype)
        form = struct.Struct(f"={self._width}{'f' if model.dtype == 'float32' else 'd'}")
        self._pack: Callable[..., None] = partial(form.pack_into, self._row.data, 0)
        roots = [field.sql_type.root for field in schema]
        # Booleans are not part of a feature matrix.
        self.refusal = _refusal(schema, self.columns)
        self._is_plain = not self.columns.codes and "BOOLEAN" not in roots
        self._is_in_order = list(self.columns.order) == sorted(self.columns.order)

    def of_row(self, values: Sequence[Any]) -> Array:
        """Returns the matrix of one row, which is used again for the next row.

        Args:
            values: the values of the columns.

        Raises:
            ConversionError: a value cannot be a feature.
        """
        if self.columns.is_array:
            self._row[0] = self._elements(values[0])
        else:
            numbers = values
            if not self._is_in_order:
                numbers = [values[column] for column in self.columns.order]
            if self.columns.codes:
                numbers = self._with_codes(numbers)
            try:
                self._pack(*numbers)
            except (struct.error, OverflowError):  # NULL, or a number beyond FLOAT
                with np.errstate(over="ignore"):
                    self._row[0] = [math.nan if n is None else float(n) for n in numbers]
        self._check_finite(self._row)
        return self._row

    def of_batch(self, batch: pa.RecordBatch, feature_matrix: Callable[..., Array]) -> Array:
        """Returns the matrix of a batch.

        Args:
            batch: the columns of INPUT.
            feature_matrix: makes a matrix of the numeric columns of the batch.

        Raises:
            ConversionError: a value cannot be a feature.
        """
        if self.columns.is_array:
            matrix = self._array_column(batch.column(0))
        elif self._is_plain:
            matrix = feature_matrix(batch, self._model.dtype)
            if not self._is_in_order:
                matrix = matrix[:, self.columns.order].copy()
        else:
            matrix = np.empty((batch.num_rows, self._width), self._model.dtype)
            for position in range(self._width):
                with np.errstate(over="ignore"):
                    matrix[:, position] = self._numbers(batch, position)
        self._check_finite(matrix)
        return matrix

    def sample_row(self, row: Sequence[Any]) -> list[Any]:
        """Returns a sample row, with known categories and an ARRAY of the right length."""
        if self.columns.is_array:
            return [[row[0][0]] * self._width]
        sample = list(row)
        for position, codes in self.columns.codes.items():
            sample[self.columns.order[position]] = next(iter(codes))
        return sample

    def _elements(self, array: Any) -> Array:
        name = self._schema.names[0]
        if array is None:
            raise ConversionError("NULL cannot fill the features of the model", name)
        if not isinstance(array, np.ndarray):
            array = np.array([math.nan if number is None else float(number) for number in array])
        self._check_length(len(array))
        with np.errstate(over="ignore"):
            return array.astype(self._model.dtype)  # type: ignore[no-any-return]

    def _array_column(self, lists: pa.ListArray) -> Array:
        import pyarrow as pa

        name = self._schema.names[0]
        if lists.null_count > 0:
            raise ConversionError("NULL cannot fill the features of the model", name)
        for length in np.unique(lists.value_lengths().to_numpy()).tolist():
            self._check_length(length)
        elements = lists.flatten()
        element = self._schema[0].sql_type.children[0].type
        if elements.null_count > 0 and element.root in INTEGERS:
            raise ConversionError("NULL in an ARRAY of integers cannot be a feature", f"{name}[]")
        numbers = elements.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):
            matrix: Array = numbers.astype(self._model.dtype)
        return matrix.reshape(len(lists), self._width)

    def _check_length(self, length: int) -> None:
        if length != self._width:
            raise ConversionError(
                f"an ARRAY of {length} elements cannot fill the {self._width} features of the "
                "model",
                self._schema.names[0],
            )

    def _with_codes(self, numbers: Sequence[Any]) -> list[Any]:
        coded = list(numbers)
        for position, codes in self.columns.codes.items():
            value = coded[position]
            coded[position] = codes.get(value, math.nan)
            if value is not None and value not in codes:
                self._check_unknown(position)
        return coded

    def _numbers(self, batch: pa.RecordBatch, position: int) -> Array:
        import pyarrow as pa

        column = batch.column(self.columns.order[position])
        codes = self.columns.codes.get(position)
        if codes is not None:
            known = _codes_of(column, codes)
            if known.null_count > column.null_count:
                self._check_unknown(position)
            column = known
        numbers: Array = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return numbers

    def _check_unknown(self, position: int) -> None:
        if self._model.library == "XGBoost":
            raise ConversionError(
                f"this value is not one of the {len(self.columns.codes[position])} categories "
                f"that the feature '{self._model.features[position]}' had in the training",
                self._schema.names[self.columns.order[position]],
            )

    def _check_finite(self, matrix: Array) -> None:
        if self._model.library != "XGBoost":
            return
        infinite = np.isinf(matrix)
        if infinite.any():
            position = int(np.flatnonzero(infinite.any(axis=0))[0])
            column = 0 if self.columns.is_array else self.columns.order[position]
            raise ConversionError(
                f"infinity, or a number that FLOAT cannot hold, cannot be the feature "
                f"'{self._model.features[position]}' of XGBoost",
                self._schema.names[column],
            )


def _refusal(schema: Schema, columns: FeatureColumns) -> str | None:
    for field in schema:
        sql_type = field.sql_type.children[0].type if columns.is_array else field.sql_type
        if sql_type.root == "DECIMAL":
            return f"column '{field.name}' is a DECIMAL"
    return None


def _codes_of(column: pa.Array, codes: Mapping[Any, int]) -> pa.Array:
    """Returns the code of each value; null for NULL and for an unknown category."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        column = column.cast(pa.int64())  # a category may be too large for the column
    return pc.index_in(column, pa.array(list(codes), column.type))
