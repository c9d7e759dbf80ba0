# SPDX-License-Identifier: Apache-2.0
"""Maps the columns of a model to the inputs and outputs of an ONNX file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..._exceptions import ModelError
from ..._schema import Schema
from ._args import Arg, Misfit, described
from ._axes import BatchAxis, find_batch
from ._matching import check_order, match_inputs, match_outputs
from ._tensors import Tensor, fit_in_one_way, make_tensor, output_ranges

_REMEDY = (
    "Set the option 'properties.batch-axis' to 0 if the first dimension of every input and output "
    "is the rows, or to none if each row is a call and its columns are whole tensors"
)


@dataclass(frozen=True)
class File:
    """The inputs and outputs of a file.

    Attributes:
        path: the path, for messages.
        inputs: the inputs that must have columns.
        optional: the inputs that have a default, and are matched only by name.
        outputs: the outputs.
    """

    path: str
    inputs: Sequence[Arg]
    optional: Sequence[Arg]
    outputs: Sequence[Arg]


@dataclass(frozen=True)
class Mapping:
    """How columns and a file fit together.

    Attributes:
        inputs: the inputs that have columns.
        outputs: the outputs that have columns, in the order of the columns.
        rows: how many rows the file takes in one call; None for any number.
        is_proven: whether the file declares where the rows are. Otherwise only results show
            whether they are there.
        is_named: whether the dimension of the rows has a name that means rows.
    """

    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    rows: int | None
    is_proven: bool
    is_named: bool


def map_columns(
    file: File,
    input_schema: Schema,
    output_schema: Schema,
    batch_axis: BatchAxis,
    observe: Callable[[Sequence[Tensor], Sequence[Arg]], Sequence[Arg]],
) -> Mapping:
    """Maps columns by name, or by position if no name matches.

    Args:
        file: the inputs and outputs.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
        batch_axis: the value of the property.
        observe: returns outputs as results show them; called if each row is a call and the
            outputs do not fit as the file declares them, which is often not as they are.

    Raises:
        ModelError: the columns do not fit, or it is not clear which dimension the rows are.
    """
    with _explained(file, "INPUT", file.inputs, input_schema):
        given = match_inputs(input_schema.names, file.inputs, file.optional)
    with _explained(file, "OUTPUT", file.outputs, output_schema):
        named, mismatch = match_outputs(output_schema.names, file.outputs)
    used = file.outputs if named is None else named
    with unclear_rows(file):
        batch = find_batch(
            [arg for arg, _ in given],
            used,
            [arg for arg in file.outputs if arg not in used],
            batch_axis,
        )
    with _explained(file, "INPUT", file.inputs, input_schema):
        inputs = [
            make_tensor(arg, batch.axes[arg.name], columns, input_schema, is_input=True)
            for arg, columns in given
        ]
    with _explained(file, "OUTPUT", file.outputs, output_schema):
        axes = [batch.axes[arg.name] for arg in used]
        if named is None:
            ranges = output_ranges(used, axes, output_schema)
            if mismatch is None:
                check_order(output_schema.names, used, ranges)
            elif not fit_in_one_way(used, axes, output_schema):
                raise mismatch
        else:
            ranges = [range(index, index + 1) for index in range(len(used))]
        try:
            outputs = _output_tensors(used, axes, ranges, output_schema)
        except Misfit:
            if batch_axis != "none":
                raise
            outputs = _output_tensors(observe(inputs, used), axes, ranges, output_schema)
    return Mapping(inputs, outputs, batch.rows, batch.is_proven, batch.is_named)


def _output_tensors(
    args: Sequence[Arg],
    axes: Sequence[int | None],
    ranges: Sequence[range],
    schema: Schema,
) -> list[Tensor]:
    return [
        make_tensor(arg, axis, columns, schema, is_input=False)
        for arg, axis, columns in zip(args, axes, ranges, strict=True)
    ]


@contextmanager
def unclear_rows(file: File) -> Iterator[None]:
    """Turns a Misfit into an error on the dimension of the rows.

    Raises:
        ModelError: the block raises Misfit.
    """
    try:
        yield
    except Misfit as misfit:
        raise ModelError(
            f"it is not clear which dimension of '{file.path}' is the rows: {misfit}. {_REMEDY}. "
            f"The file's inputs: {described(file.inputs)}; its outputs: {described(file.outputs)}"
        ) from misfit


@contextmanager
def _explained(file: File, side: str, args: Sequence[Arg], schema: Schema) -> Iterator[None]:
    """Turns a Misfit into an error on the columns of one side.

    Raises:
        ModelError: the block raises Misfit.
    """
    try:
        yield
    except Misfit as misfit:
        raise ModelError(
            f"the model's {side} does not fit '{file.path}': {misfit}. "
            f"The file's {side.lower()}s: {described(args)}. The model's {side}: {schema}"
        ) from misfit
