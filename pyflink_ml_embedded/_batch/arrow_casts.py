# SPDX-License-Identifier: Apache-2.0
"""Casts of Arrow arrays to the types of OUTPUT that give what ``predict`` would give by value."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow
from pyarrow import compute, types

# For each Arrow type of a column the types that are cast to it. Other arrays are converted value by
# value, as the results of predict are: Arrow would cast integers to times and texts to numbers.
_CAST_FROM = {
    "boolean": ("boolean",),
    "integer": ("boolean", "integer"),
    "floating": ("boolean", "integer", "floating"),
    "decimal128": ("integer", "decimal"),
    "string": ("string", "large_string"),
    "binary": ("binary", "large_binary", "fixed_size_binary"),
    "date32": ("date32",),
    "time32": ("time32", "time64"),
    "timestamp": ("timestamp",),
}
_LISTS = ("list", "large_list", "fixed_size_list")


def cast_or_values(array: Any, target: Any) -> Any:
    """Returns a pyarrow.Array of a type, or the values of the array as a list.

    Args:
        array: a ``pyarrow.Array`` or ``ChunkedArray``.
        target: the type of the column, as ``without_flags`` returns it.

    Raises:
        Exception: some value has no counterpart in Python. The message may contain it.
    """
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if array.type == target or without_flags(array.type) == target:
        return array
    if isinstance(array, pyarrow.ExtensionArray):
        array = array.storage
    try:
        if isinstance(array, pyarrow.DictionaryArray):
            array = array.dictionary_decode()
        if _is_cast(array.type, target):
            return _cast_exactly(array, target)
    except pyarrow.ArrowException:
        pass
    values = array.to_pylist()
    return (
        [with_dicts(value, array.type) for value in values]
        if _has(types.is_map, array.type)
        else values
    )


@lru_cache
def without_flags(arrow_type: Any) -> Any:
    """Returns a type with nullable parts and Arrow's default names; nulls are checked later."""
    if types.is_list(arrow_type):
        return pyarrow.list_(without_flags(arrow_type.value_type))
    if types.is_map(arrow_type):
        return pyarrow.map_(without_flags(arrow_type.key_type), without_flags(arrow_type.item_type))
    if types.is_struct(arrow_type):
        return pyarrow.struct([(field.name, without_flags(field.type)) for field in arrow_type])
    return arrow_type


def depth_of(arrow_type: Any) -> int:
    """Returns how many lists are around the values of a type: 2 for lists of lists."""
    return 1 + depth_of(arrow_type.value_type) if _is_one_of(arrow_type, _LISTS) else 0


@lru_cache
def _is_cast(given: Any, target: Any) -> bool:
    """Returns whether a type is cast to another. No map is: pyarrow 16 may end the process then."""
    if types.is_list(target):
        return _is_one_of(given, _LISTS) and _is_cast(given.value_type, target.value_type)
    if types.is_struct(target):
        return (
            types.is_struct(given)
            and [field.name for field in given] == [field.name for field in target]
            and all(_is_cast(given.field(i).type, field.type) for i, field in enumerate(target))
        )
    if types.is_timestamp(target) and types.is_timestamp(given):
        return (given.tz is None) == (target.tz is None)
    return any(
        _is_one_of(given, sources)
        for kind, sources in _CAST_FROM.items()
        if _is_one_of(target, (kind,))
    )


def _is_one_of(arrow_type: Any, kinds: tuple[str, ...]) -> bool:
    return any(getattr(types, f"is_{kind}")(arrow_type) for kind in kinds)


def _cast_exactly(array: Any, target: Any) -> Any:
    """Casts a pyarrow.Array; raises pyarrow.ArrowException if a value would change."""
    result = array.cast(target, safe=True)
    if _has(types.is_float32, target) and _count_infinite(result) != _count_infinite(array):
        raise pyarrow.ArrowInvalid  # a number out of range of float32 became infinite
    return result


def _count_infinite(array: Any) -> int:
    """Returns how many floats of an array are infinite, in nested arrays too."""
    if types.is_floating(array.type):
        return int(compute.is_inf(array).true_count)
    if _is_one_of(array.type, _LISTS):
        return _count_infinite(array.flatten())
    if types.is_struct(array.type):
        return sum(map(_count_infinite, array.flatten()))
    return 0


def with_dicts(value: Any, arrow_type: Any) -> Any:
    """Returns a value of ``to_pylist`` with a dict for each map."""
    if value is None:
        return None
    if types.is_map(arrow_type):
        return {key: with_dicts(item, arrow_type.item_type) for key, item in value}
    if _is_one_of(arrow_type, _LISTS):
        return [with_dicts(item, arrow_type.value_type) for item in value]
    if types.is_struct(arrow_type):
        return {field.name: with_dicts(value[field.name], field.type) for field in arrow_type}
    return value


@lru_cache
def _has(is_kind: Callable[[Any], bool], arrow_type: Any) -> bool:
    """Returns whether a type is of a kind, or has one in it."""
    children = [arrow_type.field(i).type for i in range(arrow_type.num_fields)]
    return is_kind(arrow_type) or any(_has(is_kind, child) for child in children)
