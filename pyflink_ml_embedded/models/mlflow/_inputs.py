# SPDX-License-Identifier: Apache-2.0
"""Maps the columns of INPUT to the inputs of a signature: a DataFrame, or tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from ..._exceptions import ModelError
from ..._native import Columns
from ..._schema import Schema, describe_column
from ._columns import Check, Misfit, Spec, is_required
from ._file import ModelFile
from ._frames import FrameInputs, map_columns, natural_columns
from ._tensors import map_tensors


class Inputs(Protocol):
    """Makes the argument of the model's ``predict``. Both methods raise ConversionError."""

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        """Converts the columns of a batch."""

    def of_row(self, values: Sequence[Any]) -> Any:
        """Converts one row."""

    def groups(self, arrays: Sequence[pa.Array]) -> list[list[int]] | None:
        """Returns the rows that the model can predict together, or None if all are."""


def make_inputs(model: ModelFile, schema: Schema) -> Inputs:
    """Maps the columns of INPUT to the inputs of the model's signature.

    Raises:
        ModelError: the columns do not fit the signature.
    """
    fields = fields_of(schema)
    check = _check(model)
    if not model.inputs:
        return FrameInputs(natural_columns(fields), fields, check)
    try:
        if any(spec.get("type") == "tensor" for spec in model.inputs):
            return map_tensors(model.inputs, fields)
        return FrameInputs(map_columns(model.inputs, fields), fields, check)
    except Misfit as misfit:
        reason = str(misfit)
    inputs = ", ".join(map(_shown, model.inputs))
    raise ModelError(
        f"the model's INPUT does not fit the signature in '{model.path}': {reason}. The "
        f"signature's inputs: {inputs}. The model's INPUT: {schema}"
    )


def fields_of(schema: Schema) -> list[pa.Field]:
    """Returns the columns as Arrow describes them."""
    return list(pa.schema(Columns([describe_column(f.name, f.type) for f in schema])))


def _check(model: ModelFile) -> Check:
    if not model.inputs or not model.needs_mlflow:
        return Check.NOTHING
    return Check.TYPE_HINTS if model.from_type_hint else Check.SIGNATURE


def _shown(spec: Spec) -> str:
    name = f"{spec['name']}: " if "name" in spec else ""
    if spec["type"] == "tensor":
        tensor = spec["tensor-spec"]
        return f"{name}tensor of {tensor['dtype']} {tuple(tensor['shape'])}"
    return f"{name}{spec['type']}" + ("" if is_required(spec) else " (optional)")
