# SPDX-License-Identifier: Apache-2.0
"""Checks the results of a contender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["WrongResultError", "check"]

_RELATIVE = 1e-4  # a FLOAT's precision, after some layers
_ABSOLUTE = 1e-5  # of the column's largest value


class WrongResultError(AssertionError):
    """The results of a contender differ from those of the model without Flink."""


def check(
    found: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]], names: Sequence[str]
) -> None:
    """Compares results with the model's without Flink, and floats to a FLOAT's precision.

    Raises:
        WrongResultError: the results differ; the message names the row and the column.
    """
    if len(found) != len(expected):
        raise WrongResultError(f"{len(found)} results, expected {len(expected)}")
    for name, values, correct in zip(names, zip(*found), zip(*expected), strict=True):  # noqa: B905
        equal = _compare(values, correct)
        if not all(equal):
            row = list(equal).index(False)
            raise WrongResultError(f"column '{name}', row {row} differs from the model's result")


def _compare(found: Sequence[Any], expected: Sequence[Any]) -> Sequence[bool]:
    """Returns whether each value of a column is correct."""
    first: Any = next((value for value in expected if value is not None), None)
    is_list = isinstance(first, list) and bool(first)
    if isinstance(first, float) or (is_list and isinstance(first[0], float)):
        return _compare_floats(found, expected)
    return _compare_plain(found, expected)


def _compare_floats(found: Sequence[Any], expected: Sequence[Any]) -> Sequence[bool]:
    try:
        values, correct = np.array(found, float), np.array(expected, float)
    except (TypeError, ValueError):  # NULLs, or lists of different lengths
        return _compare_plain(found, expected)
    if values.shape != correct.shape:
        return [False] * len(expected)
    scale = float(np.nanmax(np.abs(correct), initial=0.0))
    close = np.isclose(values, correct, rtol=_RELATIVE, atol=_ABSOLUTE * scale, equal_nan=True)
    equal: list[bool] = close.reshape(len(expected), -1).all(axis=1).tolist()
    return equal


def _compare_plain(found: Sequence[Any], expected: Sequence[Any]) -> Sequence[bool]:
    return [_plain(value) == _plain(right) for value, right in zip(found, expected, strict=True)]


def _plain(value: Any) -> Any:
    """Returns a comparable value, because PyFlink returns bytearrays."""
    if isinstance(value, bytearray):
        return bytes(value)
    return value
