# SPDX-License-Identifier: Apache-2.0
"""Opens and closes predict functions for native code."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import logging
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .._awaiting.calls import Calls
from .._awaiting.lifecycle import close_awaited, make_calls, open_awaited
from .._context import PredictContext
from .._engine import make_engine
from .._exceptions import DescribedError, ModelError
from .._function import AnyPredictFunction, wants_numpy_arrays
from .._metrics import Metrics
from .._native import Columns, Engine, OpenFunction
from .._properties import Properties, flag
from .._sharing import SHARE_PROPERTY, SharedObjects
from . import log_levels, model_output, signals
from .background import begin_version, collect, end_version, giving_way
from .dependencies import archives_of, private_imports, use_for_process
from .describe import describe_step
from .formats import find_class
from .lifecycle import Lifecycle
from .loader import check_class, load_class
from .monitoring import start_monitoring
from .private_modules import PrivateModules
from .process_state import state
from .public_imports import public_imports, turn_of
from .request import OpenRequest
from .silence import warn_if_silent
from .warm_up import warm_up
from .warning_filters import error_filters_of, release_error_filters

_log = logging.getLogger(__name__)


def open_function(
    request: str,
    owns_process: bool = False,
    predict_class: type[AnyPredictFunction] | None = None,
) -> OpenFunction:
    """Loads, configures and opens a predict function.

    Args:
        request: an :class:`OpenRequest` as JSON.
        owns_process: whether this process runs only functions of the model with the same
            dependencies.
        predict_class: the class of the function, where it need not be loaded by its name.

    Raises:
        DescribedError: the function cannot be opened; everything is released.
    """
    parsed = OpenRequest.parse(request)
    lifecycle = Lifecycle(parsed)
    try:
        with giving_way() if parsed.background else contextlib.nullcontext():
            opened = _open(parsed, lifecycle, owns_process, predict_class)
        lifecycle.log_open()
        return opened
    except BaseException as error:
        lifecycle.end()
        failure = describe_step(error, parsed.model, "open")
    finally:
        signals.restore(parsed.model)
    # Outside of the except clause, so that neither traceback nor context keeps the model.
    model_output.end(parsed.model)
    gc.collect()
    raise DescribedError(failure)


def close_function(opened: OpenFunction) -> None:
    """Closes the predict function and releases its modules.

    Raises:
        DescribedError: the function's ``close()`` failed; everything is released all the same.
    """
    failure = None
    opened.activity.begin_close()
    with state.step(opened.model, "close"):
        try:
            state.run(opened.context, _close, opened.function, opened.awaiter)
        except BaseException as error:
            failure = describe_step(error, opened.model, "close")
        warn_if_silent(opened)
        model_output.end(opened.model)
        signals.restore(opened.model)
        function = _watch(opened.function)
        opened.close()
        collect(function)
    state.warn_of_threads()
    opened.activity.log_close()
    if failure is not None:
        raise DescribedError(failure)


def _open(
    request: OpenRequest,
    lifecycle: Lifecycle,
    owns_process: bool,
    predict_class: type[AnyPredictFunction] | None,
) -> OpenFunction:
    request = request.with_secrets()
    directory = None if request.files is None else request.files.fetch()
    resources = contextlib.ExitStack()
    with _closed_on_error(resources.close):
        if request.background:
            begin_version()
            resources.callback(end_version)
        modules = None
        if request.dependencies is not None:
            if owns_process:
                use_for_process(request.dependencies)
            else:
                modules = private_imports(request.dependencies.import_paths, resources)
        if request.files is not None and directory is not None:
            modules = PrivateModules.of(directory, request.files.origin, modules)
            resources.callback(modules.release)
        python_class = request.python_class or find_class(directory)
        lifecycle.find(python_class, directory)
        metrics = Metrics(request.model)
        shared = _shared_objects(python_class, modules, request.properties, metrics)
        resources.callback(shared.release)
        context = PredictContext(
            model=request.model,
            model_directory=directory,
            properties=MappingProxyType(Properties(request.properties)),
            allow_pickle=request.allow_pickle,
            input_schema=request.input_schema,
            output_schema=request.output_schema,
            subtask_index=request.subtask_index,
            parallelism=request.parallelism,
            archives=archives_of(request.dependencies),
            metrics=metrics.group,
            _shared=shared,
        )
        config = request.config_in(directory)
        variables = contextvars.Context()
        variables.run(signals.current_model.set, request.model)
        resources.callback(release_error_filters, request.model)
        with (
            turn_of(modules),
            state.step(request.model, "open"),
            error_filters_of(request.model),
            public_imports(modules),
        ):
            load = partial(load_class, python_class, modules)
            if predict_class is not None:
                load = partial(check_class, predict_class, python_class)
            function = state.run(variables, _make_function, load, config)
            method = _predicting_method(function, request.batch_size is not None)
            calls = make_calls(function, method, request.model, request.predict_timeout)
            if calls is not None:
                resources.callback(calls.loop.close)
            _check_options(function, method, request, calls is not None)
            if calls is not None and request.batch_size is None and not request.background:
                _warn_of_single_rows(request.model)
            with _closed_on_error(partial(state.run, variables, _close, function, calls)):
                if calls is None:
                    state.run(variables, function.open, context)
                else:
                    state.run(variables, open_awaited, calls, function, context)
                variables.run(metrics.complete)
                make_opened = partial(_make_opened, request, function, variables, calls)
                opened = make_opened(resources, metrics, lifecycle)
                if calls is not None:
                    calls.loop.watch(opened)
                if request.warm_up != "off":
                    is_required = request.warm_up == "require"
                    opened.warm_up_nanoseconds = warm_up(
                        make_opened, is_required, request.batch_size is not None
                    )
                start_monitoring(request, opened, resources)
                state.follow(opened, resources)
            log_levels.follow(resources)
        return opened


def _close(function: AnyPredictFunction, calls: Calls | None) -> None:
    if calls is None:
        function.close()
    else:
        close_awaited(calls, function)


def _warn_of_single_rows(model: str) -> None:
    _log.warning(
        "Model '%s': predict is 'async def', but its rows await one after the other, because "
        "'batch-size' is 1. With 'batch-size' = '2' or more, as many rows await at once as "
        "'max-concurrent-operations' allows",
        model,
    )


def _watch(function: object) -> weakref.ref[Any] | None:
    try:
        return weakref.ref(function)
    except TypeError:
        return None


def _shared_objects(
    python_class: str,
    modules: PrivateModules | None,
    properties: Mapping[str, str],
    metrics: Metrics,
) -> SharedObjects:
    if not flag(properties, SHARE_PROPERTY, True):
        return SharedObjects(on_change=metrics.set_shared)
    files: object = python_class
    if modules is not None:
        files = tuple((layer.directory, layer.fingerprint) for layer in modules.layers())
    return SharedObjects((files, frozenset(properties.items())), metrics.set_shared)


def _make_function(
    load: Callable[[], type[AnyPredictFunction]], model_config: str
) -> AnyPredictFunction:
    function = load()()
    function.set_model_config(model_config)
    return function


@contextlib.contextmanager
def _closed_on_error(close: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # An error of close here is a consequence of the failure, which is the one to report.
        with contextlib.suppress(BaseException):
            close()
        raise


def _make_opened(
    request: OpenRequest,
    function: AnyPredictFunction,
    variables: contextvars.Context,
    calls: Calls | None,
    resources: contextlib.ExitStack | None = None,
    metrics: Metrics | None = None,
    lifecycle: Lifecycle | None = None,
) -> OpenFunction:
    return OpenFunction(
        function,
        request.model,
        request.inputs,
        request.outputs,
        variables,
        wants_numpy_arrays(type(function)),
        request.batch_size or 0,
        _make_predict_batch(function, request, calls),
        resources,
        _make_engine(function, request),
        None if metrics is None else metrics.memory,
        None if metrics is None else metrics.refresh,
        calls,
        lifecycle,
    )


def _make_engine(function: AnyPredictFunction, request: OpenRequest) -> Engine | None:
    engine = make_engine(function)
    if engine is not None and request.length_column is not None:
        raise ModelError(
            "option 'batch-length-column' sorts the rows that predict_batch gets, and this model "
            "is predicted without Python, which pads no row. Remove the option, or set "
            "'properties.engine' to python"
        )
    return engine


def _predicting_method(function: object, in_batches: bool) -> str:
    """Chooses between a function's ways to predict: ``predict_batch`` for batches, if it has it."""
    if not hasattr(function, "predict_batch") or (hasattr(function, "predict") and not in_batches):
        return "predict"
    return "predict_batch"


