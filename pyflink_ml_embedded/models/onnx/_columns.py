# SPDX-License-Identifier: Apache-2.0
"""Converts the columns of a batch to inputs of an ONNX file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._schema import Schema
from ._elements import ColumnType
from ._tensors import Tensor
from ._values import (
    Array,
    cast,
    check_overflow,
    element_error,
    length_error,
    null_error,
    ragged_error,
)

if TYPE_CHECKING:
    import pyarrow as pa


def takes_feature_matrix(inputs: Sequence[Tensor], schema: Schema) -> bool:
    """Returns whether ``feature_matrix`` makes the only input: a matrix of floats."""
    only = inputs[0]
    types = [ColumnType.of(field.sql_type) for field in schema]
    is_matrix = only.depth == 0 and only.element.pack in ("f", "d") and len(only.columns) > 1
    return is_matrix and all(column.value != "BOOLEAN" for column in types)


def matrix_of(
    batch: pa.RecordBatch,
    tensor: Tensor,
    schema: Schema,
    feature_matrix: Callable[..., Array] | None,
) -> Array:
    """Returns an input of depth 0, in its shape.

    Args:
        batch: the columns of INPUT.
        tensor: the input.
        schema: the model's INPUT.
        feature_matrix: makes the matrix; None if it cannot.

    Raises:
        ConversionError: a value does not fit the input's element type.
    """
    if feature_matrix is not None:
        matrix = feature_matrix(batch, tensor.element.dtype)
        infinite = np.isinf(matrix)
        if infinite.any():
            for column in np.flatnonzero(infinite.any(axis=0)).tolist():
                given = _elements(batch.column(column), tensor, schema.names[column])
                check_overflow(matrix[:, column], given, tensor, schema.names[column])
        return matrix
    arrays = [
        cast(_elements(batch.column(column), tensor, name := schema.names[column]), tensor, name)
        for column in tensor.columns
    ]
    if len(arrays) == 1:
        return arrays[0].reshape(len(arrays[0]), *(tensor.fixed_shape or ()))
    return np.stack(arrays, axis=1)


def _elements(values: pa.Array, tensor: Tensor, column: str) -> Array:
    """Returns the values unconverted, without a copy if possible."""
    if values.null_count > 0 and not tensor.element.is_float:
        raise element_error(column, tensor, "NULL")
    elements: Array = values.to_numpy(zero_copy_only=False)
    return elements


class ArrayColumn:
    """An ARRAY column of a batch, converted to an input.

    Args:
        lists: the column.
        tensor: the input.
        column: the column's name.

    Attributes:
        shapes: the shape of each row; shape (rows, levels of ARRAY).

    Raises:
        ConversionError: a length or an element does not fit the input.
    """

    def __init__(self, lists: pa.Array, tensor: Tensor, column: str) -> None:
        rows = len(lists)
        counts = np.ones(rows, np.int64)  # how many ARRAYs of this level each row has
        shapes = []
        name = column
        for size in tensor.shape or ():
            if lists.null_count > 0:
                raise null_error(name, tensor)
            lengths = lists.value_lengths().to_numpy()
            shapes.append(_lengths(lengths, counts, size, tensor, name))
            counts = counts * shapes[-1]
            lists = lists.flatten()
            name += "[]"
        self.shapes = np.stack(shapes, axis=1)
        self._sizes = counts
        self._starts = np.cumsum(counts) - counts
        if lists.null_count > 0 and _are_integers(lists):
            raise element_error(name, tensor, "NULL")
        self._values = cast(_elements(lists, tensor, name), tensor, name)

    def whole(self) -> Array:
        """Returns all rows, which must have one shape."""
        return self._values.reshape(len(self.shapes), *self.shapes[0])

    def take(self, rows: Array) -> Array:
        """Returns the rows with these numbers, which must have one shape."""
        offsets = np.arange(self._sizes[rows[0]])
        taken: Array = self._values[self._starts[rows][:, None] + offsets]
        return taken.reshape(len(rows), *self.shapes[rows[0]])


def _lengths(lengths: Array, counts: Array, size: int | None, tensor: Tensor, column: str) -> Array:
    """Returns the length of the ARRAYs of one level for each row, in which it must not vary."""
    first = np.full(len(counts), size or 0, np.int64)
    has_any = counts > 0
    first[has_any] = lengths[(np.cumsum(counts) - counts)[has_any]]
    if (np.repeat(first, counts) != lengths).any():
        raise ragged_error(column, tensor)
    wrong = first[first != size] if size is not None else first[:0]
    if wrong.size > 0:
        raise length_error(column, tensor, wrong[0], size or 0)
    return first


def _are_integers(values: pa.Array) -> bool:
    """Returns whether the values are integers: NULL among them is an error, as it is row by row."""
    import pyarrow.types

    return bool(pyarrow.types.is_integer(values.type))
