# SPDX-License-Identifier: Apache-2.0
"""Predicts with a loaded ``python_function``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..._batch.results import ResultWriter
from ..._context import PredictContext
from ..._exceptions import ConversionError, ModelError
from ..._native import Columns, Row
from ..._properties import check_properties, choice
from ..._schema import Schema, describe_column
from ._calls import Calls, PredictCalls, StreamCalls
from ._columns import is_number
from ._config import config_properties, read_config
from ._example import example_values, sample_row
from ._file import ModelFile
from ._frames import FrameInputs
from ._inputs import Inputs, fields_of, make_inputs
from ._loaders import Predict, load
from ._outputs import outputs_fit, shown_outputs
from ._params import read_params
from ._pickles import refuse_pickles
from ._results import ResultShaper
from ._rowwise import RowwisePredict

_RESULT_COLUMNS = "result-columns"
_PREDICT_METHOD = "predict-method"


class PyfuncRunner:
    """Converts rows for a model, calls it, and reads its results.

    Args:
        model: the model's file.
        context: that of the function.

    Raises:
        ModelError: the columns or properties do not fit the model, or it cannot be loaded.
    """

    def __init__(self, model: ModelFile, context: PredictContext) -> None:
        self._model = model
        self._schema = context.input_schema
        self._outputs = Columns(
            [describe_column(field.name, field.type) for field in context.output_schema]
        )
        self._writer = ResultWriter(self._outputs)
        self._calls = self._open(context)

    def make_engine(self) -> None:
        """Returns None: the model is Python."""

    def predict(self, data: Row) -> list[Row]:
        """Returns the rows that the model predicts: one, unless it returns several or none."""
        columns, count = self._calls.of_row(data[:])
        self._writer.write(columns if count == 1 else (columns, [0] * count), 1)
        return self._outputs.rows()

    def predict_batch(self, batch: pa.RecordBatch) -> Any:
        """Returns an array, Series or list for each column of OUTPUT, by name."""
        return self._calls.of_batch(batch.columns)

    def sample_row(self) -> Sequence[Any]:
        """Returns a row that the model probably accepts."""
        return sample_row(self._model, self._schema, self._schema.sample_row)

    def _open(self, context: PredictContext) -> Calls:
        model, properties, outputs = self._model, context.properties, context.output_schema
        refuse_pickles(model, context.allow_pickle)
        known = [str(spec["name"]) for spec in model.params]
        known += [_RESULT_COLUMNS, _PREDICT_METHOD, *config_properties(model)]
        check_properties(properties, known, "MlflowPredictFunction")
        by_type = choice(properties, _RESULT_COLUMNS, ("name", "type"), "name") == "type"
        method = choice(properties, _PREDICT_METHOD, ("predict", "predict_stream"), "predict")
        config = read_config(model, properties)
        params = read_params(model.params, properties)
        inputs = make_inputs(model, self._schema)
        shaper = ResultShaper(outputs, by_type)
        predict = context.shared("model", lambda: load(model, config, method, context.allow_pickle))
        if method == "predict_stream":
            return StreamCalls(inputs, predict, params, shaper, self._outputs.names)
        self._check_outputs(outputs, by_type, inputs, predict, params)
        checked = _checked(predict, model, inputs)
        return PredictCalls(inputs, checked, params, shaper, model.is_sklearn)

    def _check_outputs(
        self,
        outputs: Schema,
        by_type: bool,
        inputs: Inputs,
        predict: Predict,
        params: dict[str, Any],
    ) -> None:
        """Checks the number and names of the columns of OUTPUT.

        Signatures may be wrong, as MLflow does not check their outputs: those of a scikit-learn
        model with another ``predict_fn`` are often those of ``predict``. The model is therefore
        asked as well if the signature does not fit.
        """
        fits = None if by_type else outputs_fit(self._model, outputs)
        if fits or (fits is None and not self._has_sound_sample()):
            return
        try:
            result = predict(inputs.of_row(self.sample_row()), dict(params))
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


def _checked(predict: Predict, model: ModelFile, inputs: Inputs) -> Predict:
    """Adds a check to a model that may iterate over its DataFrame."""
    if not isinstance(inputs, FrameInputs):
        return predict
    is_text = not model.inputs and inputs.is_text
    return RowwisePredict(predict, model.is_sklearn) if model.is_sklearn or is_text else predict
