# SPDX-License-Identifier: Apache-2.0
"""Turns bytes into choices, and those into columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from native.columns import column

T = TypeVar("T")

SCALARS = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES"),
    *("VARCHAR(3)", "VARBINARY(3)", "DATE", "TIME(0)", "TIME(3)", "TIMESTAMP(0)", "TIMESTAMP(3)"),
    *("TIMESTAMP(6)", "TIMESTAMP(8)", "TIMESTAMP(9)", "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(6)"),
    *("TIMESTAMP_LTZ(9)", "DECIMAL(10, 2)", "DECIMAL(38, 18)", "DECIMAL(5, 0)"),
)
CONTAINERS = ("ARRAY", "ROW", "MAP", "ARRAY", "MULTISET")
MOST_COLUMNS = 4
MOST_LEVELS = 3
MOST_LONG_LISTS = 2


class Cursor:
    """Reads choices from bytes; after the last byte every choice is the first option."""

    __slots__ = ("_data", "_long_lists_left", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._long_lists_left = MOST_LONG_LISTS

    def byte(self) -> int:
        """Returns the next byte, or 0."""
        self._position += 1
        return self._data[self._position - 1] if self._position <= len(self._data) else 0

    def below(self, limit: int) -> int:
        """Returns a number from 0 to ``limit - 1``, of at most 256."""
        return self.byte() % limit

    def wants_long_list(self) -> bool:
        """Whether the next list is to be long; few are, because lists may be nested."""
        wants = self.below(16) == 15 and self._long_lists_left > 0
        self._long_lists_left -= wants
        return wants

    def choose(self, options: Sequence[T]) -> T:
        """Returns one of at most 256 options."""
        return options[self.below(len(options))]

    def number(self, size: int) -> int:
        """Returns a signed number of the given size in bytes."""
        return int.from_bytes([self.byte() for _ in range(size)], "little", signed=True)


def columns_from(cursor: Cursor) -> list[dict[str, Any]]:
    """Describes some columns of any types."""
    count = 1 + cursor.below(MOST_COLUMNS)
    return [column(f"c{i}", _type_from(cursor, MOST_LEVELS)) for i in range(count)]


def _type_from(cursor: Cursor, levels: int, key: bool = False) -> str:
    choice = cursor.below(2 * len(SCALARS))
    nullable = " NOT NULL" if cursor.below(4) == 3 else ""
    if choice < len(SCALARS) or levels == 0:
        return SCALARS[choice % len(SCALARS)] + nullable
    container = "ROW" if key else CONTAINERS[choice % len(CONTAINERS)]
    if container == "ROW":
        fields = [f"f{i} {_type_from(cursor, levels - 1, key)}" for i in range(1 + cursor.below(3))]
        return f"ROW<{', '.join(fields)}>{nullable}"
    if container == "MAP":
        key_type = _type_from(cursor, levels - 1, key=True)
        return f"MAP<{key_type}, {_type_from(cursor, levels - 1)}>{nullable}"
    return f"{container}<{_type_from(cursor, levels - 1, container == 'MULTISET')}>{nullable}"
