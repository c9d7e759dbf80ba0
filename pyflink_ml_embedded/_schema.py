# SPDX-License-Identifier: Apache-2.0
"""The columns of a model, with their names and types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ._type_parser import parse_type, tokens_of, unquote
from ._types import SqlType, quote


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Its type is read when one of the properties needs it. They raise ``ValueError`` if the type
    does not cross between Flink and Python.

    Attributes:
        name: the column's name.
        type: the column's type as Flink writes it, e.g. ``DECIMAL(10, 2) NOT NULL``.
    """

    name: str
    type: str

    @property
    def sql_type(self) -> SqlType:
        """The column's type, in parts."""
        return parse_type(self.type)

    @property
    def nullable(self) -> bool:
        """Whether the column may hold NULL."""
        return self.sql_type.nullable

    @property
    def arrow_format(self) -> str:
        """The format string of the column in the Arrow C data interface."""
        return self.sql_type.arrow_format

    @property
    def sample_value(self) -> Any:
        """A value of the column's type: 0, 'a', False, 1970-01-01, [0], ..."""
        return self.sql_type.sample_value

    def __str__(self) -> str:
        return f"{quote(self.name)} {self.type}"


class Schema(Sequence[Field]):
    """An immutable sequence of :class:`Field`.

    It has the attributes and methods of ``pyflink.table.types.RowType`` (``fields``, ``names``,
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
        """Reads a column list as in SQL DDL.

        Args:
            columns: e.g. ``"amount DECIMAL(10, 2) NOT NULL, `country code` STRING"``.

        Raises:
            ValueError: a column is not a name and a type.
        """
        return cls(_column(column, columns) for column in _split(columns))

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

    @property
    def sample_row(self) -> tuple[Any, ...]:
        """A sample value of each field, in order."""
        return tuple(field.sample_value for field in self._fields)

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


def describe_column(name: str, sql_type: SqlType | str) -> dict[str, Any]:
    """Returns the description of a column that native code reads.

    ``ArrowTypes.toJson`` in Java writes the same.

    Args:
        name: the column's name.
        sql_type: the column's type, or its text.

    Raises:
        ValueError: the text cannot be read.
    """
    if isinstance(sql_type, str):
        sql_type = parse_type(sql_type)
    column: dict[str, Any] = {
        "name": name,
        "type": str(sql_type),
        "nullable": sql_type.nullable,
        "arrow": sql_type.arrow_format,
    }
    if sql_type.precision is not None:
        column["precision"] = sql_type.precision
    if sql_type.length is not None:
        column["length"] = sql_type.length
    if sql_type.is_nested:
        column["children"] = [describe_column(*child) for child in sql_type.arrow_children]
    return column


def _column(column: str, columns: str) -> Field:
    match tokens_of(column):
        case [name, sql_type, *_] if name.is_name and sql_type.is_name:
            return Field(unquote(name.text), column[sql_type.start :].rstrip())
    raise ValueError(
        f"'{column.strip()}' in '{columns}' is not a column: expected a name and a type, e.g. "
        "'amount DOUBLE'"
    )


def _split(columns: str) -> Iterator[str]:
    """Splits at the commas that are not inside of parentheses, angle brackets or quotes."""
    start = depth = 0
    for text, position, _ in tokens_of(columns):
        if text in ("(", "<"):
            depth += 1
        elif text in (")", ">"):
            depth -= 1
        elif text == "," and depth == 0:
            yield columns[start:position]
            start = position + 1
    yield columns[start:]
