"""Loads MLflow models: by MLflow, or without it where the model does not need it."""

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
from ._environment import mismatches
from ._file import ModelFile

# Predicts what the signature asks for: a DataFrame or tensors, with the params.
Predict = Callable[[Any, dict[str, Any]], Any]

_SKLEARN = "mlflow.sklearn"

_log = logging.getLogger(__name__)


def load(model: ModelFile) -> Predict:
    """Loads a model, and warns where it was saved with other versions than are installed.

    Raises:
        ModelError: it cannot be loaded, or needs a package that is not installed.
    """
    found = mismatches(model)
    if found:
        _log.warning(
            "The model in '%s' was saved with other versions than are installed: %s",
            model.directory,
            "; ".join(found),
        )
    try:
        return _load(model)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"the model in '{model.directory}' cannot be loaded: {type(error).__name__}: {error}"
        ) from error


def import_mlflow(module: str) -> ModuleType:
    """Imports a module of MLflow, which then sends no telemetry unless the user has set so.

    Raises:
        ModelError: it is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    try:
        importlib.import_module("mlflow")
    except ModuleNotFoundError as error:
        if error.name != "mlflow":
            raise
        raise ModelError(
            "this model needs MLflow, which is not installed: "
            "pip install 'pyflink-ml-embedded[mlflow]'"
        ) from error
    return importlib.import_module(module)


def _load(model: ModelFile) -> Predict:
    loader: str = model.python_function["loader_module"]
    if loader == _SKLEARN:
        return _sklearn(model)
    if loader.partition(".")[0] != "mlflow":
        return _own_loader(model, loader)
    loaded = import_mlflow("mlflow.pyfunc").load_model(model.directory, suppress_warnings=True)
    return lambda data, params: loaded.predict(data, params=params or None)


def _own_loader(model: ModelFile, loader: str) -> Predict:
    """Loads what MLflow loads by a module in ``code/``, or an installed one."""
    settings = model.python_function
    if settings.get("code"):
        # Until open ends, but in PyFlink's worker for good.
        sys.path.insert(0, model.path_of(settings["code"]))
    path = model.path_of(settings["data"]) if "data" in settings else model.directory
    arguments = [path, settings["config"]] if settings.get("config") else [path]
    loaded = importlib.import_module(loader)._load_pyfunc(*arguments)
    return _with_params(_method(loaded, settings))


def _sklearn(model: ModelFile) -> Predict:
    settings = model.python_function
    name = settings.get("model_path") or settings.get("data")
    if name is None:
        raise ModelError(f"'{model.path}' is incomplete: it names no file of the model")
    if settings.get("code"):
        sys.path.insert(0, model.path_of(settings["code"]))
    estimator = _unpickled(model.path_of(name), model.flavors.get("sklearn") or {})
    predict = _method(estimator, settings)
    return lambda data, params: predict(data)


def _unpickled(path: str, settings: Mapping[str, Any]) -> Any:
    serialization_format = settings.get("serialization_format", "pickle")
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in ("false", "0"):
        raise ModelError(
            f"'{path}' may run any code when it is loaded, and the environment variable "
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids that"
        )
    if serialization_format == "skops":
        return _loaded_by_skops(path, settings.get("skops_trusted_types"))
    if serialization_format not in ("pickle", "cloudpickle"):
        raise ModelError(
            f"'{path}' is in the format '{serialization_format}'; known are cloudpickle, pickle "
            "and skops"
        )
    with open(path, "rb") as file:
        return pickle.load(file)  # which imports cloudpickle where the file asks for it


def _loaded_by_skops(path: str, trusted: Any) -> Any:
    try:
        import skops.io
    except ModuleNotFoundError as error:
        raise ModelError(
            f"'{path}' is in the format of skops, which is not installed: pip install skops; or "
            "save the model with serialization_format='cloudpickle'"
        ) from error
    return skops.io.load(path, trusted=trusted)


def _method(loaded: Any, settings: Mapping[str, Any]) -> Callable[..., Any]:
    name = settings.get("predict_fn", "predict")
    method: Callable[..., Any] | None = getattr(loaded, name, None)
    if method is None:
        raise ModelError(f"the loaded {type(loaded).__name__} has no method '{name}'")
    return method


def _with_params(predict: Callable[..., Any]) -> Predict:
    """Passes the params where the method has an argument of that name, as MLflow does."""
    try:
        argument = inspect.signature(predict).parameters.get("params")
    except ValueError:  # of native code
        argument = None
    if argument is not None and argument.kind is not inspect.Parameter.VAR_KEYWORD:
        return lambda data, params: predict(data, params=params)
    return lambda data, params: predict(data)
