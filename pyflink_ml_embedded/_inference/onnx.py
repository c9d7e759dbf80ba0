# SPDX-License-Identifier: Apache-2.0
"""The columns of an ONNX file: one for each input and output, of its name."""

from __future__ import annotations

import dataclasses
import os

from .._context import PredictContext
from .._exceptions import ModelError
from .._schema import Field, Schema
from ..models.onnx import OnnxPredictFunction
from ..models.onnx._args import Arg, described
from ..models.onnx._axes import batch_axis_of, find_batch
from ..models.onnx._mapping import File, unclear_rows
from ..models.onnx._session import find_file, load_file
from ..models.onnx._tensors import ARG_TYPE
from .arrays import array_type

# The type of a column that holds all values of an element type; uint64 has none.
_TYPES = {
    "float": "FLOAT",
    "double": "DOUBLE",
    "float16": "FLOAT",
    "bfloat16": "FLOAT",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "uint8": "SMALLINT",
    "uint16": "INT",
    "uint32": "BIGINT",
    "bool": "BOOLEAN",
    "string": "STRING",
}


def infer(context: PredictContext) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the types of the columns of INPUT and OUTPUT, by name.

    Inputs with a default have no column. The predict function is opened with these columns, which
    runs sample rows.

    Raises:
        ModelError: the file leaves a type, a shape or the dimension of the rows open, or it cannot
            be loaded.
    """
    path = find_file(context.model_directory, context.properties.get("onnx-file"))
    loaded = load_file(path, context)
    file = File(path, loaded.inputs, loaded.optional, loaded.outputs)
    if not file.inputs:
        raise ModelError(
            f"all inputs of '{path}' have a default ({described(file.optional)}), and the columns "
            "decide which of them are used"
        )
    with unclear_rows(file):
        axes = find_batch(file.inputs, file.outputs, [], batch_axis_of(context.properties)).axes
    inputs, outputs = (
        {arg.name: _type_of(arg, axes[arg.name], side, path) for arg in args}
        for side, args in (("input", file.inputs), ("output", file.outputs))
    )
    OnnxPredictFunction().open(
        dataclasses.replace(
            context,
            input_schema=Schema(Field(*column) for column in inputs.items()),
            output_schema=Schema(Field(*column) for column in outputs.items()),
        )
    )
    return inputs, outputs


def _type_of(arg: Arg, axis: int | None, side: str, path: str) -> str:
    """Returns the type of the column of an input or output."""
    match = ARG_TYPE.fullmatch(arg.type)
    element = _TYPES.get(match[1] or match[3]) if match else None
    if match is None or element is None:
        raise ModelError(
            f"the {side} '{arg.name}' of '{os.path.basename(path)}' has the type {arg.type}, for "
            "which no type of a column holds all values"
        )
    if match[2] is not None:
        return f"MAP<{_TYPES[match[2]]}, {element}>"
    if not arg.shape:
        raise ModelError(
            f"the {side} '{arg.name}' of '{os.path.basename(path)}' is a scalar, or the file does "
            "not declare its dimensions"
        )
    sizes = [size for index, size in enumerate(arg.shape) if index != axis]
    return array_type(element, sizes, is_row=axis is None)
