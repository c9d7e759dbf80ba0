# SPDX-License-Identifier: Apache-2.0
"""Loads MLflow models, without MLflow if the model does not need it."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ..._exceptions import ModelError
from .._requirements import require_package
from ._environment import mismatches
from ._file import ModelFile

# Takes the inputs (a DataFrame or tensors) and the params.
Predict = Callable[[Any, dict[str, Any]], Any]

_log = logging.getLogger(__name__)


def load(model: ModelFile) -> Predict:
    """Loads a model, and logs a warning if it was saved with other versions of packages.

    Raises:
        ModelError: the model cannot be loaded, or it needs a package that is not installed.
    """
    found = mismatches(model)
    if found:
        _log.warning(
            "The model in '%s' was saved with other versions than those installed: %s",
            model.directory,
            "; ".join(found),
        )
    try:
        return _load(model)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"cannot load the model in '{model.directory}': {type(error).__name__}: {error}"
        ) from error


def import_mlflow(module: str) -> ModuleType:
    """Imports a module of MLflow, with telemetry disabled unless the user has enabled it.

    Raises:
        ModelError: MLflow is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    require_package("mlflow", "mlflow")
    return importlib.import_module(module)


def _load(model: ModelFile) -> Predict:
    loader: str = model.python_function["loader_module"]
    if model.is_sklearn:
        return _sklearn(model)
    if not model.needs_mlflow:
        return _own_loader(model, loader)
    loaded = import_mlflow("mlflow.pyfunc").load_model(model.directory, suppress_warnings=True)
    return lambda data, params: loaded.predict(data, params=params or None)


def _own_loader(model: ModelFile, loader: str) -> Predict:
    """Loads a model by its ``loader_module``, which is in ``code/`` or installed."""
    settings = model.python_function
    _add_code(model)
    path = model.path_of(settings["data"]) if "data" in settings else model.directory
    arguments = [path, settings["config"]] if settings.get("config") else [path]
    loaded = importlib.import_module(loader)._load_pyfunc(*arguments)
    return _with_params(_method(loaded, settings))


def _sklearn(model: ModelFile) -> Predict:
    settings = model.python_function
    name = settings.get("model_path") or settings.get("data")
    if name is None:
        raise ModelError(
            f"flavor 'python_function' in '{model.path}' has no 'model_path', so the file is "
            "incomplete: copy the model again"
        )
    _add_code(model)
    estimator = _unpickled(model.path_of(name), model.flavors.get("sklearn") or {})
    predict = _method(estimator, settings)
    return lambda data, params: predict(data)


def _add_code(model: ModelFile) -> None:
    """Makes the modules in ``code/`` importable until open ends, or forever in PyFlink's worker."""
    if model.python_function.get("code"):
        sys.path.insert(0, model.path_of(model.python_function["code"]))


def _unpickled(path: str, settings: Mapping[str, Any]) -> Any:
    serialization_format = settings.get("serialization_format", "pickle")
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in ("false", "0"):
        raise ModelError(
            f"'{path}' is a pickle, which can run any code when it is loaded, and the environment "
            "variable MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids that"
        )
    if serialization_format == "skops":
        return _loaded_by_skops(path, settings.get("skops_trusted_types"))
    if serialization_format not in ("pickle", "cloudpickle"):
        raise ModelError(
            f"'{path}' has the format '{serialization_format}'; supported formats are: "
            "cloudpickle, pickle, skops"
        )
    with open(path, "rb") as file:
        return pickle.load(file)  # imports cloudpickle if the file needs it


def _loaded_by_skops(path: str, trusted: Any) -> Any:
    try:
        import skops.io
    except ModuleNotFoundError as error:
        raise ModelError(
            f"'{path}' has the format of skops, which is not installed: pip install skops, or save "
            "the model with serialization_format='cloudpickle'"
        ) from error
    return skops.io.load(path, trusted=trusted)


def _method(loaded: Any, settings: Mapping[str, Any]) -> Callable[..., Any]:
    name = settings.get("predict_fn", "predict")
    method: Callable[..., Any] | None = getattr(loaded, name, None)
    if method is None:
        raise ModelError(f"the model is a {type(loaded).__name__}, which has no method '{name}'")
    return method


def _with_params(predict: Callable[..., Any]) -> Predict:
    """Passes the params if the method has an argument of that name, as MLflow does."""
    try:
        argument = inspect.signature(predict).parameters.get("params")
    except ValueError:  # native code
        argument = None
    if argument is not None and argument.kind is not inspect.Parameter.VAR_KEYWORD:
        return lambda data, params: predict(data, params=params)
    return lambda data, params: predict(data)
