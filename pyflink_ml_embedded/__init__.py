# SPDX-License-Identifier: Apache-2.0
"""Python models in Flink SQL's ``ML_PREDICT``, running inside the TaskManager's JVM."""

from ._context import PredictContext
from ._decorators import batch_predict_function, predict_function
from ._exceptions import ConversionError, ModelError, PredictTimeoutError
from ._function import BatchPredictFunction, PredictFunction
from ._native import Row, __version__
from ._schema import Field, Schema

__all__ = [
    "BatchPredictFunction",
    "ConversionError",
    "Field",
    "ModelError",
    "PredictContext",
    "PredictFunction",
    "PredictTimeoutError",
    "Row",
    "Schema",
    "__version__",
    "batch_predict_function",
    "predict_function",
]
