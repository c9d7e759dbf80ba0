# SPDX-License-Identifier: Apache-2.0
"""A predict function for MLflow models of the flavor ``python_function``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..._batch.results import ResultWriter
from ..._context import PredictContext
from ..._exceptions import ConversionError, ModelError
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Columns, Row
from ..._properties import check_properties, choice
from ..._schema import Schema, describe_column
from ._columns import is_number
from ._example import example_values
from ._file import read_model_file
from ._frames import FrameInputs
from ._inputs import fields_of, make_inputs
from ._loaders import Predict, load
from ._outputs import outputs_fit, shown_outputs
from ._params import read_params
from ._results import ResultColumns, ResultShaper, merge
from ._rowwise import RowwisePredict

_RESULT_COLUMNS = "result-columns"


class MlflowPredictFunction(PredictFunction, BatchPredictFunction):
    """Predicts with an MLflow model: a model directory with the file ``MLmodel``.

    The columns of INPUT are matched with the inputs of the model's signature by name, or by
    position if the inputs have no names, and are converted to their types. A value that its type
    cannot hold fails the row. NULL becomes NaN in floating-point numbers; in integers and booleans
    it fails the row. Without a signature, the model gets a DataFrame of the unconverted columns.

    The columns of OUTPUT are selected by name if the result has all of these names, otherwise by
    position.

    Models of scikit-learn, and models with their own ``loader_module``, do not need MLflow.

    Properties: the params of the signature, by name.
    """

    def open(self, context: PredictContext) -> None:
        """Loads the model, or shares the one that another subtask has loaded.

        Raises:
            ModelError: the directory is not an MLflow model, the columns or properties do not fit
                it, or it cannot be loaded.
        """
        self._model = read_model_file(context.model_directory)
        names = [str(spec["name"]) for spec in self._model.params]
        check_properties(context.properties, [*names, _RESULT_COLUMNS], type(self).__name__)
        by_type = choice(context.properties, _RESULT_COLUMNS, ("name", "type"), "name") == "type"
        self._params = read_params(self._model.params, context.properties)
        self._schema = context.input_schema
        self._inputs = make_inputs(self._model, context.input_schema)
        self._outputs = Columns(
            [describe_column(field.name, field.type) for field in context.output_schema]
        )
        self._writer = ResultWriter(self._outputs)
        self._shaper = ResultShaper(context.output_schema, by_type)
        self._predict = context.shared("model", lambda: load(self._model))
        self._call = self._rowwise(self._predict)
        self._check_outputs(context.output_schema, by_type)

    def predict(self, data: Row) -> list[Row]:
        """Returns the rows that the model predicts: one, unless it returns several or none."""
        result = self._call(self._inputs.of_row(data[:]), dict(self._params))
        columns, count = self._shaper.columns(result, 1, self._model.is_sklearn)
        self._writer.write(columns if count == 1 else (columns, [0] * count), 1)
        return self._outputs.rows()

    def predict_batch(self, batch: pa.RecordBatch) -> ResultColumns:
        """Returns an array, Series or list for each column of OUTPUT, by name."""
        groups = self._inputs.groups(batch.columns)
        if groups is None:
            return self._columns(batch.columns)
        parts = [
            self._columns([column.take(pa.array(g)) for column in batch.columns]) for g in groups
        ]
        return merge(parts, groups)

    def _check_outputs(self, outputs: Schema, by_type: bool) -> None:
        """Checks the number and names of the columns of OUTPUT.

        Signatures may be wrong, as MLflow does not check their outputs: those of a scikit-learn
        model with another ``predict_fn`` are often those of ``predict``. The model is therefore
        asked as well where the signature does not fit.
        """
        fits = None if by_type else outputs_fit(self._model, outputs)
        if fits or (fits is None and not self._has_sound_sample()):
            return
        row = self.warm_up_row()
        try:
            result = self._predict(self._inputs.of_row(list(row or ())), dict(self._params))
        except Exception:  # the model does not accept the row
            if fits is None:
                return
            raise ModelError(
                f"the model's OUTPUT does not fit the signature in '{self._model.path}', whose "
                f"outputs are {shown_outputs(self._model)}. The model's OUTPUT: {outputs}"
            ) from None
        try:
            ResultShaper(outputs, by_type).columns(result, 1, self._model.is_sklearn)
        except ConversionError as error:
            raise ModelError(
                f"the model's OUTPUT does not fit what the model returns for a sample row: {error}"
            ) from None

    def _has_sound_sample(self) -> bool:
        """Returns whether the model may be asked: with its own example, or numbers."""
        if len(example_values(self._model, self._schema)) == len(self._schema):
            return True
        return self._model.is_sklearn and all(is_number(f.type) for f in fields_of(self._schema))

    def _columns(self, arrays: Sequence[pa.Array]) -> ResultColumns:
        result = self._call(self._inputs.of_batch(arrays), dict(self._params))
        return self._shaper.columns(result, len(arrays[0]), is_exact=True)[0]

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row: the first of the saved input example, where its values fit."""
        sample = super().warm_up_row()
        if sample is None:
            return None
        example = example_values(self._model, self._schema)
        return [
            example.get(name, value) for name, value in zip(self._schema.names, sample, strict=True)
        ]

    def _rowwise(self, predict: Predict) -> Predict:
        """Checks a model that may iterate over its DataFrame."""
        if not isinstance(self._inputs, FrameInputs):
            return predict
        is_text = not self._model.inputs and self._inputs.is_text
        if self._model.is_sklearn or is_text:
            return RowwisePredict(predict, self._model.is_sklearn)
        return predict
