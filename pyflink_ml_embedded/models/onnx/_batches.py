# SPDX-License-Identifier: Apache-2.0
"""Predicts batches with an ONNX file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._schema import Schema
from ._calls import Call
from ._columns import ArrayColumn, matrix_of, takes_feature_matrix
from ._mapping import Mapping
from ._results import as_matrix, checked_rows
from ._samples import Feed
from ._tensors import Tensor
from ._values import Array

if TYPE_CHECKING:
    import pyarrow as pa


class BatchPredictor:
    """Predicts batches. It must not be used by two threads at a time.

    Args:
        call: calls the file.
        mapping: the inputs and outputs.
        schema: the model's INPUT.
        names: the names of the columns of OUTPUT.
        check: checks the results of the first rows that are predicted together; None if that
            is not needed.
    """

    def __init__(
        self,
        call: Call,
        mapping: Mapping,
        schema: Schema,
        names: Sequence[str],
        check: Callable[[Feed], None] | None,
    ) -> None:
        self._call = call
        self._inputs = mapping.inputs
        self._outputs = mapping.outputs
        self._schema = schema
        self._names = names
        self._rows = mapping.rows
        self._check = check
        self._takes_feature_matrix = takes_feature_matrix(mapping.inputs, schema)

    def predict(
        self, batch: pa.RecordBatch, feature_matrix: Callable[..., Array]
    ) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name.

        Args:
            batch: the columns of INPUT.
            feature_matrix: makes a matrix of floats from all columns of the batch.

        Raises:
            ConversionError: a value does not fit its input.
            ModelError: a result does not fit its columns.
        """
        feed: Feed = {}
        arrays: dict[str, ArrayColumn] = {}
        for tensor in self._inputs:
            if tensor.depth > 0:
                name = self._schema.names[tensor.columns.start]
                arrays[tensor.name] = ArrayColumn(batch.column(tensor.columns.start), tensor, name)
            else:
                make = feature_matrix if self._takes_feature_matrix else None
                feed[tensor.name] = matrix_of(batch, tensor, self._schema, make)
        order, pieces = self._run_groups(feed, arrays, batch.num_rows)
        columns: dict[str, Any] = {}
        for tensor, *parts in zip(self._outputs, *pieces, strict=True):
            result = _join(parts, order)
            for column, values in zip(tensor.columns, _columns(tensor, result), strict=True):
                columns[self._names[column]] = values
        return columns

    def _run_groups(
        self, feed: Feed, arrays: dict[str, ArrayColumn], rows: int
    ) -> tuple[Array | None, list[list[Any]]]:
        """Predicts the rows in groups of equal ARRAY shapes.

        Returns:
            The row numbers in the order of prediction, or None if that is the order of the batch;
            and the results of each call.
        """
        shapes = [column.shapes for column in arrays.values()]
        if not shapes or all((shape == shape[0]).all() for shape in shapes):
            for name, column in arrays.items():
                feed[name] = column.whole()
            return None, list(self._run(feed, rows))
        _, group_of = np.unique(np.concatenate(shapes, axis=1), axis=0, return_inverse=True)
        order: list[Array] = []
        pieces: list[list[Any]] = []
        for group in range(group_of.max() + 1):
            members = np.flatnonzero(group_of == group)
            part = {name: array[members] for name, array in feed.items()}
            part |= {name: column.take(members) for name, column in arrays.items()}
            order.append(members)
            pieces.extend(self._run(part, len(members)))
        return np.concatenate(order), pieces

    def _run(self, feed: Feed, rows: int) -> Iterator[list[Any]]:
        """Predicts rows of one shape, and yields the results of each call of the file."""
        if self._check is not None and rows > 1:
            self._check(feed)
            self._check = None
        size = rows if self._rows is None else self._rows
        for start in range(0, rows, size):
            count = min(size, rows - start)
            part = feed
            if self._rows is not None:
                part = {name: _padded(array[start:][:size], size) for name, array in feed.items()}
            results = zip(self._outputs, self._call(part), strict=True)
            yield [checked_rows(tensor, result, size)[:count] for tensor, result in results]


def _padded(array: Array, rows: int) -> Array:
    """Returns the array with copies of its last row, up to this number of rows."""
    missing = rows - len(array)
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array


def _join(parts: list[Any], order: Array | None) -> Any:
    """Joins the results of all calls, in the order of the batch."""
    if order is None and len(parts) == 1:
        return parts[0]
    places = None if order is None else np.argsort(order)
    is_array = isinstance(parts[0], np.ndarray)
    if is_array and len({part.shape[1:] for part in parts}) == 1:
        joined = np.concatenate(parts)
        return joined if places is None else joined[places]
    rows = list(chain.from_iterable(parts))
    return rows if places is None else [rows[place] for place in places]


def _columns(tensor: Tensor, result: Any) -> Sequence[Any]:
    if tensor.is_map or tensor.depth > 0:
        return [result]
    return as_matrix(tensor, result).T  # type: ignore[return-value]
