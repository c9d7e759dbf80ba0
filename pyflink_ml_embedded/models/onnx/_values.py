# SPDX-License-Identifier: Apache-2.0
"""Converts values of columns to elements of an ONNX file's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._exceptions import ConversionError
from ._tensors import Tensor

Array = npt.NDArray[Any]


def element_error(column: str, tensor: Tensor, given: str) -> ConversionError:
    """Returns the error for a value that cannot be an element of an input."""
    return ConversionError(
        f"{given} cannot be an element of the file's input '{tensor.name}' ({tensor.element.name})",
        column,
    )


def null_error(column: str, tensor: Tensor) -> ConversionError:
    """Returns the error for an ARRAY that is NULL."""
    return ConversionError(f"NULL cannot fill the file's input '{tensor.name}'", column)


def length_error(column: str, tensor: Tensor, length: int, expected: int) -> ConversionError:
    """Returns the error for an ARRAY of the wrong length."""
    return ConversionError(
        f"an ARRAY of {length} elements cannot fill the file's input '{tensor.name}', which takes "
        f"{expected} elements",
        column,
    )


def ragged_error(column: str, tensor: Tensor) -> ConversionError:
    """Returns the error for an ARRAY whose inner ARRAYs differ in length."""
    return ConversionError(
        f"ARRAYs of different lengths in one row cannot fill the file's input '{tensor.name}'",
        column,
    )


def cast(values: Array, tensor: Tensor, column: str) -> Array:
    """Converts values to the element type of an input; returns an array of that type unchanged.

    Args:
        values: numbers, or objects that are numbers or None. None becomes NaN.
        tensor: the input.
        column: the name of the column, for messages.

    Raises:
        ConversionError: a value does not fit the element type.
    """
    dtype = np.dtype(tensor.element.dtype)
    if values.dtype == dtype or values.size == 0:
        return values.astype(dtype, copy=False)
    if values.dtype.kind == "O":
        values = _numbers(values, tensor, column)
    kinds = {"f": "biuf", "b": "b"}.get(dtype.kind, "biu")
    if values.dtype.kind not in kinds:
        raise element_error(column, tensor, f"this {values.dtype.name}")
    if dtype.kind == "f":
        return _as_floats(values, dtype, tensor, column)
    if not np.can_cast(values.dtype, dtype):
        limits = np.iinfo(dtype)
        if values.min() < limits.min or values.max() > limits.max:
            raise element_error(column, tensor, f"this {values.dtype.name}")
    return values.astype(dtype)


def check_overflow(values: Array, given: Array, tensor: Tensor, column: str) -> None:
    """Checks that no finite number became infinite in fewer bits.

    Raises:
        ConversionError: a number did.
    """
    if (np.isinf(values) & ~np.isinf(given)).any():
        raise element_error(column, tensor, f"this {given.dtype.name}")


def _as_floats(values: Array, dtype: np.dtype[Any], tensor: Tensor, column: str) -> Array:
    if values.dtype.kind in "iu":
        values = values.astype(np.float64)  # struct rounds twice too
    with np.errstate(over="ignore"):
        floats = values.astype(dtype, copy=False)
    if dtype.itemsize < values.dtype.itemsize:
        check_overflow(floats, values, tensor, column)
    return floats


def _numbers(values: Array, tensor: Tensor, column: str) -> Array:
    """Converts objects to float64, with NaN for None."""
    for value in values.flat:
        if isinstance(value, str):
            raise element_error(column, tensor, "this str")
        if value is None and not tensor.element.is_float:
            raise element_error(column, tensor, "NULL")
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise element_error(column, tensor, "this value") from error


def array_of(value: Any, tensor: Tensor, column: str) -> Array:
    """Converts the value of an ARRAY column to one row of an input.

    Args:
        value: lists or arrays, nested as deep as the ARRAY.
        tensor: the input.
        column: the name of the column, for messages.

    Raises:
        ConversionError: a length or an element does not fit.
    """
    array = _nested(value, tensor.depth, tensor, column)
    if 0 in array.shape:
        known = array.shape.index(0) + 1  # below an empty level, the file sets the lengths
        array = array.reshape(
            [*array.shape[:known], *(size or 0 for size in (tensor.shape or ())[known:])]
        )
    for level, (length, expected) in enumerate(zip(array.shape, tensor.shape or (), strict=True)):
        if expected is not None and length != expected:
            raise length_error(f"{column}{'[]' * level}", tensor, length, expected)
    if tensor.element.pack is None:
        return array
    return cast(array, tensor, f"{column}{'[]' * tensor.depth}")


def _nested(value: Any, depth: int, tensor: Tensor, column: str) -> Array:
    if value is None:
        raise null_error(column, tensor)
    if depth == 1:
        return _texts(value, tensor, column) if tensor.element.pack is None else np.asarray(value)
    column += "[]"
    parts = [_nested(part, depth - 1, tensor, column) for part in value]
    if len({part.shape for part in parts}) > 1:
        raise ragged_error(column, tensor)
    return np.stack(parts) if parts else np.empty((0,) * depth)


def _texts(value: Sequence[Any], tensor: Tensor, column: str) -> Array:
    texts = np.empty(len(value), object)
    texts[:] = value
    if any(text is None for text in value):
        raise element_error(f"{column}[]", tensor, "NULL")
    return texts
