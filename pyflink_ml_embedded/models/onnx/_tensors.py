# SPDX-License-Identifier: Apache-2.0
"""Maps the columns of a model to the inputs and outputs of an ONNX file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from ..._exceptions import ModelError
from ..._schema import Field, Schema
from ._elements import ELEMENTS, KEYS, ColumnType, Element

# The second form is that of a ZipMap: a list with one dict {class: probability} for each row.
_TYPE = re.compile(r"tensor\((\w+)\)|seq\(map\((\w+),tensor\((\w+)\)\)\)")

_Mapped = TypeVar("_Mapped")


class NodeArg(Protocol):
    """An input or output of a file, as onnxruntime describes it."""

    name: str
    type: str
    shape: list[int | str | None]


@dataclass(frozen=True)
class Tensor:
    """An input or output, and its columns.

    Attributes:
        name: the name in the file.
        element: the type of the elements.
        columns: the positions of the columns in the schema.
        depth: the levels of ARRAY of the only column; 0 if each column holds one element.
        shape: the shape of one row: () or one size for columns of depth 0, otherwise the lengths
            of the ARRAYs, with None for an open length. None if only a result shows it.
        is_zip_map: whether the output is a dict for each row.
        is_map: whether the only column is a MAP.
    """

    name: str
    element: Element
    columns: range
    depth: int
    shape: tuple[int | None, ...] | None
    is_zip_map: bool
    is_map: bool

    @property
    def fixed_shape(self) -> tuple[int, ...] | None:
        """The shape of one row; None if it varies, or only a result shows it."""
        if self.shape is None:
            return None
        sizes = tuple(size for size in self.shape if size is not None)
        return sizes if len(sizes) == len(self.shape) else None


class _Misfit(Exception):
    """A schema and a file do not fit; the message is the reason."""


def map_inputs(
    args: Sequence[NodeArg], optional: Sequence[NodeArg], schema: Schema, file: str
) -> tuple[list[Tensor], int | None]:
    """Maps columns to inputs: by name if the names are the same, otherwise by position.

    Args:
        args: the inputs that must have columns.
        optional: the inputs that have a default, and are matched only by name.
        schema: the model's INPUT.
        file: the path of the file, for messages.

    Returns:
        The inputs that have columns, and how many rows the file takes in one call: None for any
        number.

    Raises:
        ModelError: the columns do not fit the inputs.
    """
    return _explained(lambda: _map_inputs(args, optional, schema), "INPUT", args, schema, file)


def map_outputs(
    args: Sequence[NodeArg], batch: int | None, schema: Schema, file: str
) -> list[Tensor]:
    """Returns the outputs that the columns need, in the order of the columns.

    Args:
        args: the outputs of the file.
        batch: how many rows the file takes in one call; None for any number.
        schema: the model's OUTPUT.
        file: the path of the file, for messages.

    Raises:
        ModelError: the columns do not fit the outputs.
    """
    return _explained(lambda: _map_outputs(args, batch, schema), "OUTPUT", args, schema, file)


def _explained(
    mapping: Callable[[], _Mapped], side: str, args: Sequence[NodeArg], schema: Schema, file: str
) -> _Mapped:
    try:
        return mapping()
    except _Misfit as misfit:
        has = ", ".join(f"{arg.name}: {arg.type} [{_dimensions(arg)}]" for arg in args)
        reason = str(misfit)
    raise ModelError(
        f"the model's {side} does not fit '{file}': {reason}. "
        f"The file's {side.lower()}s: {has}. The model's {side}: {schema}"
    )


def _map_inputs(
    args: Sequence[NodeArg], optional: Sequence[NodeArg], schema: Schema
) -> tuple[list[Tensor], int | None]:
    names = schema.names
    by_name = {arg.name: arg for arg in (*args, *optional)}
    if {arg.name for arg in args} <= set(names) <= by_name.keys():
        args = [by_name[name] for name in names]
        ranges = [range(index, index + 1) for index in range(len(names))]
    elif len(args) == 1:
        ranges = [range(len(names))]
    elif len(args) == len(names):
        ranges = [range(index, index + 1) for index in range(len(names))]
    else:
        raise _Misfit(f"there are {len(names)} columns for {len(args)} inputs")
    tensors = []
    for arg, columns in zip(args, ranges, strict=True):
        tensor = _tensor(arg, columns, schema[columns.start : columns.stop], is_input=True)
        if tensor.shape is None:
            raise _Misfit(f"the file declares no dimensions for '{arg.name}'")
        tensors.append(tensor)
    return tensors, _batch(args)


def _batch(args: Sequence[NodeArg]) -> int | None:
    fixed = {arg.name: arg.shape[0] for arg in args if isinstance(arg.shape[0], int)}
    if len(set(fixed.values())) > 1:
        given = ", ".join(f"'{name}' {rows}" for name, rows in fixed.items())
        raise _Misfit(f"the inputs have different batch sizes ({given})")
    return next((rows for rows in fixed.values() if isinstance(rows, int)), None)


def _map_outputs(args: Sequence[NodeArg], batch: int | None, schema: Schema) -> list[Tensor]:
    by_name = {arg.name: arg for arg in args}
    if all(name in by_name for name in schema.names):
        args = [by_name[name] for name in schema.names]
        ranges = [range(index, index + 1) for index in range(len(args))]
    else:
        ranges = _output_ranges(args, schema)
    for arg in args:
        rows = arg.shape[0] if arg.shape else None
        if isinstance(rows, int) and rows != (batch or 1):
            expected = "variable" if batch is None else batch
            raise _Misfit(
                f"the batch size of '{arg.name}' is {rows}, that of the inputs {expected}"
            )
    return [
        _tensor(arg, columns, schema[columns.start : columns.stop], is_input=False)
        for arg, columns in zip(args, ranges, strict=True)
    ]


def _output_ranges(args: Sequence[NodeArg], schema: Schema) -> list[range]:
    """Returns the columns of each output, if there is only one way to assign them."""
    types = [ColumnType.of(field.sql_type) for field in schema]
    found = list(islice(_ways(args, types, 0), 2))
    if len(found) == 1:
        return found[0]
    widths = [_width(arg) if len(arg.shape) < 3 else 1 for arg in args]
    given = " + ".join("?" if width is None else str(width) for width in widths)
    raise _Misfit(
        f"there are {len(types)} columns, but the outputs fill {given} (to select outputs, give "
        "the columns their names)"
    )


def _ways(
    args: Sequence[NodeArg], types: Sequence[ColumnType], start: int
) -> Iterator[list[range]]:
    if not args and start == len(types):
        yield []
    if not args or start == len(types):
        return
    is_nested = types[start].depth > 0 or types[start].key is not None
    width = 1 if is_nested else _width(args[0])
    stops = range(start + 1, len(types) + 1) if width is None else [start + width]
    for stop in stops:
        for rest in _ways(args[1:], types, stop):
            yield [range(start, stop), *rest]


def _tensor(arg: NodeArg, columns: range, fields: Sequence[Field], *, is_input: bool) -> Tensor:
    match = _TYPE.fullmatch(arg.type)
    element = ELEMENTS.get(match[1] or match[3]) if match else None
    if match is None or element is None:
        raise _Misfit(f"'{arg.name}' has the type {arg.type}, which is not supported")
    first = ColumnType.of(fields[0].sql_type)
    is_zip_map = match[2] is not None
    is_map = is_zip_map and len(fields) == 1 and first.key is not None
    depth = first.depth if len(fields) == 1 and not is_zip_map else 0
    keys = KEYS.get(match[2], frozenset()) if is_map else None
    allowed = element.inputs if is_input else element.outputs
    for field in fields:
        if not ColumnType.of(field.sql_type).holds(depth, keys, allowed):
            raise _Misfit(f"column '{field.name}' is {field.type}, and '{arg.name}' is {arg.type}")
    shape = _array_shape(arg, depth, fields[0]) if depth > 0 else _shape(arg, columns)
    return Tensor(arg.name, element, columns, depth, shape, is_zip_map, is_map)


def _array_shape(arg: NodeArg, depth: int, field: Field) -> tuple[int | None, ...] | None:
    if not arg.shape:
        return None
    if len(arg.shape) != depth + 1:
        raise _Misfit(
            f"column '{field.name}' is {field.type}, which fills {depth + 1} dimensions; "
            f"'{arg.name}' has {len(arg.shape)}"
        )
    return tuple(size if isinstance(size, int) else None for size in arg.shape[1:])


def _shape(arg: NodeArg, columns: range) -> tuple[int | None, ...] | None:
    width = _width(arg)
    if width is not None and width != len(columns):
        raise _Misfit(f"'{arg.name}' has the width {width}, not {len(columns)}")
    if not arg.shape:
        return None
    return () if len(arg.shape) == 1 else (len(columns),)


def _width(arg: NodeArg) -> int | None:
    """Returns the number of columns of depth 0; None if the file leaves it open."""
    if len(arg.shape) > 2:
        raise _Misfit(
            f"'{arg.name}' has {len(arg.shape)} dimensions; columns of single values fill one or "
            "two, and each level of an ARRAY fills one more"
        )
    if len(arg.shape) == 1:
        return 1
    return arg.shape[1] if arg.shape and isinstance(arg.shape[1], int) else None


def _dimensions(arg: NodeArg) -> str:
    return ", ".join("?" if size is None else str(size) for size in arg.shape)
