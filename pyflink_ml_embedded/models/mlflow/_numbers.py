# SPDX-License-Identifier: Apache-2.0
"""Converts numbers to another type without changing a value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[Any]


def cast(values: _Array, dtype: np.dtype[Any]) -> tuple[_Array, _Array | None]:
    """Casts numbers; only fractions are rounded, to the precision of a float.

    Args:
        values: booleans, integers, floats, or Decimals as objects.
        dtype: that of booleans if the values are booleans, otherwise of integers or floats.

    Returns:
        The numbers, and a mask of those that the dtype cannot hold; None if it holds all.
    """
    if values.dtype == dtype:
        return values, None
    if values.dtype.kind == "O":
        return _cast_decimals(values, dtype)
    if dtype.kind == "f":
        return _to_floats(values, dtype)
    return _to_integers(values, dtype)


def _to_floats(values: _Array, dtype: np.dtype[Any]) -> tuple[_Array, _Array]:
    with np.errstate(over="ignore"):
        result = values.astype(dtype)
    if values.dtype.kind == "f":
        return result, np.isinf(result) & np.isfinite(values)
    wide = result.astype(np.float64)
    too_large = wide >= 2.0**63  # out of range for int64
    return result, too_large | (np.where(too_large, 0, wide).astype(np.int64) != values)


def _to_integers(values: _Array, dtype: np.dtype[Any]) -> tuple[_Array, _Array]:
    limits = np.iinfo(dtype)
    if values.dtype.kind == "f":
        in_range = (values >= float(limits.min)) & (values < float(limits.max // 2 + 1) * 2)
        wrong = ~(in_range & (values == np.trunc(values)))
    else:
        wrong = (values < limits.min) | (values > limits.max)
    return np.where(wrong, 0, values).astype(dtype), wrong


def _cast_decimals(values: _Array, dtype: np.dtype[Any]) -> tuple[_Array, _Array | None]:
    if dtype.kind == "f":
        return cast(values.astype(np.float64), dtype)
    limits = np.iinfo(dtype)
    wrong = np.array([not _is_integer(value, limits) for value in values], bool)
    return np.where(wrong, 0, values).astype(dtype), wrong


def _is_integer(value: Decimal, limits: Any) -> bool:
    return value == value.to_integral_value() and limits.min <= value <= limits.max
