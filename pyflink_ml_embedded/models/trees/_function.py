# SPDX-License-Identifier: Apache-2.0
"""A predict function for boosted trees, run by LightGBM or XGBoost in the calling thread."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

from ..._context import PredictContext
from ..._engine import EnginePredictFunction
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Engine, Row
from ..._properties import check_properties, choice, integer
from ._engine import make_engine
from ._file import find_file
from ._inputs import Inputs
from ._lightgbm import load_lightgbm
from ._model import Iterations, Output, Settings, TreeModel
from ._outputs import Outputs
from ._xgboost import load_xgboost

if TYPE_CHECKING:
    import pyarrow as pa

_PROPERTIES = ("engine", "iterations", "model-file", "output", "threads")


class TreesPredictFunction(EnginePredictFunction, PredictFunction, BatchPredictFunction):
    """Predicts with a model file of LightGBM or XGBoost, exactly as ``Booster.predict`` does.

    The columns of INPUT are matched with the model's features by name, in any order, or by
    position if no name matches. One ARRAY column may have all features. NULL is a missing value.
    A categorical feature takes the categories themselves, if the file has them.

    The columns of OUTPUT are the results in order, or one ARRAY of them: one for regression,
    ranking and a binary classifier's probability; one for each class otherwise.

    Properties:
        engine: ``c`` calls the library without Python between rows, ``python`` by Python; ``auto``
            (default) is ``c`` where that can predict.
        model-file: the file in the model directory; required if there are several.
        output: ``prediction`` (default), or ``raw`` for the sum of the trees.
        iterations: for XGBoost: ``all``; ``best`` for those up to the best of early stopping; or
            ``auto`` (default), which is ``best`` if an estimator such as ``XGBClassifier`` saved
            the file and ``all`` if a ``Booster`` did, as their own ``predict`` does.
        threads: how many threads one prediction uses; 1 by default.
    """

    array_format: ClassVar[Literal["list", "numpy"]] = "numpy"

    def open(self, context: PredictContext) -> None:
        """Loads the file, and matches the columns with its features and results.

        Raises:
            ModelError: a property is wrong, or the file is missing, cannot be loaded or does not
                fit the columns.
        """
        model = find_model(context)
        self._context = context
        self._model = model
        self._predict = model.predict
        self._inputs = Inputs(context.input_schema, model)
        self._outputs = Outputs(context.output_schema, model)

    def make_engine(self) -> Engine | None:
        """Returns an engine, unless only Python can predict.

        Raises:
            ModelError: the property ``engine`` is ``c``, and C cannot predict.
        """
        return make_engine(self._model, self._inputs, self._outputs, self._context)

    def predict(self, data: Row) -> list[Sequence[Any]]:
        """Returns the one row that the model predicts."""
        return [self._outputs.of_row(self._predict(self._inputs.of_row(data[:]))[0])]

    def predict_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name."""
        return self._outputs.of_batch(
            self._predict(self._inputs.of_batch(batch, self.feature_matrix))
        )

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row with known categories, and with an ARRAY of the right length."""
        row = super().warm_up_row()
        return None if row is None else self._inputs.sample_row(row)


def find_model(context: PredictContext) -> TreeModel:
    """Loads the file of a model directory, unless another function of the model has loaded it.

    Raises:
        ModelError: a property is wrong, or the file is missing or cannot be loaded.
    """
    check_properties(context.properties, _PROPERTIES, "TreesPredictFunction")
    path, library = find_file(context.model_directory, context.properties.get("model-file"))
    settings = _settings(context.properties)
    load = load_lightgbm if library == "LightGBM" else load_xgboost
    return context.shared(("trees", os.path.basename(path)), lambda: load(path, settings))


def _settings(properties: Mapping[str, str]) -> Settings:
    iterations = None
    if "iterations" in properties:
        iterations = cast(
            Iterations, choice(properties, "iterations", get_args(Iterations), "auto")
        )
    return Settings(
        output=cast(Output, choice(properties, "output", get_args(Output), "prediction")),
        iterations=iterations,
        threads=integer(properties, "threads", 1, 1),
    )
