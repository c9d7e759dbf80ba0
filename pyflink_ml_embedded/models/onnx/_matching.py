# SPDX-License-Identifier: Apache-2.0
"""Matches the columns of a model with the inputs, outputs and classes of an ONNX file by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..._names import NamesMismatch, listed, match_names
from ._args import Arg, Misfit


def match_inputs(
    columns: Sequence[str], args: Sequence[Arg], optional: Sequence[Arg]
) -> list[tuple[Arg, range]]:
    """Returns each input that has columns, with their positions.

    Columns are matched with inputs by name. If no name matches, the only input that has no default
    gets all columns, or each such input gets one.

    Args:
        columns: the names of the columns.
        args: the inputs that must have columns.
        optional: the inputs that have a default, and are matched only by name.

    Raises:
        Misfit: only some columns match, or their number differs from that of the inputs.
    """
    if len(args) == 1 and (not optional or _width(args[0]) == len(columns) > 1):
        return [(args[0], range(len(columns)))]
    inputs = [*args, *optional]
    indices = _match(columns, inputs)
    if indices is not None:
        found = [inputs[index] for index in indices]
        missing = [arg.name for arg in args if arg not in found]
        if missing:
            raise Misfit(
                f"there are {len(columns)} columns for {len(inputs)} inputs, and none has the name "
                f"of the input {listed(missing)}"
            )
        return [(arg, range(index, index + 1)) for index, arg in enumerate(found)]
    if len(args) == 1:
        return [(args[0], range(len(columns)))]
    if len(args) != len(columns):
        raise Misfit(f"there are {len(columns)} columns for {len(args)} inputs")
    return [(arg, range(index, index + 1)) for index, arg in enumerate(args)]


def match_outputs(
    columns: Sequence[str], args: Sequence[Arg]
) -> tuple[list[Arg] | None, Misfit | None]:
    """Returns the output of each column, or None if the names do not decide it.

    If only some of as many columns as outputs match, also returns the error for it, which is one
    unless the types decide.

    Raises:
        Misfit: only some of fewer columns than outputs match.
    """
    try:
        indices = _match(columns, args)
    except Misfit as misfit:
        if len(columns) < len(args):
            raise
        return None, misfit if len(columns) == len(args) else None
    return None if indices is None else [args[index] for index in indices], None


def check_order(columns: Sequence[str], args: Sequence[Arg], ranges: Sequence[range]) -> None:
    """Checks that no name contradicts the order of the outputs.

    Args:
        columns: the names of the columns.
        args: the outputs, in order.
        ranges: the positions of the columns of each output.

    Raises:
        Misfit: a column has the name of an output whose columns it is not one of, or only some
            columns that are a whole output match.
    """
    for arg, positions in zip(args, ranges, strict=True):
        others = [other for other in args if other is not arg]
        for column in columns[positions.start : positions.stop]:
            if _match([column], others) is not None:
                raise Misfit(
                    f"column '{column}' has the name of an output, and is a column of '{arg.name}' "
                    "by position"
                )
    whole = [columns[positions.start] for positions in ranges if len(positions) == 1]
    _match(whole, args)


@lru_cache(maxsize=256)
def class_order(columns: tuple[str, ...], classes: tuple[str | int, ...]) -> list[int]:
    """Returns for each column the index of its class in a ZipMap.

    Columns are matched with classes by name, or else by position.

    Args:
        columns: the names of the columns, as many as classes.
        classes: the classes, in the order of the ZipMap.

    Raises:
        NamesMismatch: only some columns match, or the columns are the classes in another order
            behind a common prefix.
    """
    names = [str(name) for name in classes]
    indices = match_names(columns, names)
    if indices is not None:
        return indices
    # Behind a common prefix, as in p_yes and p_no, names must not contradict the order either.
    for length in range(min(map(len, columns)), 0, -1):
        if len({column[:length] for column in columns}) > 1:
            continue
        try:
            indices = match_names([column[length:] for column in columns], names)
        except NamesMismatch:
            if columns[0][length - 1].isalnum() or all(map(str.isdecimal, names)):
                continue  # p1 and p2 may count classes 0 and 1
            raise
        if indices is not None and indices != sorted(indices):
            raise NamesMismatch(
                f"columns {listed(columns)} are the classes {listed(names)} in another order; name "
                "the columns as the classes, or give them in the order of the classes"
            )
    return list(range(len(columns)))


def _match(columns: Sequence[str], args: Sequence[Arg]) -> list[int] | None:
    try:
        return match_names(columns, [arg.name for arg in args])
    except NamesMismatch as mismatch:
        raise Misfit(str(mismatch)) from mismatch


def _width(arg: Arg) -> int | str | None:
    return arg.shape[1] if len(arg.shape) == 2 else None
