"""Rows of INPUT as what the model's signature asks for: a DataFrame, or tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..._exceptions import ConversionError, ModelError
from ..._native import Columns
from ..._schema import Schema, describe_column
from ._columns import (
    Misfit,
    Spec,
    check_names,
    converter,
    is_required,
    natural_spec,
    null_error,
    number_dtype,
    numbers,
    numpy_dtype,
    one_value,
    spec_dtype,
)
from ._file import ModelFile
from ._rows import NumberColumn, NumberRow


class Inputs(Protocol):
    """Makes what the model's ``predict`` is given. Both methods raise ConversionError."""

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        """Converts the columns of a batch."""

    def of_row(self, values: Sequence[Any]) -> Any:
        """Converts one row."""


def make_inputs(model: ModelFile, schema: Schema) -> Inputs:
    """Maps the columns of INPUT to the inputs of the model's signature.

    Raises:
        ModelError: they do not fit.
    """
    fields = list(pa.schema(Columns([describe_column(f.name, f.type) for f in schema])))
    if not model.inputs:
        columns = [
            _Column(f.name, f.name, f.type, {**natural_spec(f.type), "required": False})
            for f in fields
        ]
        return _FrameInputs(columns, fields)
    try:
        if any(spec.get("type") == "tensor" for spec in model.inputs):
            return _map_tensors(model.inputs, fields)
        return _FrameInputs(_map_columns(model.inputs, fields), fields)
    except Misfit as misfit:
        reason = str(misfit)
    inputs = ", ".join(map(_shown, model.inputs))
    raise ModelError(
        f"the model's INPUT does not fit the signature in '{model.path}': {reason}. The "
        f"signature's inputs: {inputs}. The model's INPUT: {schema}"
    )


