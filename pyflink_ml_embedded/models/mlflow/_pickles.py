# SPDX-License-Identifier: Apache-2.0
"""Finds out whether MLflow models are loaded from pickles."""

from __future__ import annotations

import os

from ..._exceptions import ModelError
from .._pickles import require_pickles
from ._file import ModelFile

_VARIABLE = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
_BOOSTER = "lightgbm.basic.Booster"


def refuse_pickles(model: ModelFile, allowed: bool) -> None:
    """Refuses a model that is loaded from pickles, where these are not allowed.

    A model's own ``loader_module`` and "models from code" are code, which is not refused.

    Raises:
        ModelError: pickles are not allowed by the argument or by MLflow's own variable.
    """
    if _is_data(model):
        return
    what = f"the model in '{model.directory}' is loaded by pickle"
    if os.environ.get(_VARIABLE, "true").lower() in ("false", "0") and model.is_sklearn:
        raise ModelError(
            f"{what}, which can run any code when it is loaded, and the environment variable "
            f"{_VARIABLE} forbids that"
        )
    require_pickles(
        allowed,
        what if model.is_sklearn else f"{what}, or '{_loader(model)}' may load it so",
        "Save it as ONNX, with serialization_format='skops', or as an xgboost or lightgbm Booster",
    )


def _is_data(model: ModelFile) -> bool:
    loader = _loader(model)
    if model.is_sklearn:
        return _setting(model, "sklearn", "serialization_format", "") == "skops"
    if not model.needs_mlflow:
        return True
    if loader == "mlflow.pyfunc.model":
        return "model_code_path" in model.python_function
    if loader == "mlflow.xgboost":
        return _setting(model, "xgboost", "model_class", "xgboost.").startswith("xgboost.")
    if loader == "mlflow.lightgbm":
        return _setting(model, "lightgbm", "model_class", _BOOSTER) == _BOOSTER
    return model.is_onnx


def _loader(model: ModelFile) -> str:
    return str(model.python_function["loader_module"])


def _setting(model: ModelFile, flavor: str, key: str, default: str) -> str:
    return str((model.flavors.get(flavor) or {}).get(key, default))
