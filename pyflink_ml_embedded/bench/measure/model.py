# SPDX-License-Identifier: Apache-2.0
"""The model of a workload, without Flink around it."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from functools import partial
from typing import Any

from ..._batch.call import BatchCaller
from ..._context import PredictContext, make_model_config
from ..._function import wants_numpy_arrays
from ..._native import Columns, OpenFunction, Row
from ..._runtime.loader import load_class
from ..._runtime.private_modules import PrivateModules
from .workload import Workload, describe_columns

__all__ = ["as_rows", "find_methods", "load_model", "open_path"]


def find_methods(workload: Workload) -> list[str]:
    """Returns which of ``predict`` and ``predict_batch`` the model has.

    Raises:
        ModelError: the class cannot be loaded.
    """
    modules = _modules_of(workload)
    try:
        function_class = load_class(workload.python_class, modules)
        return [name for name in ("predict", "predict_batch") if hasattr(function_class, name)]
    finally:
        if modules is not None:
            modules.release()


def load_model(workload: Workload, context: PredictContext | None = None) -> Any:
    """Loads, configures and opens the model, for the rest of this process.

    Args:
        workload: the workload of the model.
        context: that of the function that calls the model, with the model's properties.
    """
    context = context or _make_context(workload)
    function = load_class(workload.python_class, _modules_of(workload))()
    function.set_model_config(
        make_model_config(
            workload.python_class,
            workload.inputs,
            workload.outputs,
            workload.model_directory,
            context.properties,
        )
    )
    function.open(context)
    return function


def _make_context(workload: Workload) -> PredictContext:
    return PredictContext(
        model=workload.name,
        model_directory=workload.model_directory,
        properties=workload.properties,
        input_schema=workload.inputs,
        output_schema=workload.outputs,
        subtask_index=0,
        parallelism=1,
    )


def open_path(function: Any, workload: Workload, batch_size: int) -> OpenFunction:
    """Returns a path that calls the function as the provider does, without Java.

    Args:
        function: the open model.
        workload: the workload of the model.
        batch_size: the rows in a call of ``predict_batch``; 0 calls ``predict``.
    """
    make: Callable[[Columns], Any] | None = None
    if batch_size > 0 or not hasattr(function, "predict"):
        make = partial(BatchCaller, function)
    return OpenFunction(
        function,
        workload.name,
        describe_columns(workload.input),
        describe_columns(workload.output),
        contextvars.Context(),
        wants_numpy_arrays(type(function)),
        batch_size,
        make,
    )


def as_rows(function: Any, workload: Workload) -> list[Row]:
    """Returns the rows of the workload as ``predict`` receives them."""
    columns = Columns(describe_columns(workload.input), wants_numpy_arrays(type(function)))
    columns.write(workload.tuples())
    return columns.rows()


def _modules_of(workload: Workload) -> PrivateModules | None:
    directory = workload.model_directory
    return None if directory is None else PrivateModules.of(directory)
