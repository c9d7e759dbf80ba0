# SPDX-License-Identifier: Apache-2.0
"""Converts rows of INPUT to the tensors that a tensor-based signature describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..._exceptions import ConversionError
from ._columns import (
    Misfit,
    Spec,
    match_specs,
    null_error,
    number_dtype,
    numbers,
    numpy_dtype,
)
from ._rows import NumberColumn, NumberRow, one_value

_NUMBER_KINDS = "biuf"


class Tensor(Protocol):
    """Makes one tensor from the columns of INPUT."""

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        """Converts the columns of a batch."""

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        """Converts one row."""


class TensorInputs:
    """Makes a dict of tensors by name, or the only tensor if it has no name."""

    def __init__(self, tensors: Mapping[str | None, Tensor]) -> None:
        self._tensors = tensors

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        """Converts the columns of a batch."""
        return self._named([tensor.of_batch(arrays) for tensor in self._tensors.values()])

    def of_row(self, values: Sequence[Any]) -> Any:
        """Converts one row."""
        return self._named([tensor.of_row(values) for tensor in self._tensors.values()])

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
        return TensorInputs({None: _tensor(specs[0], fields, range(len(fields)))})
    by_name = {str(spec.get("name")): spec for spec in specs}
    names = match_specs([field.name for field in fields], by_name, "")
    return TensorInputs(
        {name: _tensor(by_name[name], fields, [index]) for index, name in enumerate(names)}
    )


def _tensor(spec: Spec, fields: Sequence[pa.Field], indices: Sequence[int]) -> Tensor:
    dtype = np.dtype(spec["tensor-spec"]["dtype"])
    shape = tuple(spec["tensor-spec"]["shape"])
    if shape[:1] != (-1,):
        raise Misfit(f"the tensor has the shape {shape}, and its first dimension must be -1")
    if len(indices) == 1:
        field = fields[indices[0]]
        if pa.types.is_list(field.type) or dtype.kind not in _NUMBER_KINDS:
            return _ArrayTensor(field, indices[0], dtype, shape)
    if (
        len(shape) > 2
        or (len(shape) == 2 and shape[1] not in (-1, len(indices)))
        or (len(shape) == 1 and len(indices) > 1)
    ):
        raise Misfit(f"there are {len(indices)} columns for a tensor of the shape {shape}")
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

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        return self._row.matrix(values).reshape(self._shape)


class _ArrayTensor:
    """A tensor of one column: of ARRAYs of numbers, or of text and other objects."""

    def __init__(
        self, field: pa.Field, index: int, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> None:
        self._field = field
        self._index = index
        self._dtype = dtype
        self._shape = shape
        if dtype.kind in _NUMBER_KINDS:
            item = field.type
            while pa.types.is_list(item):
                item = item.value_type
            number_dtype(item, dtype, field.name)
        elif dtype.kind not in "OU":
            raise Misfit(f"column '{field.name}': a tensor of {dtype} is not supported")
        elif len(shape) > 1:
            raise Misfit(
                f"column '{field.name}': a tensor of {dtype} must have one dimension, not {shape}"
            )

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        array = arrays[self._index]
        rows = len(array)
        if self._dtype.kind not in _NUMBER_KINDS:
            return self._objects(array)
        while pa.types.is_list(array.type):
            if array.null_count:
                raise null_error(self._field.name, "a tensor")
            if len(array.value_lengths().unique()) > 1:
                raise self._wrong_length()
            array = array.flatten()
        values = numbers(array, self._dtype, self._field.name)
        try:
            # A copy, because the model may write to it, and Arrow's memory is read-only.
            return np.array(values).reshape((rows, *self._shape[1:]))
        except ValueError:
            raise self._wrong_length() from None

    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]:
        array = one_value(values[self._index], self._field.type)
        return self.of_batch([array] * (self._index + 1))

    def _objects(self, array: pa.Array) -> npt.NDArray[Any]:
        if array.null_count and self._dtype.kind == "U":
            raise null_error(self._field.name, "text")
        values: npt.NDArray[Any] = pd.Series(array.to_pylist(), dtype=object).to_numpy()
        return values.astype(self._dtype)

    def _wrong_length(self) -> ConversionError:
        return ConversionError(
            f"the length of the ARRAY does not fit the model's tensor of the shape {self._shape}",
            self._field.name,
        )
