# SPDX-License-Identifier: Apache-2.0
"""Tells rows, columns and single values in a result apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

_ARRAYS = (np.ndarray, pd.Series, pd.api.extensions.ExtensionArray, list, tuple)
_OBJECT = np.dtype(object)


class Part(Enum):
    """What an entry of a dict is for a column of OUTPUT."""

    VALUE = "the value of one row"
    COLUMN = "a list with one item for each row"
    EITHER = "one of both"


def part_of(entry: Any, depth: int) -> Part:
    """Returns what an entry is, by comparing how deep its lists are with the column's type.

    Args:
        entry: a value or a list of values.
        depth: how many levels of ARRAY the column's type has.
    """
    levels, is_open = levels_of(entry)
    if is_open and 0 < levels <= depth:
        return Part.EITHER if len(entry) == 1 else Part.VALUE
    return Part.VALUE if levels <= depth else Part.COLUMN


def levels_of(entry: Any) -> tuple[int, bool]:
    """Returns how deep lists are nested, and whether the innermost has no item that is set."""
    if not is_array(entry):
        return 0, False
    if getattr(entry, "dtype", _OBJECT) != _OBJECT:
        return entry.ndim, False
    first = next((item for item in entry if item is not None), None)
    if first is None:
        return 1, True
    levels, is_open = levels_of(first)
    return levels + 1, is_open


def is_array(value: Any) -> bool:
    """Returns whether a value is a list, a tuple without names, or an array."""
    if not isinstance(value, _ARRAYS) or hasattr(value, "_asdict"):
        return False
    return not isinstance(value, np.ndarray) or value.ndim > 0


def shape_of(result: Any) -> tuple[int, int] | None:
    """Returns how many items a result has and how many values each has, with rows as its items.

    Returns:
        None if that is not known, or not the same for all items.
    """
    if isinstance(result, Mapping):
        shape = shape_of(list(result.values()))
        return None if shape is None else (shape[1], shape[0])
    if len(getattr(result, "shape", ())) > 1:
        return (result.shape[0], result.shape[1])
    if not isinstance(result, list | tuple) or not all(map(is_array, result)):
        return None
    widths = {len(item) for item in result}
    return (len(result), widths.pop()) if len(widths) == 1 else None


def as_record(value: Any) -> Any:
    """Converts a dataclass, namedtuple or object of pydantic to a dict; returns others as is."""
    if isinstance(value, Mapping | str | int | float | list | np.ndarray):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    for method in ("model_dump", "_asdict"):
        if callable(getattr(type(value), method, None)):
            return getattr(value, method)()
    return value
