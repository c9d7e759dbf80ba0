# SPDX-License-Identifier: Apache-2.0
"""The names of records that ``predict`` may return: Rows, dicts and objects with fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from ._names import NamesMismatch, listed, match_names

__all__ = ["NamesMismatch", "field_names", "match_keys", "match_names"]


def match_keys(columns: Sequence[str], keys: Sequence[object]) -> list[int]:
    """Matches each column with one of the keys, which have no order, as ``match_names`` does.

    Returns:
        For each column the index of its key.

    Raises:
        NamesMismatch: a column has no key, or several. The message names only keys that resemble a
            column, because keys may be data.
    """
    try:
        order = match_names(columns, keys)
    except NamesMismatch:
        order = None
    if order is not None:
        return order
    shown = [key for key in keys if key not in columns and _resembles(key, columns)]
    nearest = f"; the nearest: {listed(shown)}" if shown else ""
    raise NamesMismatch(f"they must be {listed(columns)}{nearest}")


def _resembles(key: object, columns: Sequence[str]) -> bool:
    folded = [column.casefold() for column in columns]
    return isinstance(key, str) and bool(get_close_matches(key.casefold(), folded, n=1))


def field_names(record_class: type) -> tuple[str, ...] | None:
    """Returns the fields of a named tuple, a dataclass, an attrs class or a pydantic model.

    Returns:
        The names of the attributes, with the computed fields of pydantic; or None for other
        classes.
    """
    if issubclass(record_class, tuple):
        names = getattr(record_class, "_fields", None)
        return names if type(names) is tuple else None
    if dataclasses.is_dataclass(record_class):
        return tuple(field.name for field in dataclasses.fields(record_class))
    class_attributes: Any = record_class
    if hasattr(record_class, "__attrs_attrs__"):
        return tuple(attribute.name for attribute in class_attributes.__attrs_attrs__)
    if hasattr(record_class, "__pydantic_decorators__"):
        computed = class_attributes.__pydantic_decorators__.computed_fields
        return (*class_attributes.model_fields, *computed)
    if hasattr(record_class, "__fields__") and hasattr(record_class, "parse_obj"):  # pydantic 1
        return tuple(class_attributes.__fields__)
    return None
