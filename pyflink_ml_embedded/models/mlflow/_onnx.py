# SPDX-License-Identifier: Apache-2.0
"""Runs MLflow models of the flavor ``onnx`` by the predict function for ONNX files."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._native import Engine, Row
from ..._schema import Schema
from ..onnx import OnnxPredictFunction
from ._columns import Misfit, match_specs
from ._example import sample_row
from ._file import ModelFile


class OnnxRunner:
    """Predicts with the ONNX file of a model.

    Columns have the order of the signature, as in the DataFrame that MLflow makes a matrix of.

    Args:
        model: the model, of the flavor ``onnx``.
        context: that of the function; its properties are those for ONNX files.

    Raises:
        ModelError: the file cannot be loaded, or does not fit the columns.
    """

    def __init__(self, model: ModelFile, context: PredictContext) -> None:
        self._model = model
        self._schema = context.input_schema
        self._order = _order(model, context.input_schema)
        inputs = Schema(context.input_schema[index] for index in self._order)
        file = model.path_of(model.flavors["onnx"].get("data", "model.onnx"))
        directory, name = os.path.split(file)
        self._function = OnnxPredictFunction()
        self._function.input_schema = inputs
        self._function.output_schema = context.output_schema
        self._function.open(
            dataclasses.replace(
                context,
                model_directory=directory,
                properties={"onnx-file": name, **context.properties},
                input_schema=inputs,
            )
        )

    def make_engine(self) -> Engine | None:
        """Returns an engine, unless the columns have another order than the signature."""
        is_ordered = self._order == sorted(self._order)
        return self._function.make_engine() if is_ordered else None

    def predict(self, data: Row) -> Sequence[Any]:
        """Returns the row that the file predicts."""
        values = data[:]
        return self._function.predict(Row(*(values[index] for index in self._order)))

    def predict_batch(self, batch: pa.RecordBatch) -> Any:
        """Returns an array for each column of OUTPUT, by name."""
        if self._order != sorted(self._order):
            batch = batch.select(self._order)
        return self._function.predict_batch(batch)

    def sample_row(self) -> Sequence[Any] | None:
        """Returns a sample row whose ARRAYs have the lengths that the file takes."""
        values = self._function.warm_up_row()
        if values is None:
            return None
        sample = [values[self._order.index(index)] for index in range(len(values))]
        return sample_row(self._model, self._schema, sample)


def _order(model: ModelFile, schema: Schema) -> list[int]:
    """Returns the positions in INPUT of the inputs of the signature."""
    specs = {str(spec["name"]): spec for spec in model.inputs or () if "name" in spec}
    if not specs or len(specs) != len(model.inputs or ()):
        return list(range(len(schema)))
    try:
        matched = match_specs(schema.names, specs, "")
    except Misfit as misfit:
        raise ModelError(
            f"the model's INPUT does not fit the signature in '{model.path}': {misfit}. The "
            f"model's INPUT: {schema}"
        ) from None
    return sorted(range(len(matched)), key=lambda index: list(specs).index(matched[index]))
