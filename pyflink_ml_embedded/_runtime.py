"""What native code calls when a function is opened and closed."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from ._errors import DescribedError, describe_step
from ._function import AnyPredictFunction, PredictContext, wants_numpy_arrays
from ._loader import load_class
from ._native import Columns, OpenFunction
from ._schema import Field, Schema

# The loader's release functions, by the ids of the open paths.
_releases: dict[int, Callable[[], None]] = {}


def open_function(request: str) -> OpenFunction:
    """Loads, configures and opens a predict function.

    Args:
        request: the model, its class, configuration and columns, as JSON.

    Raises:
        DescribedError: it could not be opened; everything that was taken is freed.
    """
    asked = json.loads(request)
    variables = contextvars.Context()
    try:
        return variables.run(_open, asked, variables)
    except BaseException as error:
        failure = describe_step(error, asked["model"], "open")
    # Out of the except clause, so that neither traceback nor context keeps the model.
    gc.collect()
    raise DescribedError(failure)


def close_function(path: OpenFunction) -> None:
    """Closes the predict function and gives its modules back.

    Raises:
        DescribedError: the function's ``close()`` failed; everything is freed all the same.
    """
    failure = None
    try:
        path.context.run(path.function.close)
    except BaseException as error:
        failure = describe_step(error, path.model, "close")
    path.close()
    _releases.pop(id(path))()
    gc.collect()
    if failure is not None:
        raise DescribedError(failure)


def _open(asked: Mapping[str, Any], variables: contextvars.Context) -> OpenFunction:
    model: str = asked["model"]
    model_config: str = asked["model_config"]
    config = _as_mapping(model_config)
    function_class, release = load_class(asked["python_class"], config.get("model_directory_path"))
    try:
        numpy_arrays = wants_numpy_arrays(function_class)
        function = function_class()
        function.set_model_config(model_config)
        context = PredictContext(
            model=model,
            model_directory=config.get("model_directory_path"),
            properties=MappingProxyType(config.get("properties", {})),
            input_schema=_schema(asked["input"]),
            output_schema=_schema(asked["output"]),
            subtask_index=asked["subtask_index"],
            parallelism=asked["parallelism"],
        )
        _open_or_close(function, context)
        path = OpenFunction(
            function,
            model,
            asked["input"],
            asked["output"],
            variables,
            numpy_arrays,
            asked["batch_size"],
            _make_predict_batch(function, asked["batch_size"]),
        )
    except BaseException:
        release()
        raise
    _releases[id(path)] = release
    return path


def _make_predict_batch(function: Any, batch_size: int) -> Callable[[Columns], Any] | None:
    """Chooses between a function's ways of predicting: batches where there are any."""
    if not hasattr(function, "predict_batch") or (batch_size == 0 and hasattr(function, "predict")):
        return None
    from ._batch import BatchCaller  # needs pyarrow, which row functions do without

    return partial(BatchCaller, function)


def _open_or_close(function: AnyPredictFunction, context: PredictContext) -> None:
    try:
        function.open(context)
    except BaseException:
        # What close raises here follows from open's failure, which is what to report.
        with contextlib.suppress(BaseException):
            function.close()
        raise


def _as_mapping(model_config: str) -> Mapping[str, Any]:
    """Reads FLIP-552's form; another provider's own form has nothing for us."""
    try:
        config = json.loads(model_config)
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}


def _schema(columns: Sequence[Mapping[str, Any]]) -> Schema:
    return Schema(Field(column["name"], column["type"]) for column in columns)
