"""The columns of a model: names and Flink types, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

_NOT_NULL = re.compile(r"\bNOT\s+NULL$", re.IGNORECASE)
_COLUMN = re.compile(r"(?:`(?P<quoted>(?:[^`]|``)+)`|(?P<plain>\w+))\s+(?P<type>\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Attributes:
        name: the column's name.
        type: the column's type as Flink writes it, e.g. ``DECIMAL(10, 2) NOT NULL``.
    """

    name: str
    type: str

    @property
    def nullable(self) -> bool:
        """Whether the column may hold NULL: its type does not end in ``NOT NULL``."""
        return _NOT_NULL.search(self.type) is None

    def __str__(self) -> str:
        quoted = self.name.replace("`", "``")
        return f"`{quoted}` {self.type}"


class Schema(Sequence[Field]):
    """An immutable sequence of :class:`Field`.

    It offers the names of ``pyflink.table.types.RowType`` (``fields``, ``names``,
    ``field_names()``, ``field_types()``, a field by its name), with types as strings.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = tuple(fields)

    @classmethod
    def from_json(cls, schema: Mapping[str, Any]) -> Schema:
        """Reads the form of FLIP-552.

        Args:
            schema: ``{"field_count": 1, "field_0": {"name": "a", "type": "INT", "index": 0}}``.

        Raises:
            KeyError: a field is missing.
        """
        columns = (schema[f"field_{index}"] for index in range(schema["field_count"]))
        return cls(Field(column["name"], column["type"]) for column in columns)

    @classmethod
    def parse(cls, columns: str) -> Schema:
        """Reads a column list as SQL DDL has it.

        Args:
            columns: e.g. ``"amount DECIMAL(10, 2) NOT NULL, `country code` STRING"``.

        Raises:
            ValueError: a column is not a name and a type.
        """
        fields = []
        for column in _split(columns):
            match = _COLUMN.fullmatch(column.strip())
            if match is None:
                raise ValueError(
                    f"'{column.strip()}' in '{columns}' is not a column: expected a name and a "
                    "type, e.g. 'amount DOUBLE'"
                )
            name = match["plain"] or match["quoted"].replace("``", "`")
            fields.append(Field(name, match["type"]))
        return cls(fields)

    def to_json(self) -> dict[str, Any]:
        """Returns the form that :meth:`from_json` reads."""
        columns = {
            f"field_{index}": {"name": field.name, "type": field.type, "index": index}
            for index, field in enumerate(self._fields)
        }
        return {"field_count": len(self._fields), **columns}

    @property
    def fields(self) -> list[Field]:
        """The fields, in order."""
        return list(self._fields)

    @property
    def names(self) -> list[str]:
        """The names of the fields, in order."""
        return [field.name for field in self._fields]

    def field_names(self) -> list[str]:
        """Returns the names of the fields, in order."""
        return self.names

    def field_types(self) -> list[str]:
        """Returns the types of the fields as Flink writes them, in order."""
        return [field.type for field in self._fields]

    @overload
    def __getitem__(self, key: int | str) -> Field: ...
    @overload
    def __getitem__(self, key: slice) -> Schema: ...
    def __getitem__(self, key: int | str | slice) -> Field | Schema:
        if isinstance(key, slice):
            return Schema(self._fields[key])
        if isinstance(key, int):
            return self._fields[key]
        for field in self._fields:
            if field.name == key:
                return field
        raise KeyError(f"no column '{key}'; the columns are: {', '.join(self.names)}")

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __str__(self) -> str:
        return ", ".join(map(str, self._fields))

    def __repr__(self) -> str:
        return f"Schema.parse({str(self)!r})"


def _split(columns: str) -> Iterator[str]:
    """Splits at the commas that stand outside of parentheses, angle brackets and backquotes."""
    start = depth = 0
    quoted = False
    for position, character in enumerate(columns):
        if character == "`":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "(<":
            depth += 1
        elif character in ")>":
            depth -= 1
        elif character == "," and depth == 0:
            yield columns[start:position]
            start = position + 1
    yield columns[start:]
