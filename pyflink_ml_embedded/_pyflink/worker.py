# SPDX-License-Identifier: Apache-2.0
"""The common part of predict functions that PyFlink runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pyflink.table.types import RowType, _to_java_data_type
from pyflink.table.udf import FunctionContext

from .._awaiting.calls import Calls
from .._awaiting.lifecycle import close_awaited, make_calls, open_awaited
from .._context import PredictContext
from .._metrics import MetricGroup, Metrics
from .._properties import Properties
from .._schema import Field, Schema
from .._secrets import read_secrets

if TYPE_CHECKING:
    from .._function import _ModelFunction


def schema_of(given: str | Schema | RowType) -> Schema:
    """Returns the columns that were given to ``as_udtf`` or ``as_udf`` in one of their forms.

    Raises:
        ValueError: the text is not a column list.
    """
    if isinstance(given, Schema):
        return given
    if isinstance(given, str):
        return Schema.parse(given)
    return Schema(
        Field(field.name, _to_java_data_type(field.data_type).toString()) for field in given
    )


def class_name(function_class: type[_ModelFunction]) -> str:
    """Returns the class's name in the form of the option ``python-predict-class``."""
    return f"{function_class.__module__}.{function_class.__qualname__}"


@dataclass(frozen=True, slots=True)
class WorkerFunction:
    """An open function in PyFlink's worker.

    Attributes:
        function: the object of the class.
        predict: its method that predicts. It waits for the result where that is ``async def``.
        close: closes it.
    """

    function: _ModelFunction
    predict: Callable[[Any], Any]
    close: Callable[[], object]


def open_in_worker(
    function_class: type[_ModelFunction],
    model_config: str,
    function_context: FunctionContext,
    method: Literal["predict", "predict_batch"],
) -> WorkerFunction:
    """Creates, configures and opens the function of one subtask.

    Args:
        function_class: its class.
        model_config: its configuration.
        function_context: the context that PyFlink passes.
        method: that which predicts.

    Raises:
        ModelError: the methods of the class cannot work together.
    """
    config = json.loads(model_config)
    config["properties"] = read_secrets(config["properties"])
    function = function_class()
    function.set_model_config(json.dumps(config))
    context = PredictContext(
        model=function_class.__name__,
        model_directory=config["model_directory_path"],
        properties=Properties(config["properties"]),
        input_schema=Schema.from_json(config["input_schema"]),
        output_schema=Schema.from_json(config["output_schema"]),
        # PyFlink before 2.3 does not have these methods.
        subtask_index=getattr(function_context, "get_index_of_this_subtask", lambda: 0)(),
        parallelism=getattr(function_context, "get_number_of_parallel_subtasks", lambda: 1)(),
        archives=_archives(),
        metrics=_metric_group(function_context),
    )
    calls = make_calls(function, method, context.model, None)
    if calls is None:
        function.open(context)
        return WorkerFunction(function, getattr(function, method), function.close)
    open_awaited(calls, function, context)
    return WorkerFunction(
        function, getattr(calls, method), partial(_close_awaited, calls, function)
    )


def _close_awaited(calls: Calls, function: _ModelFunction) -> None:
    try:
        close_awaited(calls, function)
    finally:
        calls.loop.close()


def _archives() -> Path | None:
    """Returns the directory of the job's archives, which is PyFlink's working directory."""
    directory = os.environ.get("_PYTHON_WORKING_DIR")
    return Path(directory) if directory else None


def _metric_group(function_context: FunctionContext) -> MetricGroup:
    """Returns PyFlink's group, or one that nobody reads.

    PyFlink has none if ``python.metric.enabled`` is false. In thread mode, which imports pemja, its
    metrics raise errors.
    """
    if "pemja" in sys.modules:
        return Metrics().group
    try:
        group: MetricGroup = function_context.get_metric_group()
    except RuntimeError:
        return Metrics().group
    return group
