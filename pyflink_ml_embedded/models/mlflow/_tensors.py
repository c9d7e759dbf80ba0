# SPDX-License-Identifier: Apache-2.0
"""Converts rows of INPUT to the tensors that a tensor-based signature describes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ._columns import (
    Misfit,
    Spec,
    match_specs,
    number_dtype,
    numbers,
    numpy_dtype,
)
from ._rows import NumberColumn, NumberRow, one_value
from ._tensor_items import ArrayTensor, Cells, is_numeric


class Tensor(Protocol):
    """Makes one tensor from the columns of INPUT."""

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        """Converts the columns of a batch."""

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        """Converts one row."""

    def shapes(self, arrays: Sequence[pa.Array]) -> Sequence[Hashable] | None:
        """Returns the shape of each row's value, or None if all rows have the same."""


class TensorInputs:
    """Makes a dict of tensors by name, or the only tensor if it has no name.

    Args:
        tensors: the tensors by name.
        takes_one: whether a tensor has room for one row.
    """

    def __init__(self, tensors: Mapping[str | None, Tensor], takes_one: bool) -> None:
        self._tensors = tensors
        self._takes_one = takes_one

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        """Converts the columns of a batch."""
        return self._named([tensor.of_batch(arrays) for tensor in self._tensors.values()])

    def of_row(self, values: Sequence[Any]) -> Any:
        """Converts one row."""
        return self._named([tensor.of_row(values) for tensor in self._tensors.values()])

    def groups(self, arrays: Sequence[pa.Array]) -> list[list[int]] | None:
        """Returns the rows that fit in one tensor, or None if all do."""
        rows = len(arrays[0])
        if self._takes_one:
            return [[row] for row in range(rows)] if rows > 1 else None
        shapes = [tensor.shapes(arrays) for tensor in self._tensors.values()]
        keys = list(zip(*(shape for shape in shapes if shape is not None), strict=True))
        groups: dict[Hashable, list[int]] = {}
        for row, key in enumerate(keys):
            groups.setdefault(key, []).append(row)
        return list(groups.values()) if len(groups) > 1 else None

    def _named(self, tensors: list[npt.NDArray[Any]]) -> Any:
        if None in self._tensors:
            return tensors[0]
        return dict(zip(self._tensors, tensors, strict=True))


def map_tensors(specs: Sequence[Spec], fields: Sequence[pa.Field]) -> TensorInputs:
    """Maps all columns of INPUT to the only tensor, or each column to the tensor of its name.

    Raises:
        Misfit: they do not fit.
    """
    if len(specs) == 1 and "name" not in specs[0]:
        tensor = _tensor(specs[0], fields, range(len(fields)))
        return TensorInputs({None: tensor}, _shape(specs[0])[:1] == (1,))
    by_name = {str(spec.get("name")): spec for spec in specs}
    names = match_specs([field.name for field in fields], by_name, "")
    tensors: dict[str | None, Tensor] = {
        name: _tensor(by_name[name], fields, [index]) for index, name in enumerate(names)
    }
    return TensorInputs(tensors, any(_shape(by_name[name])[:1] == (1,) for name in names))


def _shape(spec: Spec) -> tuple[int, ...]:
    return tuple(spec["tensor-spec"]["shape"])


def _tensor(spec: Spec, fields: Sequence[pa.Field], indices: Sequence[int]) -> Tensor:
    dtype = np.dtype(spec["tensor-spec"]["dtype"])
    shape = _shape(spec)
    if shape[:1] not in ((-1,), (1,)):
        raise Misfit(f"the tensor has the shape {shape}, and its first dimension must be -1 or 1")
    if len(indices) == 1 and pa.types.is_list(fields[indices[0]].type):
        return ArrayTensor(fields[indices[0]], indices[0], dtype, shape)
    if (
        len(shape) > 2
        or (len(shape) == 2 and shape[1] not in (-1, len(indices)))
        or (len(shape) == 1 and len(indices) > 1)
    ):
        raise Misfit(f"there are {len(indices)} columns for a tensor of the shape {shape}")
    if not is_numeric(dtype):
        return _ObjectMatrix(fields, indices, dtype, len(shape))
    columns = []
    for index in indices:
        field = fields[index]
        number_dtype(field.type, dtype, field.name)
        columns.append(NumberColumn(field.name, index, numpy_dtype(field.type)))
    return _MatrixTensor(columns, dtype, shape)


class _MatrixTensor:
    """A tensor of one number from each column."""

    def __init__(
        self, columns: Sequence[NumberColumn], dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> None:
        self._columns = columns
        self._dtype = dtype
        self._shape = shape[:1] if len(shape) == 1 else (-1, len(columns))
        self._row = NumberRow(columns, dtype)

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        tensor = np.empty((len(arrays[0]), len(self._columns)), self._dtype)
        for place, column in enumerate(self._columns):
            tensor[:, place] = numbers(arrays[column.index], self._dtype, column.name)
        return tensor.reshape(self._shape)

    def shapes(self, arrays: Sequence[pa.Array]) -> None:
        return None

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        return self._row.matrix(values).reshape(self._shape)


class _ObjectMatrix:
    """A tensor of one text, bytes or other object from each column."""

    def __init__(
        self,
        fields: Sequence[pa.Field],
        indices: Sequence[int],
        dtype: np.dtype[Any],
        dimensions: int,
    ) -> None:
        self._cells = [
            (index, Cells(fields[index].name, fields[index].type, dtype)) for index in indices
        ]
        self._types = [field.type for field in fields]
        self._is_flat = dimensions == 1

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        tensor: npt.NDArray[Any]
        tensor = np.stack([cells.convert(arrays[index]) for index, cells in self._cells], axis=1)
        return tensor.reshape(-1) if self._is_flat else tensor

    def shapes(self, arrays: Sequence[pa.Array]) -> None:
        return None

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        pairs = zip(values, self._types, strict=True)
        return self.of_batch([one_value(value, arrow_type) for value, arrow_type in pairs])
