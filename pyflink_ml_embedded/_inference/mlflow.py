# SPDX-License-Identifier: Apache-2.0
"""The columns of an MLflow model: those of its signature."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from .._context import PredictContext
from .._exceptions import ModelError
from .._schema import Field, Schema
from .._types import quote
from ..models.mlflow._columns import Spec
from ..models.mlflow._file import ModelFile, read_model_file
from ..models.mlflow._onnx import OnnxRunner
from . import onnx
from .arrays import array_type

_TYPES = {
    "boolean": "BOOLEAN",
    "integer": "INT",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "binary": "BYTES",
    "datetime": "TIMESTAMP(9)",
}
# The type of a column for each dtype of a tensor; uint64 and objects have none.
_DTYPES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "uint8": "SMALLINT",
    "uint16": "INT",
    "uint32": "BIGINT",
    "float16": "FLOAT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
}
_KINDS = {"U": "STRING", "S": "BYTES"}


def infer(context: PredictContext) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the types of the columns of INPUT and OUTPUT, by name.

    The model itself is not loaded, unless it is an ONNX file.

    Raises:
        ModelError: the signature is missing, or leaves a name or a type open.
    """
    model = read_model_file(context.model_directory)
    if model.is_onnx:
        return _of_onnx(model, context)
    if context.properties.get("result-columns") == "type":
        raise ModelError(
            "with the option 'properties.result-columns' = 'type', the type of the column of "
            "OUTPUT selects what it gets"
        )
    return _columns(model, "inputs", "input"), _columns(model, "outputs", "prediction")


def _of_onnx(model: ModelFile, context: PredictContext) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the columns of the file, with those of INPUT that the signature names."""
    directory, name = os.path.split(model.path_of(model.flavors["onnx"].get("data", "model.onnx")))
    properties = {"onnx-file": name, **context.properties}
    inputs, outputs = onnx.infer(
        dataclasses.replace(context, model_directory=directory, properties=properties)
    )
    names = {spec.get("name") for spec in model.inputs or ()}
    if names <= {None, *inputs}:
        return inputs, outputs
    inputs = _columns(model, "inputs", "input")
    schemas = [Schema(Field(*column) for column in side.items()) for side in (inputs, outputs)]
    OnnxRunner(
        model, dataclasses.replace(context, input_schema=schemas[0], output_schema=schemas[1])
    )
    return inputs, outputs


def _columns(model: ModelFile, side: str, default_name: str) -> dict[str, str]:
    """Returns the types of the columns of one side of the signature, by name."""
    specs: Sequence[Spec] | None = getattr(model, side)
    if not specs:
        raise ModelError(f"'{model.path}' has no signature with {side}")
    if len(specs) == 1 and "name" not in specs[0]:
        only = specs[0]
        if only["type"] != "object":
            return {default_name: _type_of(only, model.path, default_name)}
        specs = [{**spec, "name": name} for name, spec in only["properties"].items()]
    if not all("name" in spec for spec in specs):
        raise ModelError(f"the {side} of the signature in '{model.path}' have no names")
    return {str(spec["name"]): _type_of(spec, model.path, str(spec["name"])) for spec in specs}


def _type_of(spec: Spec, path: str, name: str) -> str:
    """Returns the type of the column for a type of the signature.

    Raises:
        ModelError: there is none.
    """
    kind = spec["type"]
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "array":
        return f"ARRAY<{_type_of(spec['items'], path, f'{name}[]')}>"
    if kind == "map":
        return f"MAP<STRING, {_type_of(spec['values'], path, f'{name}.value')}>"
    if kind == "object":
        fields = (
            f"{quote(field)} {_type_of(given, path, f'{name}.{field}')}"
            for field, given in spec["properties"].items()
        )
        return f"ROW<{', '.join(fields)}>"
    if kind != "tensor":
        raise ModelError(f"'{name}' has the type {kind} in the signature of '{path}'")
    tensor = spec["tensor-spec"]
    dtype = np.dtype(tensor["dtype"])
    element = _KINDS.get(dtype.kind) or _DTYPES.get(dtype.name)
    rows, *sizes = tensor["shape"] or (0,)
    if element is None or rows not in (-1, 1):
        raise ModelError(
            f"'{name}' is a tensor of {tensor['dtype']} and shape {tensor['shape']} in the "
            f"signature of '{path}', and a column needs numbers, text or bytes, and -1 or 1 as "
            "the first dimension"
        )
    return array_type(element, sizes)