def _shown(spec: Spec) -> str:
    name = f"{spec['name']}: " if "name" in spec else ""
    if spec["type"] == "tensor":
        tensor = spec["tensor-spec"]
        return f"{name}tensor of {tensor['dtype']} {tuple(tensor['shape'])}"
    return f"{name}{spec['type']}" + ("" if is_required(spec) else " (optional)")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the DataFrame: what it is called, and what its INPUT becomes."""

    name: str
    label: Any
    type: pa.DataType
    spec: Spec


def _map_columns(specs: Sequence[Spec], fields: Sequence[pa.Field]) -> list[_Column]:
    if len(specs) == 1 and "name" not in specs[0] and specs[0].get("type") == "object":
        # Of the type hint list[some class]: MLflow makes its objects of the columns.
        specs = [{**spec, "name": name} for name, spec in specs[0]["properties"].items()]
    if all("name" not in spec for spec in specs):
        if len(specs) != len(fields):
            raise Misfit(f"{len(fields)} columns for {len(specs)} inputs, which have no names")
        pairs = zip(fields, specs, strict=True)
        return [_Column(field.name, field.name, field.type, spec) for field, spec in pairs]
    by_name = {str(spec.get("name")): spec for spec in specs}
    check_names("column", [field.name for field in fields], by_name)
    types = {field.name: field.type for field in fields}
    return [
        _Column(name, spec["name"], types[name], spec)
        for name, spec in by_name.items()
        if name in types
    ]


class _FrameInputs:
    """Makes DataFrames, with the columns in the order of the signature."""

    def __init__(self, columns: Sequence[_Column], fields: Sequence[pa.Field]) -> None:
        names = [field.name for field in fields]
        self._columns = [
            (
                column.label,
                names.index(column.name),
                column.type,
                converter(column.name, column.type, column.spec, is_required(column.spec)),
            )
            for column in columns
        ]
        self._labels = pd.Index([column.label for column in columns])
        numbers: dict[np.dtype[Any], list[int]] = {}
        self._others = []
        for place, column in enumerate(columns):
            dtype = spec_dtype(column.spec)
            if dtype is None:
                self._others.append(place)
            else:
                numbers.setdefault(dtype, []).append(place)
        self._numbers = [
            (self._labels[places], NumberRow([_number(columns[p], names) for p in places], dtype))
            for dtype, places in numbers.items()
        ]
        order = [place for places in numbers.values() for place in places] + self._others
        self._order = np.argsort(order) if order != sorted(order) else None

    def of_batch(self, arrays: Sequence[pa.Array]) -> pd.DataFrame:
        return pd.DataFrame(
            {label: _series(convert(arrays[index])) for label, index, _, convert in self._columns}
        )

    def of_row(self, values: Sequence[Any]) -> pd.DataFrame:
        parts = [
            pd.DataFrame(row.matrix(values), columns=labels, copy=False)
            for labels, row in self._numbers
        ]
        for place in self._others:
            label, index, arrow_type, convert = self._columns[place]
            parts.append(
                pd.DataFrame({label: _series(convert(one_value(values[index], arrow_type)))})
            )
        frame = parts[0] if len(parts) == 1 else pd.concat(parts, axis=1)
        return frame if self._order is None else frame.take(self._order, axis=1)


def _number(column: _Column, names: Sequence[str]) -> NumberColumn:
    return NumberColumn(column.name, names.index(column.name), numpy_dtype(column.type))


def _series(values: Any) -> pd.Series:
    """Returns objects as objects: pandas would make numbers of some of them."""
    return pd.Series(values, dtype=object) if isinstance(values, list) else pd.Series(values)


def _map_tensors(specs: Sequence[Spec], fields: Sequence[pa.Field]) -> Inputs:
    if len(specs) == 1 and "name" not in specs[0]:
        return _TensorInputs({None: _tensor(specs[0], fields, range(len(fields)))})
    by_name = {str(spec.get("name")): spec for spec in specs}
    names = [field.name for field in fields]
    check_names("column", names, by_name)
    return _TensorInputs(
        {name: _tensor(spec, fields, [names.index(name)]) for name, spec in by_name.items()}
    )


class _TensorInputs:
    """Makes a dict of tensors by name, or the one that has no name."""

    def __init__(self, tensors: Mapping[str | None, _Tensor]) -> None:
        self._tensors = tensors

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        return self._named([tensor.of_batch(arrays) for tensor in self._tensors.values()])

    def of_row(self, values: Sequence[Any]) -> Any:
        return self._named([tensor.of_row(values) for tensor in self._tensors.values()])

    def _named(self, tensors: list[npt.NDArray[Any]]) -> Any:
        if None in self._tensors:
            return tensors[0]
        return dict(zip(self._tensors, tensors, strict=True))


class _Tensor(Protocol):
    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]: ...
    def of_row(self, values: Sequence[Any]) -> npt.NDArray[Any]: ...


def _tensor(spec: Spec, fields: Sequence[pa.Field], indices: Sequence[int]) -> _Tensor:
    dtype = np.dtype(spec["tensor-spec"]["dtype"])
    shape = tuple(spec["tensor-spec"]["shape"])
    if shape[:1] != (-1,):
        raise Misfit(f"the tensor has a fixed first dimension of {shape[:1]}; it must be open")
    if len(indices) == 1:
        field = fields[indices[0]]
        if pa.types.is_list(field.type) or dtype.kind not in "biuf":
            return _ArrayTensor(field, indices[0], dtype, shape)
    if (
        len(shape) > 2
        or (len(shape) == 2 and shape[1] not in (-1, len(indices)))
        or (len(shape) == 1 and len(indices) > 1)
    ):
        raise Misfit(f"{len(indices)} columns for a tensor of shape {shape}")
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
        item = field.type
        while pa.types.is_list(item) and dtype.kind in "biuf":
            item = item.value_type
        if dtype.kind in "biuf":
            number_dtype(item, dtype, field.name)
        elif dtype.kind not in "OU":
            raise Misfit(f"column '{field.name}': tensors of {dtype} are not supported")
        elif len(shape) > 1:
            raise Misfit(f"column '{field.name}': {dtype} needs a tensor of one dimension")

    def of_batch(self, arrays: Sequence[pa.Array]) -> npt.NDArray[Any]:
        array = arrays[self._index]
        rows = len(array)
        if self._dtype.kind not in "biuf":
            return self._objects(array)
        while pa.types.is_list(array.type):
            if array.null_count:
                raise null_error(self._field.name, "a tensor")
            if len(array.value_lengths().unique()) > 1:
                raise self._wrong_length()
            array = array.flatten()
        values = numbers(array, self._dtype, self._field.name)
        try:
            # A copy, as what Arrow lends cannot be written.
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
            f"the length of the ARRAY is not that of the model's tensor of shape {self._shape}",
            self._field.name,
        )
