"""Element types of ONNX tensors and the SQL types of columns that fill them or are filled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..._schema import _split

_TEXT = frozenset({"CHAR", "VARCHAR", "STRING"})
_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_BOOLEAN = frozenset({"BOOLEAN"})
_NUMBERS = _INTEGERS | _FLOATS | _BOOLEAN | {"DECIMAL"}

_NESTED = re.compile(r"(ARRAY|MAP)\s*<(.*)>(?:\s+NOT\s+NULL)?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Element:
    """An element type of tensors.

    Attributes:
        dtype: what numpy calls it.
        pack: the struct module's code to write it; None for text.
        unpack: the struct module's code to read it.
        inputs: the types of columns that can fill it.
        outputs: the types of columns that it can fill.
    """

    dtype: str
    pack: str | None
    unpack: str | None
    inputs: frozenset[str]
    outputs: frozenset[str]

    @property
    def is_float(self) -> bool:
        """Whether there is NaN, which stands for NULL."""
        return self.dtype.startswith("float")


def _integer(dtype: str, code: str) -> Element:
    return Element(dtype, code, code, _INTEGERS | _BOOLEAN, _INTEGERS | _FLOATS)


ELEMENTS = {
    "float": Element("float32", "f", "f", _NUMBERS, _FLOATS),
    "double": Element("float64", "d", "d", _NUMBERS, _FLOATS),
    "int8": _integer("int8", "b"),
    "int16": _integer("int16", "h"),
    "int32": _integer("int32", "i"),
    "int64": _integer("int64", "q"),
    "uint8": _integer("uint8", "B"),
    "uint16": _integer("uint16", "H"),
    "uint32": _integer("uint32", "I"),
    "uint64": _integer("uint64", "Q"),
    # Written as '?', None would pass for False.
    "bool": Element("bool", "B", "?", _BOOLEAN, _BOOLEAN),
    "string": Element("object", None, None, _TEXT, _TEXT),
}


@dataclass(frozen=True)
class ColumnType:
    """What matters of a column's type.

    Attributes:
        depth: the levels of ARRAY.
        key: the name of the type of a MAP's keys; None where it is no MAP.
        value: the name of the type of what is innermost: of an ARRAY's elements, a MAP's values.
    """

    depth: int
    key: str | None
    value: str

    @classmethod
    def parse(cls, sql_type: str) -> ColumnType:
        """Reads a type as Flink writes it."""
        match = _NESTED.fullmatch(sql_type.strip())
        if match is None:
            return cls(0, None, re.split(r"\W", sql_type.strip(), maxsplit=1)[0].upper())
        if match[1].upper() == "ARRAY":
            inner = cls.parse(match[2])
            return cls(inner.depth + 1, inner.key, inner.value)
        key, value = (cls.parse(part) for part in _split(match[2]))
        is_simple = key == cls(0, None, key.value) and value == cls(0, None, value.value)
        return cls(0, key.value, value.value) if is_simple else cls(0, "MAP", "MAP")

    def holds(self, depth: int, key: frozenset[str] | None, values: frozenset[str]) -> bool:
        """Says whether it has so many levels of ARRAY, such keys and such values."""
        keys_fit = self.key is None if key is None else self.key in key
        return self.depth == depth and keys_fit and self.value in values


# What the keys of a ZipMap may become, by their type in the file.
KEYS = {"string": _TEXT, "int64": _INTEGERS}
