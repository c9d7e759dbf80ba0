"""Which input or output of an ONNX file takes or gives which columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._function import ModelError
from .._schema import Field, Schema

_TEXT = frozenset({"CHAR", "VARCHAR", "STRING"})
_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_BOOLEAN = frozenset({"BOOLEAN"})
_NUMBERS = _INTEGERS | _FLOATS | _BOOLEAN | {"DECIMAL"}


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


def _integer(dtype: str, code: str) -> Element:
    return Element(dtype, code, code, _INTEGERS | _BOOLEAN, _INTEGERS | _FLOATS)


_ELEMENTS = {
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
# A ZipMap gives a list with one dict of probabilities by class for each row.
_TYPE = re.compile(r"tensor\((\w+)\)|seq\(map\(\w+,tensor\((\w+)\)\)\)")


class NodeArg(Protocol):
    """What onnxruntime says of an input or output of a file."""

    name: str
    type: str
    shape: list[int | str | None]


@dataclass(frozen=True)
class Tensor:
    """An input or output and its columns.

    Attributes:
        name: its name in the file.
        element: the type of its elements.
        shape: its shape for one row, or None where only a result tells it.
        columns: the positions of its columns in the schema.
    """

    name: str
    element: Element
    shape: tuple[int, ...] | None
    columns: range


class _Misfit(Exception):
    """Says why a schema and a file do not fit."""


def map_inputs(args: Sequence[NodeArg], schema: Schema, file: str) -> list[Tensor]:
    """Gives each input its columns: by name where the names are the same, else by position.

    Raises:
        ModelError: the columns do not fit.
    """
    return _map(_map_inputs, "INPUT", args, schema, file)


def map_outputs(args: Sequence[NodeArg], schema: Schema, file: str) -> list[Tensor]:
    """Returns the outputs that the columns need, in the order of the columns.

    Raises:
        ModelError: the columns do not fit.
    """
    return _map(_map_outputs, "OUTPUT", args, schema, file)


def _map(
    mapping: Callable[[Sequence[NodeArg], Schema], list[Tensor]],
    side: str,
    args: Sequence[NodeArg],
    schema: Schema,
    file: str,
) -> list[Tensor]:
    try:
        return mapping(args, schema)
    except _Misfit as misfit:
        has = ", ".join(f"{arg.name}: {arg.type} [{_dimensions(arg)}]" for arg in args)
        reason = str(misfit)
    raise ModelError(
        f"the model's {side} does not fit '{file}': {reason}. "
        f"The file's {side.lower()}s: {has}. The model's {side}: {schema}"
    )


def _map_inputs(args: Sequence[NodeArg], schema: Schema) -> list[Tensor]:
    names = schema.names
    if {arg.name for arg in args} == set(names):
        ranges = [range(names.index(arg.name), names.index(arg.name) + 1) for arg in args]
    elif len(args) == 1:
        ranges = [range(len(names))]
    elif len(args) == len(names):
        ranges = [range(index, index + 1) for index in range(len(names))]
    else:
        raise _Misfit(f"{len(names)} columns for {len(args)} inputs")
    tensors = []
    for arg, columns in zip(args, ranges, strict=True):
        tensor = _tensor(arg, columns)
        if tensor.shape is None:
            raise _Misfit(f"'{arg.name}' has no shape of one or two dimensions")
        _check_types(arg, tensor.element.inputs, schema[columns.start : columns.stop])
        tensors.append(tensor)
    return tensors


def _map_outputs(args: Sequence[NodeArg], schema: Schema) -> list[Tensor]:
    by_name = {arg.name: arg for arg in args}
    if all(name in by_name for name in schema.names):
        args = [by_name[name] for name in schema.names]
        widths: list[int] = [1] * len(args)
    else:
        widths = _output_widths(args, len(schema))
    tensors = []
    start = 0
    for arg, width in zip(args, widths, strict=True):
        tensor = _tensor(arg, range(start, start + width))
        _check_types(arg, tensor.element.outputs, schema[start : start + width])
        tensors.append(tensor)
        start += width
    return tensors


def _output_widths(args: Sequence[NodeArg], columns: int) -> list[int]:
    """Returns how many columns each output gives; one whose width is open gives the rest."""
    widths = [_width(arg) for arg in args]
    rest = columns - sum(width for width in widths if width is not None)
    if widths.count(None) == 1 and rest > 0:
        return [rest if width is None else width for width in widths]
    known = [width for width in widths if width is not None]
    if len(known) < len(widths) or rest != 0:
        given = " + ".join("?" if width is None else str(width) for width in widths)
        raise _Misfit(
            f"the outputs give {given} columns, not {columns} (for fewer, name the columns like "
            "outputs)"
        )
    return known


def _tensor(arg: NodeArg, columns: range) -> Tensor:
    width = _width(arg)
    if width is not None and width != len(columns):
        raise _Misfit(f"'{arg.name}' has {width} columns, not {len(columns)}")
    shape: tuple[int, ...] | None = None
    if len(arg.shape) == 1:
        shape = (1,)
    elif len(arg.shape) == 2:
        shape = (1, len(columns))
    return Tensor(arg.name, _element(arg), shape, columns)


def _element(arg: NodeArg) -> Element:
    match = _TYPE.fullmatch(arg.type)
    element = _ELEMENTS.get(match[1] or match[2]) if match else None
    if element is None:
        raise _Misfit(f"'{arg.name}' is of the type {arg.type}, which is not supported")
    return element


def _width(arg: NodeArg) -> int | None:
    """Returns how many columns it has, or None where the file leaves that open."""
    if not arg.shape:
        return None
    rows, *rest = arg.shape
    if isinstance(rows, int) and rows != 1:
        raise _Misfit(
            f"'{arg.name}' has a fixed batch of {rows} rows; export the model with an open first "
            "dimension"
        )
    if len(rest) > 1:
        raise _Misfit(f"'{arg.name}' has {len(arg.shape)} dimensions; columns fill one or two")
    if not rest:
        return 1
    return rest[0] if isinstance(rest[0], int) else None


def _check_types(arg: NodeArg, allowed: frozenset[str], fields: Sequence[Field]) -> None:
    for field in fields:
        root = re.split(r"\W", field.type, maxsplit=1)[0].upper()
        if root not in allowed:
            raise _Misfit(f"column '{field.name}' is {field.type}, '{arg.name}' is {arg.type}")


def _dimensions(arg: NodeArg) -> str:
    return ", ".join("?" if size is None else str(size) for size in arg.shape)
