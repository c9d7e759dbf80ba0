# SPDX-License-Identifier: Apache-2.0
"""Loads MLflow models, without MLflow if the model does not need it."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from ..._exceptions import ModelError
from .._requirements import require_package
from ._environment import mismatches
from ._file import ModelFile
from ._lightgbm import LightgbmPredict, is_lightgbm

# Takes the inputs (a DataFrame or tensors) and the params.
Predict = Callable[[Any, dict[str, Any]], Any]

_log = logging.getLogger(__name__)


def load(
    model: ModelFile, config: dict[str, Any], method: str, allow_pickle: bool = True
) -> Predict:
    """Loads a model, and logs a warning if it was saved with other versions of packages.

    Args:
        model: the model.
        config: its configuration.
        method: ``predict`` or ``predict_stream``.
        allow_pickle: whether it may choose the types that skops trusts.

    Raises:
        ModelError: the model cannot be loaded, or it needs a package that is not installed.
    """
    warn_of_versions(model)
    try:
        return _load(model, config, method, allow_pickle)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"cannot load the model in '{model.directory}': {type(error).__name__}: {error}"
        ) from error


def warn_of_versions(model: ModelFile) -> None:
    """Logs a warning if the model was saved with other versions of packages."""
    found = mismatches(model)
    if found:
        _log.warning(
            "The model in '%s' was saved with other versions than those installed: %s",
            model.directory,
            "; ".join(found),
        )


def import_mlflow(module: str) -> ModuleType:
    """Imports a module of MLflow, with telemetry disabled unless the user has enabled it.

    Raises:
        ModelError: MLflow is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    require_package("mlflow", "mlflow")
    return importlib.import_module(module)


def _load(model: ModelFile, config: dict[str, Any], method: str, allow_pickle: bool) -> Predict:
    if method == "predict_stream" and not model.is_streamable:
        raise ModelError(
            f"the model in '{model.directory}' has no method 'predict_stream': remove the option "
            "'properties.predict-method'"
        )
    if model.is_sklearn:
        return _sklearn(model, allow_pickle)
    if not model.needs_mlflow:
        return _own_loader(model, config)
    pyfunc = import_mlflow("mlflow.pyfunc")
    with _imports_of_script():
        loaded = pyfunc.load_model(
            model.directory, suppress_warnings=True, model_config=config or None
        )
    if model.python_function["loader_module"] == "mlflow.lightgbm":
        raw = loaded.get_raw_model()
        return LightgbmPredict(raw, raw.predict)
    predict = getattr(loaded, method)
    return lambda data, params: predict(data, params=params or None)


@contextmanager
def _imports_of_script() -> Iterator[None]:
    """Lets the functions of a model's script import the model's modules when they are called.

    While a model is opened, cloudpickle has the builtins of the model's modules. Those of a script
    that MLflow runs ("models from code") must be set before it runs.
    """
    from cloudpickle import cloudpickle

    utils: Any = importlib.import_module("mlflow.models.utils")
    prepare = getattr(utils, "_mock_dbutils", None)  # which MLflow calls before it runs a script
    if prepare is None:
        yield
        return

    def prepared(namespace: dict[str, Any]) -> Any:
        namespace["__builtins__"] = vars(cloudpickle)["__builtins__"]
        return prepare(namespace)

    utils._mock_dbutils = prepared
    try:
        yield
    finally:
        utils._mock_dbutils = prepare


def _own_loader(model: ModelFile, config: dict[str, Any]) -> Predict:
    """Loads a model by its ``loader_module``, which is in ``code/`` or installed."""
    settings = model.python_function
    _add_code(model)
    path = model.path_of(settings["data"]) if "data" in settings else model.directory
    module = importlib.import_module(settings["loader_module"])
    # MLflow 0 named it without the underscore.
    load_pyfunc = getattr(module, "_load_pyfunc", None) or getattr(module, "load_pyfunc", None)
    if load_pyfunc is None:
        raise ModelError(f"the loader module '{module.__name__}' has no function '_load_pyfunc'")
    loaded = load_pyfunc(path, config) if config else load_pyfunc(path)
    return _with_params(_method(loaded, settings))


def _sklearn(model: ModelFile, allow_pickle: bool) -> Predict:
    settings = model.python_function
    name = settings.get("model_path") or settings.get("data")
    if name is None:
        raise ModelError(
            f"flavor 'python_function' in '{model.path}' has no 'model_path', so the file is "
            "incomplete: copy the model again"
        )
    _add_code(model)
    estimator = _loaded(model.path_of(name), model.flavors.get("sklearn") or {}, allow_pickle)
    predict = _method(estimator, settings)
    if is_lightgbm(estimator):
        return LightgbmPredict(estimator, predict)
    return lambda data, params: predict(data)


def _add_code(model: ModelFile) -> None:
    """Makes the modules in ``code/`` importable until open ends, or forever in PyFlink's worker."""
    if model.python_function.get("code"):
        sys.path.insert(0, model.path_of(model.python_function["code"]))


def _loaded(path: str, settings: Mapping[str, Any], allow_pickle: bool) -> Any:
    serialization_format = settings.get("serialization_format", "pickle")
    if serialization_format == "skops":
        # With all types trusted, skops calls as much as pickle does.
        return _loaded_by_skops(path, settings.get("skops_trusted_types") if allow_pickle else None)
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
