# SPDX-License-Identifier: Apache-2.0
"""Opens and closes functions whose methods are ``async def``."""

from __future__ import annotations

import inspect
from typing import Any

from .._context import PredictContext
from .calls import Calls, RowCalls
from .loop import FunctionLoop
from .methods import is_awaited


def make_calls(function: Any, method: str, model: str, timeout: float | None) -> Calls | None:
    """Makes the loop and the calls of a function, if the method that predicts is ``async def``.

    Args:
        function: the function, which is not open.
        method: ``predict`` or ``predict_batch``.
        model: the model's name.
        timeout: how long a call may take, in seconds, or None.

    Raises:
        ModelError: the methods of the class cannot work together.
    """
    if not is_awaited(function, method):
        return None
    loop = FunctionLoop(model)
    if method == "predict":
        return RowCalls(loop, model, timeout, function.predict)
    try:
        from .batches import BatchCalls  # needs pyarrow, which row functions do without

        return BatchCalls(loop, model, timeout, function)
    except BaseException:
        loop.close()
        raise


def open_awaited(calls: Calls, function: Any, context: PredictContext) -> None:
    """Opens a function, by a coroutine in its loop or by a method."""
    if inspect.iscoroutinefunction(function.open):
        calls.loop.run(function.open, context)
    else:
        function.open(context)


def close_awaited(calls: Calls, function: Any) -> None:
    """Cancels the calls in flight, then closes a function.

    Raises:
        ModelError: the function does not close in time.
    """
    calls.close()
    if inspect.iscoroutinefunction(function.close):
        calls.loop.run_close(function.close)
    else:
        function.close()
