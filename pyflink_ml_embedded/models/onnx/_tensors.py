# SPDX-License-Identifier: Apache-2.0
"""The inputs and outputs of an ONNX file, with the columns that fill them or that they fill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..._schema import Field, Schema
from ._args import Arg, Misfit
from ._elements import ELEMENTS, KEYS, ColumnType, Element

# The second form is that of a ZipMap: a list with one dict {class: probability} for each row.
ARG_TYPE = re.compile(r"tensor\((\w+)\)|seq\(map\((\w+),tensor\((\w+)\)\)\)")


@dataclass(frozen=True)
class Tensor:
    """An input or output, and its columns.

    Attributes:
        name: the name in the file.
        element: the type of the elements.
        columns: the positions of the columns in the schema.
        column_names: the names of the columns.
        depth: the levels of ARRAY of the only column; 0 if each column holds one element.
        shape: the shape of one row: () or one size for columns of depth 0, otherwise the lengths
            of the ARRAYs, with None for an open length. None if only a result shows it.
        axis: the dimension of the rows in the file; None if the tensor is one row.
        units: the dimensions of length 1 in the file that the columns do not have, if the tensor
            is one row.
        is_zip_map: whether the output is a dict for each row.
        is_map: whether the only column is a MAP.
    """

    name: str
    element: Element
    columns: range
    column_names: tuple[str, ...]
    depth: int
    shape: tuple[int | None, ...] | None
    axis: int | None
    units: tuple[int, ...]
    is_zip_map: bool
    is_map: bool

    @property
    def fixed_shape(self) -> tuple[int, ...] | None:
        """The shape of one row; None if it varies, or only a result shows it."""
        if self.shape is None:
            return None
        sizes = tuple(size for size in self.shape if size is not None)
        return sizes if len(sizes) == len(self.shape) else None


def make_tensor(
    arg: Arg, axis: int | None, columns: range, schema: Schema, *, is_input: bool
) -> Tensor:
    """Returns an input or output with its columns.

    Args:
        arg: the input or output.
        axis: the dimension of the rows; None if the tensor is one row.
        columns: the positions of the columns in the schema.
        schema: the model's INPUT or OUTPUT.
        is_input: whether the columns fill the tensor.

    Raises:
        Misfit: the types or the number of the columns do not fit.
    """
    match = ARG_TYPE.fullmatch(arg.type)
    element = ELEMENTS.get(match[1] or match[3]) if match else None
    if match is None or element is None:
        raise Misfit(f"'{arg.name}' has the type {arg.type}, which is not supported")
    if axis is None and len(columns) > 1:
        raise Misfit(f"'{arg.name}' is a whole tensor, which is one column and not {len(columns)}")
    fields = schema[columns.start : columns.stop]
    first = ColumnType.of(fields[0].sql_type)
    is_zip_map = match[2] is not None
    is_map = is_zip_map and len(fields) == 1 and first.key is not None
    depth = first.depth if len(fields) == 1 and not is_zip_map else 0
    keys = KEYS.get(match[2], frozenset()) if is_map else None
    allowed = element.inputs if is_input else element.outputs
    for field in fields:
        if not ColumnType.of(field.sql_type).holds(depth, keys, allowed):
            raise Misfit(f"column '{field.name}' is {field.type}, and '{arg.name}' is {arg.type}")
    units: tuple[int, ...] = ()
    shape: tuple[int | None, ...] | None
    if axis is None:
        units = _units(arg, depth, fields[0], is_zip_map)
        shape = _whole_shape(arg, depth, units)
    elif depth > 0:
        shape = _array_shape(arg, axis, depth, fields[0])
    else:
        shape = _shape(arg, axis, columns)
    names = tuple(fields.names)
    return Tensor(arg.name, element, columns, names, depth, shape, axis, units, is_zip_map, is_map)


def output_ranges(args: Sequence[Arg], axes: Sequence[int | None], schema: Schema) -> list[range]:
    """Returns the columns of each output, in order.

    Raises:
        Misfit: there is no way or more than one to assign the columns.
    """
    types = [ColumnType.of(field.sql_type) for field in schema]
    widths = [_open_or_width(arg, axis) for arg, axis in zip(args, axes, strict=True)]
    found = list(islice(_ways(args, axes, types, 0), 2))
    if len(found) == 1:
        return found[0]
    given = " + ".join("?" if width is None else str(width) for width in widths)
    raise Misfit(
        f"there are {len(types)} columns, but the outputs fill {given} (to select outputs, give "
        "the columns their names)"
    )


def fit_in_one_way(args: Sequence[Arg], axes: Sequence[int | None], schema: Schema) -> bool:
    """Returns whether the types of the columns leave one way to give each output a column."""

    def fits(index: int, column: int) -> bool:
        try:
            make_tensor(args[index], axes[index], range(column, column + 1), schema, is_input=False)
        except Misfit:
            return False
        return True

    possible = [
        [fits(index, column) for column in range(len(schema))] for index in range(len(args))
    ]

    def ways(index: int, free: frozenset[int]) -> Iterator[None]:
        if index == len(args):
            yield None
        for column in free:
            if possible[index][column]:
                yield from ways(index + 1, free - {column})

    return len(list(islice(ways(0, frozenset(range(len(schema)))), 2))) == 1


def _open_or_width(arg: Arg, axis: int | None) -> int | None:
    return _width(arg, axis) if axis is not None and len(arg.shape) < 3 else 1


def _ways(
    args: Sequence[Arg], axes: Sequence[int | None], types: Sequence[ColumnType], start: int
) -> Iterator[list[range]]:
    if not args and start == len(types):
        yield []
    if not args or start == len(types):
        return
    is_nested = types[start].depth > 0 or types[start].key is not None
    width = 1 if is_nested or axes[0] is None else _width(args[0], axes[0])
    stops = range(start + 1, len(types) + 1) if width is None else [start + width]
    for stop in stops:
        for rest in _ways(args[1:], axes[1:], types, stop):
            yield [range(start, stop), *rest]


def _sizes(arg: Arg, axis: int | None) -> tuple[int | None, ...]:
    """Returns the sizes of one row, with None for an open size."""
    sizes = [size if isinstance(size, int) else None for size in arg.shape]
    if axis is not None:
        del sizes[axis]
    return tuple(sizes)


def _units(arg: Arg, depth: int, field: Field, is_zip_map: bool) -> tuple[int, ...]:
    """Returns the dimensions of length 1 that a whole tensor has more than its column.

    An open dimension is one of them only if it must be.
    """
    if is_zip_map:
        raise Misfit(f"'{arg.name}' has one map for each row, so it needs a dimension of rows")
    surplus = len(arg.shape) - depth
    if not arg.shape or surplus == 0:
        return ()
    ones = tuple(index for index, size in enumerate(arg.shape) if size == 1)
    possible = tuple(
        index for index, size in enumerate(arg.shape) if size == 1 or not isinstance(size, int)
    )
    for found in (ones, possible):
        if len(found) == surplus:
            return found
    raise Misfit(
        f"column '{field.name}' is {field.type}, which fills {depth} dimensions; '{arg.name}' has "
        f"{len(arg.shape)}, and its columns are whole tensors"
    )


def _whole_shape(arg: Arg, depth: int, units: tuple[int, ...]) -> tuple[int | None, ...]:
    if not arg.shape:
        return (None,) * depth
    sizes = _sizes(arg, None)
    return tuple(size for index, size in enumerate(sizes) if index not in units)


def _array_shape(arg: Arg, axis: int, depth: int, field: Field) -> tuple[int | None, ...] | None:
    if not arg.shape:
        return None
    if len(arg.shape) != depth + 1:
        raise Misfit(
            f"column '{field.name}' is {field.type}, which fills {depth + 1} dimensions; "
            f"'{arg.name}' has {len(arg.shape)}"
        )
    return _sizes(arg, axis)


def _shape(arg: Arg, axis: int, columns: range) -> tuple[int | None, ...] | None:
    width = _width(arg, axis)
    if width is not None and width != len(columns):
        raise Misfit(f"'{arg.name}' has the width {width}, not {len(columns)}")
    if not arg.shape:
        return None
    return () if len(arg.shape) == 1 else (len(columns),)


def _width(arg: Arg, axis: int) -> int | None:
    """Returns the number of columns of depth 0; None if the file leaves it open."""
    if len(arg.shape) > 2:
        raise Misfit(
            f"'{arg.name}' has {len(arg.shape)} dimensions; columns of single values fill one or "
            "two, and each level of an ARRAY fills one more"
        )
    if len(arg.shape) == 1:
        return 1
    return _sizes(arg, axis)[0] if arg.shape else None
