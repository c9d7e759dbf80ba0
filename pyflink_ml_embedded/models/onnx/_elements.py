# SPDX-License-Identifier: Apache-2.0
"""The element types of ONNX tensors, and the SQL types of columns that fit them."""

from __future__ import annotations

from dataclasses import dataclass

from ..._types import SqlType

_TEXT = frozenset({"CHAR", "VARCHAR"})
_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_BOOLEAN = frozenset({"BOOLEAN"})
_NUMBERS = _INTEGERS | _FLOATS | _BOOLEAN | {"DECIMAL"}


@dataclass(frozen=True)
class Element:
    """An element type of tensors.

    Attributes:
        dtype: the name of numpy's type; float32 for bfloat16, which numpy lacks.
        pack: the struct module's code to write an element; None for text.
        unpack: the struct module's code to read an element.
        inputs: the types of columns that can fill the tensor.
        outputs: the types of columns that the tensor can fill.
        is_bfloat16: whether the elements are bfloat16.
    """

    dtype: str
    pack: str | None
    unpack: str | None
    inputs: frozenset[str]
    outputs: frozenset[str]
    is_bfloat16: bool = False

    @property
    def name(self) -> str:
        """The type's name for messages."""
        return "bfloat16" if self.is_bfloat16 else self.dtype

    @property
    def result_dtype(self) -> str:
        """The name of numpy's type of results, which a column can take."""
        return "float32" if self.dtype == "float16" else self.dtype

    @property
    def is_float(self) -> bool:
        """Whether the type has NaN, which represents NULL."""
        return self.dtype.startswith("float")

    @property
    def is_integer(self) -> bool:
        """Whether the elements are integers, and neither truth values nor text."""
        return "int" in self.dtype


def _integer(dtype: str, code: str) -> Element:
    return Element(dtype, code, code, _INTEGERS | _BOOLEAN, _INTEGERS | _FLOATS)


ELEMENTS = {
    "float": Element("float32", "f", "f", _NUMBERS, _FLOATS),
    "double": Element("float64", "d", "d", _NUMBERS, _FLOATS),
    "float16": Element("float16", "e", "e", _NUMBERS, _FLOATS),
    "bfloat16": Element("float32", "f", "f", _NUMBERS, _FLOATS, is_bfloat16=True),
    "int8": _integer("int8", "b"),
    "int16": _integer("int16", "h"),
    "int32": _integer("int32", "i"),
    "int64": _integer("int64", "q"),
    "uint8": _integer("uint8", "B"),
    "uint16": _integer("uint16", "H"),
    "uint32": _integer("uint32", "I"),
    "uint64": _integer("uint64", "Q"),
    # With '?', None would be written as False.
    "bool": Element("bool", "B", "?", _BOOLEAN, _BOOLEAN),
    "string": Element("object", None, None, _TEXT, _TEXT),
}


@dataclass(frozen=True)
class ColumnType:
    """The parts of a column's type that decide whether it fits a tensor.

    Attributes:
        depth: the levels of ARRAY.
        key: the root of the type of a MAP's keys; None if the type is not a MAP.
        value: the root of the innermost type: of an ARRAY's elements or a MAP's values.
    """

    depth: int
    key: str | None
    value: str

    @classmethod
    def of(cls, sql_type: SqlType) -> ColumnType:
        """Returns the parts of a type."""
        depth = 0
        while sql_type.root == "ARRAY":
            depth, sql_type = depth + 1, sql_type.children[0].type
        if sql_type.root != "MAP" or any(child.type.is_nested for child in sql_type.children):
            return cls(depth, None, sql_type.root)
        key, value = sql_type.children
        return cls(depth, key.type.root, value.type.root)

    def holds(self, depth: int, key: frozenset[str] | None, values: frozenset[str]) -> bool:
        """Returns whether the type has this depth, these keys and these values."""
        keys_fit = self.key is None if key is None else self.key in key
        return self.depth == depth and keys_fit and self.value in values


# The types of columns for the keys of a ZipMap, by the type of the keys in the file.
KEYS = {"string": _TEXT, "int64": _INTEGERS}
