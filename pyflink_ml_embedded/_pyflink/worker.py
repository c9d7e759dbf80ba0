# SPDX-License-Identifier: Apache-2.0
"""The common part of predict functions that PyFlink runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pyflink.table.types import RowType, _to_java_data_type
from pyflink.table.udf import FunctionContext

from .._context import PredictContext
from .._metrics import MetricGroup, Metrics
from .._properties import Properties
from .._schema import Field, Schema

if TYPE_CHECKING:
    from .._function import _ModelFunction

_Function = TypeVar("_Function", bound="_ModelFunction")


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


def open_in_worker(
    function_class: type[_Function], model_config: str, function_context: FunctionContext
) -> _Function:
    """Creates, configures and opens the function of one subtask."""
    config = json.loads(model_config)
    function = function_class()
    function.set_model_config(model_config)
    function.open(
        PredictContext(
            model=function_class.__name__,
            model_directory=config["model_directory_path"],
            properties=Properties(config["properties"]),
            input_schema=Schema.from_json(config["input_schema"]),
            output_schema=Schema.from_json(config["output_schema"]),
            # PyFlink before 2.3 does not have these methods.
            subtask_index=getattr(function_context, "get_index_of_this_subtask", lambda: 0)(),
            parallelism=getattr(function_context, "get_number_of_parallel_subtasks", lambda: 1)(),
            metrics=_metric_group(function_context),
        )
    )
    return function


def _metric_group(function_context: FunctionContext) -> MetricGroup:
    """Returns PyFlink's group, or one that nobody reads if ``python.metric.enabled`` is false."""
    try:
        group: MetricGroup = function_context.get_metric_group()
    except RuntimeError:
        return Metrics().group
    return group
