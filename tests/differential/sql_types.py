# SPDX-License-Identifier: Apache-2.0
"""SQL types as trees, parsed from SQL syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_TYPE = re.compile(r"(?P<root>\w+)(?:\((?P<numbers>[\d, ]+)\))?(?:<(?P<inner>.*)>)?", re.DOTALL)
_NOT_NULL = " NOT NULL"


@dataclass(frozen=True)
class SqlType:
    """A type, and which of its values to generate.

    Attributes:
        root: the name of the type, without parameters.
        numbers: the numbers in its parentheses.
        children: the types in its angle brackets.
        nullable: whether it may be NULL.
        recent: whether timestamps are limited to 1970 to 2037.
    """

    root: str
    numbers: tuple[int, ...] = ()
    children: tuple[SqlType, ...] = ()
    nullable: bool = True
    recent: bool = False

    def has(self, *roots: str) -> bool:
        """Returns whether the type, or a type inside it, has one of these roots."""
        return self.root in roots or any(child.has(*roots) for child in self.children)

    def of_recent_times(self) -> SqlType:
        """Returns the type with ``recent`` set on it and on the types inside it."""
        children = tuple(child.of_recent_times() for child in self.children)
        return replace(self, children=children, recent=True)


@dataclass(frozen=True)
class Column:
    """A column: its name, and its type both in SQL syntax and as a tree."""

    name: str
    text: str
    sql_type: SqlType

    def __str__(self) -> str:
        return f"{self.name} {self.text}"


def parse(text: str) -> SqlType:
    """Returns the tree of a type in SQL syntax, e.g. ``ARRAY<DECIMAL(10, 2) NOT NULL>``."""
    match = _TYPE.fullmatch(text.removesuffix(_NOT_NULL))
    assert match is not None, text
    numbers = tuple(map(int, (match["numbers"] or "").replace(",", " ").split()))
    children = tuple(map(parse, _children(match["root"], match["inner"])))
    return SqlType(match["root"], numbers, children, not text.endswith(_NOT_NULL))


def _children(root: str, inner: str | None) -> list[str]:
    if inner is None:
        return []
    parts = [part.strip() for part in _split(inner)]
    return [part.split(" ", 1)[1] for part in parts] if root == "ROW" else parts


def _split(text: str) -> Iterator[str]:
    """Splits at the commas outside parentheses and angle brackets."""
    start = depth = 0
    for position, character in enumerate(text):
        depth += (character in "(<") - (character in ")>")
        if character == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]
