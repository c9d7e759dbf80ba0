# SPDX-License-Identifier: Apache-2.0
"""The SQL types that cross between Flink and Python."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

_EPOCH = datetime.datetime(1970, 1, 1)
# The Arrow format and the sample value of each type that has no parameter that changes them.
_SIMPLE: Mapping[str, tuple[str, Any]] = {
    "BOOLEAN": ("b", False),
    "TINYINT": ("c", 0),
    "SMALLINT": ("s", 0),
    "INT": ("i", 0),
    "BIGINT": ("l", 0),
    "FLOAT": ("f", 0.0),
    "DOUBLE": ("g", 0.0),
    "CHAR": ("u", "a"),
    "VARCHAR": ("u", "a"),
    "BINARY": ("z", b"\0"),
    "VARBINARY": ("z", b"\0"),
    "DATE": ("tdD", _EPOCH.date()),
    "TIME": ("ttm", _EPOCH.time()),
}
_NESTED = {"ARRAY": "+l", "MAP": "+m", "MULTISET": "+m", "ROW": "+s"}
_UNLIMITED = {"VARCHAR": "STRING", "VARBINARY": "BYTES"}


class Child(NamedTuple):
    """A type inside another type."""

    name: str
    type: SqlType


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type as Flink defines it. Types are equal however they were written.

    Attributes:
        root: the name of the type without parameters. STRING is a VARCHAR and BYTES is a VARBINARY
            without a length.
        precision: the precision of a DECIMAL, TIME, TIMESTAMP or TIMESTAMP_LTZ.
        scale: the scale of a DECIMAL.
        length: the length of a CHAR, VARCHAR, BINARY or VARBINARY; None if it is not limited.
        children: the fields of a ROW, ``key`` and ``value`` of a MAP, or the ``item`` of an ARRAY
            or MULTISET.
        nullable: whether a value may be NULL.
    """

    root: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    children: tuple[Child, ...] = ()
    nullable: bool = True

    @property
    def is_nested(self) -> bool:
        """Whether values have parts: those of an ARRAY, MAP, MULTISET or ROW."""
        return self.root in _NESTED

    @property
    def arrow_format(self) -> str:
        """The type's format string in the Arrow C data interface."""
        if self.root == "DECIMAL":
            return f"d:{self.precision},{self.scale}"
        if self.root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
            precision = self.precision or 0
            unit = "m" if precision <= 3 else "u" if precision <= 6 else "n"
            return f"ts{unit}:{'UTC' if self.root == 'TIMESTAMP_LTZ' else ''}"
        return _NESTED.get(self.root) or _SIMPLE[self.root][0]

    @property
    def sample_value(self) -> Any:
        """A value of the type that most models accept: 0, 'a', False, 1970-01-01, [0], ..."""
        samples = [child.type.sample_value for child in self.children]
        if self.root == "ARRAY":
            return samples
        if self.root == "ROW":
            return tuple(samples)
        if self.root == "MAP":
            return {samples[0]: samples[1]}
        if self.root == "MULTISET":
            return {samples[0]: 0}
        if self.root == "DECIMAL":
            return Decimal(0)
        if self.root == "TIMESTAMP":
            return _EPOCH
        if self.root == "TIMESTAMP_LTZ":
            return _EPOCH.replace(tzinfo=datetime.timezone.utc)
        return _SIMPLE[self.root][1]

    @property
    def arrow_children(self) -> tuple[Child, ...]:
        """The children in Arrow's form, in which a MAP or MULTISET is a list of entries."""
        if self.root == "MAP":
            entry = self.children
        elif self.root == "MULTISET":
            entry = (Child("key", self.children[0].type), Child("value", _COUNT))
        else:
            return self.children
        return (Child("entries", SqlType("ROW", children=entry, nullable=False)),)

    def __str__(self) -> str:
        """Returns the type as Flink's ``asSummaryString`` writes it."""
        return self._without_nullability() + ("" if self.nullable else " NOT NULL")

    def _without_nullability(self) -> str:
        if self.root == "ROW":
            fields = (f"{quote(name)} {sql_type}" for name, sql_type in self.children)
            return f"ROW<{', '.join(fields)}>"
        if self.children:
            return f"{self.root}<{', '.join(str(child.type) for child in self.children)}>"
        if self.length is None and self.root in _UNLIMITED:
            return _UNLIMITED[self.root]
        parameters = (self.precision, self.scale, self.length)
        given = [str(parameter) for parameter in parameters if parameter is not None]
        return f"{self.root}({', '.join(given)})" if given else self.root


_COUNT = SqlType("INT", nullable=False)


def quote(name: str) -> str:
    """Returns a name in backquotes."""
    escaped = name.replace("`", "``")
    return f"`{escaped}`"
