# SPDX-License-Identifier: Apache-2.0
"""Predict functions made of classes that load in ``__init__`` and predict in ``__call__``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from .._context import PredictContext
from .._exceptions import ModelError
from .._function import BatchPredictFunction, PredictFunction
from .._native import Row
from .._wrapping import make_class

_FORMATS = {"numpy": "numpy", "pandas": "pandas", "pyarrow": "arrow"}


def from_batch_callable(
    callable_class: type,
    *,
    batch_format: Literal["numpy", "pandas", "pyarrow"] = "numpy",
    fn_constructor_args: Sequence[Any] = (),
    fn_constructor_kwargs: Mapping[str, Any] | None = None,
) -> type[BatchPredictFunction]:
    """Makes a predict function of a class as Ray Data's ``map_batches`` takes it.

    Args:
        callable_class: its ``__init__`` loads the model, once in each subtask, and its
            ``__call__`` gets a batch and returns one result for each row, as ``predict_batch``.
            ``__call__`` may be ``async def``.
        batch_format: what ``__call__`` gets: a dict of numpy arrays, a ``pandas.DataFrame``, or a
            ``pyarrow.Table``.
        fn_constructor_args: arguments of ``__init__``, in order.
        fn_constructor_kwargs: arguments of ``__init__``, by name.

    Raises:
        ModelError: an argument is not valid.
    """
    if batch_format not in _FORMATS:
        raise ModelError(
            f"batch_format is {batch_format!r}; valid are 'numpy', 'pandas' and 'pyarrow'"
        )
    make = _constructor(callable_class, fn_constructor_args, fn_constructor_kwargs)
    base = _AwaitedBatchCallable if _is_awaited(callable_class, False) else _BatchCallable
    attributes = {"batch_format": _FORMATS[batch_format], "_make": staticmethod(make)}
    return make_class(callable_class, base, **attributes)


def from_row_callable(
    callable_class: type,
    *,
    fn_constructor_args: Sequence[Any] = (),
    fn_constructor_kwargs: Mapping[str, Any] | None = None,
) -> type[PredictFunction]:
    """Makes a predict function of a class as Ray Data's ``map`` and ``flat_map`` take it.

    Args:
        callable_class: its ``__init__`` loads the model, once in each subtask, and its
            ``__call__`` gets a row as a dict and returns a dict, or a list of dicts for several
            rows. ``__call__`` may be ``async def``.
        fn_constructor_args: arguments of ``__init__``, in order.
        fn_constructor_kwargs: arguments of ``__init__``, by name.

    Raises:
        ModelError: an argument is not valid.
    """
    make = _constructor(callable_class, fn_constructor_args, fn_constructor_kwargs)
    base = _AwaitedRowCallable if _is_awaited(callable_class, True) else _RowCallable
    return make_class(callable_class, base, _make=staticmethod(make))


class _Made:
    """A function that calls an object of the user's class."""

    _make: Callable[[], Any]

    def open(self, context: PredictContext) -> None:
        self._object = self._make()


class _RowCallable(_Made, PredictFunction):
    def predict(self, data: Row) -> Any:
        return self._object(data.as_dict())


class _AwaitedRowCallable(_Made, PredictFunction):
    async def predict(self, data: Row) -> Any:
        return await self._object(data.as_dict())


class _MadeForBatches(_Made, BatchPredictFunction):
    def _converted(self, batch: Any) -> Any:
        if self.batch_format != "arrow":
            return batch
        import pyarrow

        return pyarrow.Table.from_batches([batch])


class _BatchCallable(_MadeForBatches):
    def predict_batch(self, batch: Any) -> Any:
        return self._object(self._converted(batch))


class _AwaitedBatchCallable(_MadeForBatches):
    async def predict_batch(self, batch: Any) -> Any:
        return await self._object(self._converted(batch))


def _constructor(
    callable_class: Any, args: Sequence[Any], kwargs: Mapping[str, Any] | None
) -> Callable[[], Any]:
    if not inspect.isclass(callable_class):
        raise ModelError(
            f"{getattr(callable_class, '__qualname__', callable_class)} is not a class. For a "
            "function use @predict_function or @batch_predict_function"
        )
    name = callable_class.__qualname__
    if "__call__" not in dir(callable_class):
        raise ModelError(f"{name} has no method __call__, which gets the rows: add it")
    named = dict(kwargs or {})
    try:
        inspect.signature(callable_class).bind(*args, **named)
    except TypeError as error:
        raise ModelError(
            f"{name} cannot be created: {error}. Give the arguments of its __init__ in "
            "fn_constructor_args or fn_constructor_kwargs"
        ) from None
    return lambda: callable_class(*args, **named)


def _is_awaited(callable_class: type, may_yield: bool) -> bool:
    call = callable_class.__call__
    if inspect.isasyncgenfunction(call) or (inspect.isgeneratorfunction(call) and not may_yield):
        raise ModelError(
            f"{callable_class.__qualname__}.__call__ has 'yield', so its results come in parts. "
            "Return all of them at once"
        )
    return inspect.iscoroutinefunction(call)
