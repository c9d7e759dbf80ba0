# SPDX-License-Identifier: Apache-2.0
"""Finds the dimension of the rows in the inputs and outputs of an ONNX file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from ..._properties import choice
from ._args import Arg, Misfit, dimensions

BatchAxis: TypeAlias = Literal["auto", "0", "none"]

# Words that name the dimension of the rows, from the surest; and words that name another one.
_ROWS = (re.compile(r".*batch.*", re.IGNORECASE), re.compile(r"[nNB]|bs|BS"))
_SEQUENCE = re.compile(
    r"(.*[^a-z])?(t|l|time|time_?steps?|seq|seq_?len|sequence|len|length|steps?|frames?|tokens?)"
    r"([^a-z].*)?",
    re.IGNORECASE,
)


def batch_axis_of(properties: Mapping[str, str]) -> BatchAxis:
    """Returns the value of the property ``batch-axis``.

    Raises:
        ModelError: the value is not valid.
    """
    return cast(BatchAxis, choice(properties, "batch-axis", get_args(BatchAxis), "auto"))


@dataclass(frozen=True)
class Batch:
    """Where the rows are in the inputs and outputs of a file.

    Attributes:
        axes: the dimension of the rows in each input and output, by name; None if each row is a
            call.
        rows: how many rows the file takes in one call; None for any number.
        is_proven: whether the declared names and sizes of dimensions leave no doubt. Otherwise
            only results show whether the outputs have the rows there.
        is_named: whether the dimension has a name that means rows. Otherwise rows that change each
            other's results show that it is another dimension, such as the steps of a sequence.
    """

    axes: dict[str, int | None]
    rows: int | None
    is_proven: bool
    is_named: bool


def find_batch(
    inputs: Sequence[Arg],
    outputs: Sequence[Arg],
    others: Sequence[Arg],
    batch_axis: BatchAxis,
) -> Batch:
    """Decides by the names and sizes of all dimensions together.

    Args:
        inputs: the inputs that have columns.
        outputs: the outputs that have columns.
        others: the outputs that have none, which also show what a name means.
        batch_axis: the value of the property.

    Raises:
        Misfit: the dimensions contradict each other, or leave several possibilities.
    """
    if batch_axis == "none":
        is_proven = all(arg.shape for arg in outputs)
        return Batch({arg.name: None for arg in (*inputs, *outputs)}, 1, is_proven, False)
    for arg in inputs:
        if not arg.shape:
            raise Misfit(f"the file declares no dimensions for '{arg.name}'")
    try:
        batch = _first_dimensions(inputs, outputs, is_given=batch_axis == "0")
    except Misfit as misfit:
        if batch_axis == "0":
            raise
        return _named(inputs, outputs, misfit)
    return batch if batch_axis == "0" else _unopposed(batch, inputs, outputs, others)


def _first_dimensions(inputs: Sequence[Arg], outputs: Sequence[Arg], *, is_given: bool) -> Batch:
    """Returns the reading that the rows are the first dimension everywhere."""
    firsts = [arg.shape[0] for arg in inputs]
    names = {name for name in firsts if isinstance(name, str)}
    sizes = {size for size in firsts if isinstance(size, int)}
    given = ", ".join(f"'{arg.name}' [{dimensions(arg)}]" for arg in inputs)
    if len(sizes) > 1 or (sizes and len(sizes) < len(set(firsts)) and not is_given):
        raise Misfit(f"the inputs have different batch sizes ({given})")
    for arg in (*inputs, *outputs):
        # The user may also mean the first of two dimensions that have one name.
        later = names & set(arg.shape[1:]) - ({arg.shape[0]} if is_given and arg.shape else set())
        for name in later:
            raise Misfit(
                f"'{name}' is the first dimension of an input, and a later one of '{arg.name}' "
                f"[{dimensions(arg)}]"
            )
    known = {name for arg in inputs for name in arg.shape if isinstance(name, str)}
    rows = next(iter(sizes), None)
    is_proven = len(set(firsts)) == 1 and firsts[0] is not None
    for arg in outputs:
        first = arg.shape[0] if arg.shape else None
        if first in known - names:
            raise Misfit(
                f"the first dimension of '{arg.name}' [{dimensions(arg)}] is '{first}', and not "
                "that of the inputs"
            )
        if isinstance(first, int) and first != (rows or 1):
            raise Misfit(
                f"the batch size of '{arg.name}' is {first}, that of the inputs "
                f"{'variable' if rows is None else rows}"
            )
        is_proven = is_proven and first == firsts[0]
    axes: dict[str, int | None] = {arg.name: 0 for arg in (*inputs, *outputs)}
    return Batch(axes, rows, is_proven, is_proven and _means_rows(firsts[0]))


def _unopposed(
    batch: Batch,
    inputs: Sequence[Arg],
    outputs: Sequence[Arg],
    others: Sequence[Arg],
) -> Batch:
    """Returns the batch of the first dimensions, unless names speak for another dimension."""
    firsts = [arg.shape[0] for arg in inputs]
    sequences = [arg for arg in inputs if _is_sequence(arg)]
    for word in _ROWS if sequences else _ROWS[:1]:
        if all(isinstance(name, str) and word.fullmatch(name) for name in firsts):
            return batch
        named = [name for name in _common_names(inputs, outputs) if word.fullmatch(name)]
        if len(named) == 1:
            return _batch_of(named[0], inputs, outputs)
    if sequences:
        arg = sequences[0]
        raise Misfit(
            f"the first dimension of '{arg.name}' is '{arg.shape[0]}', the length of a sequence"
        )
    everywhere = _common_names(inputs, [*outputs, *(arg for arg in others if arg.shape)])
    if isinstance(firsts[0], str) and everywhere and firsts[0] not in everywhere:
        raise Misfit(
            f"the dimension of the rows may be '{firsts[0]}', which is the first of the inputs, or "
            f"'{everywhere[0]}', which all inputs and outputs have"
        )
    return batch


def _named(inputs: Sequence[Arg], outputs: Sequence[Arg], misfit: Misfit) -> Batch:
    """Returns the batch of the one name that all inputs and outputs have."""
    common = _common_names(inputs, outputs)
    for word in _ROWS:
        named = [name for name in common if word.fullmatch(name)]
        if len(named) == 1 and (word is _ROWS[0] or _may_be_later(named[0], inputs)):
            return _batch_of(named[0], inputs, outputs)
    is_first = any(arg.shape[0] in common for arg in inputs)
    if len(common) == 1 and is_first and not _SEQUENCE.fullmatch(common[0]):
        return _batch_of(common[0], inputs, outputs)
    raise misfit


def _may_be_later(name: str, inputs: Sequence[Arg]) -> bool:
    """Returns whether no other dimension that may be the rows comes before this one."""
    return all(
        arg.shape[0] == name or isinstance(arg.shape[0], int) or _is_sequence(arg) for arg in inputs
    )


def _batch_of(name: str, inputs: Sequence[Arg], outputs: Sequence[Arg]) -> Batch:
    axes: dict[str, int | None] = {arg.name: arg.shape.index(name) for arg in (*inputs, *outputs)}
    return Batch(axes, None, True, _means_rows(name))


def _means_rows(name: int | str | None) -> bool:
    return isinstance(name, str) and any(word.fullmatch(name) for word in _ROWS)


def _common_names(inputs: Sequence[Arg], outputs: Sequence[Arg]) -> list[str]:
    """Returns the names of dimensions that all inputs and outputs have, and have once."""
    args = [*inputs, *outputs]
    return [
        name
        for name in dict.fromkeys(inputs[0].shape)
        if isinstance(name, str) and all(arg.shape.count(name) == 1 for arg in args)
    ]


def _is_sequence(arg: Arg) -> bool:
    """Returns whether the first dimension has the name of a sequence's length."""
    name = arg.shape[0]
    # Exporters make names from that of the input, e.g. tokens_dynamic_axes_1.
    return isinstance(name, str) and bool(_SEQUENCE.fullmatch(name.removeprefix(arg.name)))
