"""What native code calls when a function is opened and closed."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import json
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from .._context import PredictContext
from .._exceptions import DescribedError
from .._function import AnyPredictFunction, wants_numpy_arrays
from .._native import Columns, OpenFunction
from .._properties import flag
from .._schema import Field, Schema
from .._sharing import SHARE_PROPERTY, SharedObjects
from .background import begin_version, collect, end_version, giving_way
from .describe import describe_step
from .formats import find_class
from .loader import load_class
from .private_modules import PrivateModules
from .public_imports import public_imports
from .warm_up import warm_up

# Addresses that MLflow's client resolves, and not Flink's file systems.
_REGISTRIES = ("models:/", "runs:/")


def open_function(request: str) -> OpenFunction:
    """Loads, configures and opens a predict function.

    Args:
        request: the model, its class, configuration and columns, as JSON.

    Raises:
        DescribedError: it could not be opened; everything that was taken is freed.
    """
    asked = json.loads(request)
    try:
        with giving_way() if asked.get("background") else contextlib.nullcontext():
            return _open(asked)
    except BaseException as error:
        failure = describe_step(error, asked["model"], "open")
    # Out of the except clause, so that neither traceback nor context keeps the model.
    gc.collect()
    raise DescribedError(failure)


def close_function(opened: OpenFunction) -> None:
    """Closes the predict function and releases its modules.

    Raises:
        DescribedError: the function's ``close()`` failed; everything is freed all the same.
    """
    failure = None
    try:
        opened.context.run(opened.function.close)
    except BaseException as error:
        failure = describe_step(error, opened.model, "close")
    is_gone = _watch(opened.function)
    opened.close()
    collect(is_gone)
    if failure is not None:
        raise DescribedError(failure)


def _open(asked: Mapping[str, Any]) -> OpenFunction:
    model_config: str = asked["model_config"]
    config = _as_mapping(model_config)
    origin: str | None = config.get("model_directory_path")
    directory = _local_directory(asked, origin)
    if directory != origin:
        model_config = json.dumps({**config, "model_directory_path": directory})
    taken = contextlib.ExitStack()
    with _closed_on_error(taken.close):
        if asked.get("background"):
            begin_version()
            taken.callback(end_version)
        modules = None
        if directory is not None:
            modules = PrivateModules.of(directory, origin)
            taken.callback(modules.release)
        python_class = asked["python_class"] or find_class(directory)
        properties = config.get("properties", {})
        shared = _shared_objects(python_class, modules, properties)
        taken.callback(shared.release)
        context = PredictContext(
            model=asked["model"],
            model_directory=directory,
            properties=MappingProxyType(properties),
            input_schema=_schema(asked["input"]),
            output_schema=_schema(asked["output"]),
            subtask_index=asked["subtask_index"],
            parallelism=asked["parallelism"],
            _shared=shared,
        )
        variables = contextvars.Context()
        with public_imports(modules):
            function = variables.run(_make_function, python_class, modules, model_config)
            with _closed_on_error(partial(variables.run, function.close)):
                variables.run(function.open, context)
                make_opened = partial(_make_opened, asked, function, variables)
                opened = make_opened(taken)
                if asked.get("warm_up"):
                    warm_up(make_opened, asked["warm_up"], asked["batch_size"] > 0)
        return opened


def _watch(function: object) -> Callable[[], bool]:
    """Returns what says whether an object is gone; false where that cannot be known."""
    try:
        reference = weakref.ref(function)
    except TypeError:
        return lambda: False
    return lambda: reference() is None


def _local_directory(asked: Mapping[str, Any], origin: str | None) -> str | None:
    """Returns where the files of the model are on this host."""
    if origin is not None and origin.startswith(_REGISTRIES):
        from ..models.mlflow._registry import fetch_registered

        return fetch_registered(origin, asked["cache_directory"])
    fetched: str | None = asked.get("model_directory")
    return origin if fetched is None else fetched


def _shared_objects(
    python_class: str, modules: PrivateModules | None, properties: Mapping[str, str]
) -> SharedObjects:
    if not flag(properties, SHARE_PROPERTY, True):
        return SharedObjects()
    files = python_class if modules is None else (modules.directory, modules.fingerprint)
    return SharedObjects((files, frozenset(properties.items())))


def _make_function(
    python_class: str, modules: PrivateModules | None, model_config: str
) -> AnyPredictFunction:
    function = load_class(python_class, modules)()
    function.set_model_config(model_config)
    return function


@contextlib.contextmanager
def _closed_on_error(close: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # What close raises here follows from the failure, which is what to report.
        with contextlib.suppress(BaseException):
            close()
        raise


def _make_opened(
    asked: Mapping[str, Any],
    function: AnyPredictFunction,
    variables: contextvars.Context,
    resources: contextlib.ExitStack | None = None,
) -> OpenFunction:
    return OpenFunction(
        function,
        asked["model"],
        asked["input"],
        asked["output"],
        variables,
        wants_numpy_arrays(type(function)),
        asked["batch_size"],
        _make_predict_batch(function, asked["batch_size"]),
        resources,
    )


def _make_predict_batch(function: Any, batch_size: int) -> Callable[[Columns], Any] | None:
    """Chooses between a function's ways of predicting: batches where there are any."""
    if not hasattr(function, "predict_batch") or (batch_size == 0 and hasattr(function, "predict")):
        return None
    from .._batch.call import BatchCaller  # needs pyarrow, which row functions do without

    return partial(BatchCaller, function)


def _as_mapping(model_config: str) -> Mapping[str, Any]:
    """Reads FLIP-552's form; another provider's own form has nothing for us."""
    try:
        config = json.loads(model_config)
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}


def _schema(columns: Sequence[Mapping[str, Any]]) -> Schema:
    return Schema(Field(column["name"], column["type"]) for column in columns)
