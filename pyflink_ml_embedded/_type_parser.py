# SPDX-License-Identifier: Apache-2.0
"""The parser for SQL types and lists of columns."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import NamedTuple, NoReturn

from ._types import Child, SqlType


class _Parameter(NamedTuple):
    name: str
    default: int
    least: int
    most: int


_MAX_LENGTH = 2**31 - 1
_LENGTH = (_Parameter("length", 1, 1, _MAX_LENGTH),)
_TIMESTAMP = (_Parameter("precision", 6, 0, 9),)
_PARAMETERS = {
    "DECIMAL": (_Parameter("precision", 10, 1, 38), _Parameter("scale", 0, 0, 38)),
    "CHAR": _LENGTH,
    "VARCHAR": _LENGTH,
    "BINARY": _LENGTH,
    "VARBINARY": _LENGTH,
    "TIME": (_Parameter("precision", 0, 0, 9),),
    "TIMESTAMP": _TIMESTAMP,
    "TIMESTAMP_LTZ": _TIMESTAMP,
}
_SIMPLE = ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DATE")
# Types whose length is the greatest.
_UNLIMITED = {"STRING": "VARCHAR", "BYTES": "VARBINARY"}
_CHILDREN = {"ARRAY": ("item",), "MAP": ("key", "value"), "MULTISET": ("item",), "ROW": ()}
_SYNONYMS = {"INTEGER": "INT", "DEC": "DECIMAL", "NUMERIC": "DECIMAL"}
_VALID = ", ".join([*_SIMPLE, *_PARAMETERS, *_UNLIMITED, *_CHILDREN])

_TOKEN = re.compile(r"(?P<name>\w+|`(?:[^`]|``)+`)|'(?:[^']|'')*'|\S")


def unquote(token: str) -> str:
    """Returns the name in a token, without backquotes."""
    return token[1:-1].replace("``", "`") if token.startswith("`") else token


class Token(NamedTuple):
    """A part of a text of SQL.

    Attributes:
        text: the part.
        start: its position in the whole text.
        is_name: whether it is a name: a word, or anything in backquotes.
    """

    text: str
    start: int
    is_name: bool


def tokens_of(text: str) -> list[Token]:
    """Splits a text into names, string literals and single other characters."""
    return [
        Token(match[0], match.start(), match["name"] is not None) for match in _TOKEN.finditer(text)
    ]


@functools.lru_cache(maxsize=1024)
def parse_type(text: str) -> SqlType:
    """Reads a type as Flink writes it, or as users write it in DDL.

    Args:
        text: e.g. ``"ARRAY<ROW<a INT NOT NULL, `b c` DECIMAL(10, 2)>>"``, in upper or lower case.

    Raises:
        ValueError: the text is not a type that crosses between Flink and Python.
    """
    return _Parser(text).parse()


class _Parser:
    """Reads one type by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [*tokens_of(text), Token("", len(text), False)]
        self._position = 0

    def parse(self) -> SqlType:
        sql_type = self._type()
        if self._token.text:
            self._fail("expected the end")
        return sql_type

    def _type(self) -> SqlType:
        sql_type = self._with_nullability(self._root())
        if (root := self._token.text.upper()) not in ("ARRAY", "MULTISET"):
            return sql_type
        self._take()
        return self._with_nullability(SqlType(root, children=(Child("item", sql_type),)))

    def _with_nullability(self, sql_type: SqlType) -> SqlType:
        if self._skip("NOT", "NULL"):
            return replace(sql_type, nullable=False)
        self._skip("NULL")
        return sql_type

    def _root(self) -> SqlType:
        name = self._token.text.upper()
        root = _SYNONYMS.get(name, name)
        if root in _UNLIMITED:
            self._take()
            return SqlType(_UNLIMITED[root])
        if root in _PARAMETERS:
            self._take()
            return self._with_parameters(root)
        if root in _CHILDREN:
            self._take()
            return SqlType(root, children=self._children(root))
        if root not in _SIMPLE:
            self._fail(f"expected a type; valid are {_VALID}")
        self._take()
        if root == "DOUBLE":
            self._skip("PRECISION")
        return SqlType(root)

    def _with_parameters(self, root: str) -> SqlType:
        values = self._parameters(root)
        if values.get("length") == _MAX_LENGTH and root in _UNLIMITED.values():
            return SqlType(root)
        if root.startswith("TIME"):
            root = self._with_time_zone(root)
        return SqlType(root, values.get("precision"), values.get("scale"), values.get("length"))

    def _with_time_zone(self, root: str) -> str:
        if root == "TIMESTAMP" and self._skip("WITH", "LOCAL", "TIME", "ZONE"):
            root = "TIMESTAMP_LTZ"
        elif root != "TIMESTAMP_LTZ":
            self._skip("WITHOUT", "TIME", "ZONE")
        for kind in ("ROWTIME", "PROCTIME"):  # Flink's mark of a table's time attribute
            self._skip("*", kind, "*")
        return root

    def _parameters(self, root: str) -> dict[str, int]:
        values = {parameter.name: parameter.default for parameter in _PARAMETERS[root]}
        if not self._skip("("):
            return values
        for index, (name, _, least, most) in enumerate(_PARAMETERS[root]):
            if index > 0 and not self._skip(","):
                break
            most = min(most, values["precision"]) if name == "scale" else most
            number = self._token.text
            if not number.isdecimal() or not least <= int(number) <= most:
                self._fail(f"expected the {name} of {root}, from {least} to {most}")
            values[name] = int(self._take().text)
        self._expect(")")
        return values

    def _children(self, root: str) -> tuple[Child, ...]:
        if root == "ROW":
            if self._skip("("):
                return self._fields(")")
            self._expect("<")
            return self._fields(">")
        children = []
        for index, name in enumerate(_CHILDREN[root]):
            self._expect("," if index > 0 else "<")
            children.append(Child(name, self._type()))
        self._expect(">")
        return tuple(children)

    def _fields(self, end: str) -> tuple[Child, ...]:
        fields: list[Child] = []
        while not self._skip(end):
            if fields:
                self._expect(",")
            if not self._token.is_name:
                self._fail("expected the name of a field")
            fields.append(Child(unquote(self._take().text), self._type()))
            if self._token.text.startswith("'"):
                self._take()  # a comment
        return tuple(fields)

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._token
        self._position += 1
        return token

    def _skip(self, *texts: str) -> bool:
        """Skips these tokens if they are next; returns whether they are."""
        found = self._tokens[self._position : self._position + len(texts)]
        if [token.text.upper() for token in found] != list(texts):
            return False
        self._position += len(texts)
        return True

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            self._fail(f"expected '{text}'")

    def _fail(self, expected: str) -> NoReturn:
        text, start, _ = self._token
        found = f"'{text}' at character {start + 1}" if text else "the end"
        raise ValueError(f"type '{self._text}' cannot be read: found {found}, {expected}")
