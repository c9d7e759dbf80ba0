"""A predict function for MLflow models of the flavor ``python_function``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..._batch.results import ResultWriter
from ..._context import PredictContext
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Columns, Row
from ..._properties import check_properties
from ..._schema import describe_column
from ._example import example_values
from ._file import read_model_file
from ._inputs import make_inputs
from ._loaders import load
from ._params import read_params
from ._results import ResultShaper


class MlflowPredictFunction(PredictFunction, BatchPredictFunction):
    """Predicts with an MLflow model, of which ``MLmodel`` lies in the model directory.

    The columns of INPUT are given to the inputs of the model's signature by name, where they have
    names, and cast to their types. Without a signature the model gets a DataFrame of the columns
    as they are. A value that the type does not have fails its row, and so does NULL where the type
    has nothing like it: in numbers it is NaN, in integers and booleans an error.

    The columns of OUTPUT are taken by name where the model gives all of these names, else by
    position.

    Models of scikit-learn, and those with a ``loader_module`` of their own, need no MLflow.

    Properties: the params of the signature, by name.
    """

    def open(self, context: PredictContext) -> None:
        """Loads the model, or takes the one that other subtasks have loaded.

        Raises:
            ModelError: the directory is no MLflow model, or does not fit the columns or
                properties, or the model cannot be loaded.
        """
        self._model = read_model_file(context.model_directory)
        names = [str(spec["name"]) for spec in self._model.params]
        check_properties(context.properties, names, type(self).__name__)
        self._params = read_params(self._model.params, context.properties)
        self._schema = context.input_schema
        self._inputs = make_inputs(self._model, context.input_schema)
        self._outputs = Columns(
            [describe_column(field.name, field.type) for field in context.output_schema]
        )
        self._writer = ResultWriter(self._outputs)
        self._shaper = ResultShaper(self._outputs.names, self._outputs.formats)
        self._predict = context.shared("model", lambda: load(self._model))

    def predict(self, data: Row) -> list[Row]:
        """Returns one row."""
        self._writer.write(self._columns(self._inputs.of_row(data[:]), 1), 1)
        return self._outputs.rows()

    def predict_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Returns one row for each."""
        return self._columns(self._inputs.of_batch(batch.columns), batch.num_rows)

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns the first row of the example that is saved with the model, as far as it fits."""
        made_up = super().warm_up_row()
        if made_up is None:
            return None
        example = example_values(self._model, self._schema)
        return [
            example.get(name, value)
            for name, value in zip(self._schema.names, made_up, strict=True)
        ]

    def _columns(self, data: Any, rows: int) -> dict[str, Any]:
        return self._shaper.columns(self._predict(data, dict(self._params)), rows)