def _check_options(function: object, method: str, request: OpenRequest, awaits: bool) -> None:
    """Refuses options that have no effect for the method that predicts.

    Raises:
        ModelError: there is one.
    """
    name = f"{type(function).__qualname__}.{method}"
    if request.length_column is not None:
        sorts = "option 'batch-length-column' sorts the rows that predict_batch gets, and"
        if method == "predict":
            raise ModelError(
                f"{sorts} {type(function).__qualname__} has only predict. Write predict_batch, or "
                "remove the option"
            )
        if awaits:
            raise ModelError(
                f"{sorts} {name} is 'async def', which gets them as they arrive. Remove the "
                "option, or write it as 'def'"
            )
    has_tap = request.monitoring is not None and request.monitoring.tap_directory is not None
    if awaits and request.batch_size is not None and has_tap:
        raise ModelError(
            "option 'tap-directory' samples the rows of calls that end in order, and "
            f"{name} is 'async def'. Remove the option, or set 'batch-size' to 1"
        )


def _make_predict_batch(
    function: Any, request: OpenRequest, calls: Any
) -> Callable[[Columns], Callable[[Columns, int, int], Any]] | None:
    if _predicting_method(function, request.batch_size is not None) == "predict":
        return None
    if calls is not None:
        make_caller: Callable[[Columns], Callable[[Columns, int, int], Any]] = calls.make_caller
        return make_caller
    from .._batch.call import BatchCaller  # needs pyarrow, which row functions do without

    return partial(
        BatchCaller,
        function,
        length_column=request.length_column,
        max_length=request.max_length,
    )
