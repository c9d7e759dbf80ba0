# SPDX-License-Identifier: Apache-2.0
"""A predict function for MLflow models of the flavor ``python_function``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from ..._context import PredictContext
from ..._engine import EnginePredictFunction
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Engine, Row
from ._file import ModelFile, read_model_file
from ._loaders import warn_of_versions
from ._pyfunc import PyfuncRunner


class _Runner(Protocol):
    """Predicts with a model of one kind."""

    def make_engine(self) -> Engine | None:
        """Returns a new engine, or None if only Python can predict."""

    def predict(self, data: Row) -> Sequence[Any]:
        """Returns the results of one row."""

    def predict_batch(self, batch: pa.RecordBatch) -> Any:
        """Returns the results of a batch."""

    def sample_row(self) -> Sequence[Any] | None:
        """Returns a row that the model probably accepts."""


class MlflowPredictFunction(EnginePredictFunction, PredictFunction, BatchPredictFunction):
    """Predicts with an MLflow model: a model directory with the file ``MLmodel``.

    The columns of INPUT are matched with the inputs of the model's signature by name, or by
    position if the inputs have no names, and are converted to their types. A value that its type
    cannot hold fails the row. NULL becomes NaN in floating-point numbers; in integers and required
    booleans it fails the row. Without a signature, the model gets a DataFrame of the unconverted
    columns.

    The columns of OUTPUT are selected by name, or by position if no name matches.

    Models of scikit-learn, and models with their own ``loader_module``, do not need MLflow. Those
    of the flavor ``onnx`` are run by ``OnnxPredictFunction``, with its properties.

    Properties:
        (names of params): the params of the signature.
        model-config.(key): values of the model's configuration.
        predict-method: ``predict`` (default) or ``predict_stream``, whose chunks are rows.
        result-columns: ``name`` (default), or ``type``, as in ``mlflow.pyfunc.spark_udf``.
    """

    def open(self, context: PredictContext) -> None:
        """Loads the model, or shares the one that another subtask has loaded.

        Raises:
            ModelError: the directory is not an MLflow model, the columns or properties do not fit
                it, or it cannot be loaded.
        """
        self._runner = _open(read_model_file(context.model_directory), context)

    def make_engine(self) -> Engine | None:
        """Returns the engine of an ONNX file, where C can run it."""
        return self._runner.make_engine()

    def predict(self, data: Row) -> Sequence[Any]:
        """Returns the rows that the model predicts: one, unless it returns several or none."""
        return self._runner.predict(data)

    def predict_batch(self, batch: pa.RecordBatch) -> Any:
        """Returns an array, Series or list for each column of OUTPUT, by name."""
        return self._runner.predict_batch(batch)

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row: the first of the saved input example, where its values fit."""
        return self._runner.sample_row()


def _open(model: ModelFile, context: PredictContext) -> _Runner:
    if not model.is_onnx:
        return PyfuncRunner(model, context)
    from ._onnx import OnnxRunner  # other models do not need onnxruntime

    warn_of_versions(model)
    return OnnxRunner(model, context)
