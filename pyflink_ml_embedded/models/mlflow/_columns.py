# SPDX-License-Identifier: Apache-2.0
"""Converts columns of Arrow to the types of an MLflow signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..._exceptions import ConversionError
from ..._names import NamesMismatch, listed, match_names
from ._numbers import cast

Spec = Mapping[str, Any]
# Converts an array to one of the same length, or to a list of objects.
Convert = Callable[[pa.Array], Any]

DTYPES = {
    "boolean": np.dtype(np.bool_),
    "integer": np.dtype(np.int32),
    "long": np.dtype(np.int64),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
}
# Lists of these numbers of Python are refused by MLflow, which expects the narrow dtype.
_NARROW = (np.dtype(np.int32), np.dtype(np.float32))
# For columns of a model without a signature.
_NATURAL_DTYPES = ("bool", "int8", "int16", "int32", "int64", "float32", "float64")


class Check(Enum):
    """What MLflow checks the values against before the model gets them."""

    NOTHING = 0
    SIGNATURE = 1
    TYPE_HINTS = 2


class Misfit(Exception):
    """The columns do not fit the signature; the message is the reason."""


def natural_spec(arrow_type: pa.DataType) -> Spec:
    """Returns the spec that leaves a column unconverted, for a model without a signature."""
    if is_number(arrow_type) and not pa.types.is_decimal(arrow_type):
        return {"type": numpy_dtype(arrow_type).name}
    if pa.types.is_timestamp(arrow_type):
        return {"type": "datetime"}
    if pa.types.is_map(arrow_type):
        if pa.types.is_string(arrow_type.key_type):
            return {"type": "map", "values": natural_spec(arrow_type.item_type)}
    elif pa.types.is_list(arrow_type):
        return {"type": "array", "items": natural_spec(arrow_type.value_type)}
    elif pa.types.is_struct(arrow_type):
        properties = {
            field.name: {**natural_spec(field.type), "required": False} for field in arrow_type
        }
        return {"type": "object", "properties": properties}
    return {"type": "any"}


def is_number(arrow_type: pa.DataType) -> bool:
    """Returns whether the type is BOOLEAN, an integer, FLOAT, DOUBLE or DECIMAL."""
    kinds = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(is_kind(arrow_type) for is_kind in kinds)


def numpy_dtype(arrow_type: pa.DataType) -> np.dtype[Any]:
    """Returns the dtype of the numbers; that of objects for DECIMAL."""
    return np.dtype(object if pa.types.is_decimal(arrow_type) else arrow_type.to_pandas_dtype())


def number_dtype(arrow_type: pa.DataType, dtype: np.dtype[Any], column: str) -> np.dtype[Any]:
    """Returns the dtype that numbers of a column are cast to.

    Raises:
        Misfit: the column has no numbers, or only one of the two types is boolean.
    """
    if is_number(arrow_type) and pa.types.is_boolean(arrow_type) == (dtype.kind == "b"):
        return dtype
    raise Misfit(f"column '{column}' is {arrow_type}, and the signature has {dtype.name}")


def spec_dtype(spec: Spec) -> np.dtype[Any] | None:
    """Returns the dtype of a spec of numbers; None for other specs."""
    name = spec.get("type")
    if name in DTYPES:
        return DTYPES[name]
    return np.dtype(name) if name in _NATURAL_DTYPES else None


def frame_dtype(spec: Spec, check: Check) -> np.dtype[Any] | None:
    """Returns the dtype of a column of a DataFrame; None for objects.

    Optional booleans, and all optional numbers of type hints, are objects that may be None.
    """
    is_object = not is_required(spec) and (
        spec.get("type") == "boolean" or check is Check.TYPE_HINTS
    )
    return None if is_object else spec_dtype(spec)


def numbers(array: pa.Array, dtype: np.dtype[Any], column: str) -> npt.NDArray[Any]:
    """Converts numbers to the dtype, with NaN for NULL.

    Raises:
        ConversionError: a number would change, or is NULL and the dtype has no NaN.
    """
    missing = None
    if array.null_count:
        if dtype.kind != "f":
            raise null_error(column, dtype.name)
        missing = np.asarray(array.is_null())
        zero = Decimal(0) if pa.types.is_decimal(array.type) else 0
        array = array.fill_null(pa.scalar(zero, array.type))
    values = array.to_numpy(zero_copy_only=False)
    result, wrong = cast(values, dtype)
    if wrong is not None and wrong.any():
        raise loss_error(column, dtype.name)
    if missing is not None:
        result = np.where(missing, dtype.type(np.nan), result)
    return result


def null_error(column: str, type_name: str) -> ConversionError:
    """Returns the error for a NULL that the model does not take."""
    return ConversionError(
        f"NULL cannot be converted to {type_name}, which the model takes", column
    )


def loss_error(column: str, type_name: str) -> ConversionError:
    """Returns the error for a value that the type cannot hold."""
    return ConversionError(
        f"the value cannot be converted exactly to {type_name}, which the model takes", column
    )


def frame_converter(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    """Returns a function that converts a column of this type to a column of a DataFrame.

    Args:
        column: the column's name.
        arrow_type: the column's type.
        spec: the type in the signature.
        check: what MLflow checks the values against.

    Raises:
        Misfit: this type cannot be converted.
    """
    dtype = frame_dtype(spec, check)
    if dtype is not None:
        target = number_dtype(arrow_type, dtype, column)
        return lambda array: numbers(array, target, column)
    if spec.get("type") == "datetime" and check is Check.NOTHING:
        check = Check.SIGNATURE  # datetime64 with NaT, as in a DataFrame with a signature
    return _converter(column, arrow_type, spec, check, is_required(spec))


def _converter(
    column: str, arrow_type: pa.DataType, spec: Spec, check: Check, required: bool = True
) -> Convert:
    """Returns a function that converts values to objects: items of an array, map or object.

    Args:
        column: the column's name, with the path to the nested type.
        arrow_type: the type of the values.
        spec: the type in the signature.
        check: what MLflow checks the values against.
        required: whether NULL is an error for a type that has no missing value.
    """
    name = str(spec.get("type"))
    dtype = spec_dtype(spec)
    if dtype is not None:
        target = number_dtype(arrow_type, dtype, column)
        keeps_dtype = check is Check.SIGNATURE and dtype in _NARROW

        def convert_numbers(array: pa.Array) -> Any:
            values = numbers(array, target, column)
            return values if keeps_dtype else values.tolist()

        return convert_numbers if required else _with_nulls(column, name, convert_numbers, False)
    if name not in _MAKERS:
        raise Misfit(
            f"column '{column}' has the type {name} in the signature, which is not supported"
        )
    fits, make = _MAKERS[name]
    if not fits(arrow_type):
        raise Misfit(f"column '{column}' is {arrow_type}, and the signature has {name}")
    convert = make(column, arrow_type, spec, check)
    if name == "datetime" and check is Check.SIGNATURE:
        return convert  # with NaT
    return _with_nulls(column, name, convert, required and name != "any")


def _with_nulls(column: str, name: str, convert: Convert, required: bool) -> Convert:
    def convert_present(array: pa.Array) -> Any:
        if not array.null_count:
            return convert(array)
        if required:
            raise null_error(column, name)
        values = iter(convert(array.drop_null()))
        return [next(values) if valid else None for valid in array.is_valid().to_pylist()]

    return convert_present


def _objects(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    return lambda array: array.to_pylist()


def _datetimes(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    def convert(array: pa.Array) -> Any:
        try:
            values = array.cast(pa.timestamp("ns"))
        except pa.ArrowInvalid:  # its message has the value
            raise loss_error(column, "datetime64[ns]") from None
        if check is Check.SIGNATURE:
            return values.to_numpy(zero_copy_only=False)
        return values.to_pylist()  # pandas.Timestamp, which is a datetime

    return convert


def _arrays(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    convert_items = _converter(f"{column}[]", arrow_type.value_type, spec["items"], check)

    def convert(array: pa.Array) -> list[Any]:
        items = convert_items(array.flatten())
        return [items[start:end] for start, end in _ranges(array)]

    return convert


def _maps(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    values = _converter(f"{column}.value", arrow_type.item_type, spec["values"], check)

    def convert(array: pa.Array) -> list[Any]:
        start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
        keys, items = array.keys[start:end], array.items[start:end]
        pairs = list(zip(keys.to_pylist(), values(items), strict=True))
        return [dict(pairs[start:end]) for start, end in _ranges(array)]

    return convert


def _structs(column: str, arrow_type: pa.DataType, spec: Spec, check: Check) -> Convert:
    properties: Mapping[str, Any] = spec["properties"]
    names = match_specs([f.name for f in arrow_type], properties, f"in column '{column}', ")
    converters = [
        _converter(f"{column}.{field.name}", field.type, given, check, is_required(given))
        for field, name in zip(arrow_type, names, strict=True)
        for given in (properties[name],)
    ]

    def convert(array: pa.Array) -> list[Any]:
        fields = [
            convert(values) for convert, values in zip(converters, array.flatten(), strict=True)
        ]
        return [dict(zip(names, values, strict=True)) for values in zip(*fields, strict=True)]

    return convert


def is_required(spec: Spec) -> bool:
    """Returns whether a column or field is required; early versions of MLflow wrote 'optional'."""
    return bool(spec.get("required", not spec.get("optional", False)))


def match_specs(given: Sequence[str], specs: Mapping[str, Spec], what: str) -> list[str]:
    """Returns for each name the one in the signature; optional ones may be left out.

    Args:
        given: the names of columns or fields.
        specs: the inputs of the signature, or the properties of an object, by name.
        what: what the names belong to, for the message.

    Raises:
        Misfit: a required name is missing, or the signature does not have a name.
    """
    names = list(specs)
    try:
        matched = [names[index] for index in match_names(given, names, by_position=False) or ()]
    except NamesMismatch as mismatch:
        raise Misfit(f"{what}{mismatch}") from None
    missing = [name for name in names if is_required(specs[name]) and name not in matched]
    if missing:
        raise Misfit(f"{what}column {listed(missing)} is missing")
    return matched


def _ranges(array: pa.Array) -> Iterator[tuple[int, int]]:
    offsets = array.offsets.to_numpy()
    offsets = (offsets - offsets[0]).tolist()
    return pairwise(offsets)


_MAKERS: dict[str, tuple[Callable[[pa.DataType], bool], Callable[..., Convert]]] = {
    "string": (pa.types.is_string, _objects),
    "binary": (pa.types.is_binary, _objects),
    "datetime": (lambda given: pa.types.is_timestamp(given) or pa.types.is_date(given), _datetimes),
    "array": (lambda given: pa.types.is_list(given) and not pa.types.is_map(given), _arrays),
    "map": (lambda given: pa.types.is_map(given) and pa.types.is_string(given.key_type), _maps),
    "object": (pa.types.is_struct, _structs),
    "any": (lambda given: True, _objects),
}
