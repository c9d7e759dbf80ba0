# SPDX-License-Identifier: Apache-2.0
"""Which methods of a class may be ``async def``."""

from __future__ import annotations

import inspect

from .._exceptions import ModelError

_LIFE = ("open", "close")
_NEVER_ASYNC = ("set_model_config", "warm_up_row")


def is_awaited(function: object, method: str) -> bool:
    """Returns whether a method that predicts is ``async def``.

    Args:
        function: the predict function or its class.
        method: ``predict`` or ``predict_batch``.

    Raises:
        ModelError: the methods of the class cannot work together.
    """
    name = (function if isinstance(function, type) else type(function)).__qualname__
    for generator in (method, *_LIFE, *_NEVER_ASYNC):
        if inspect.isasyncgenfunction(getattr(function, generator)):
            raise ModelError(
                f"{name}.{generator} has both 'async def' and 'yield', which makes it an "
                "asynchronous generator. Return a list of the results, or nothing, instead"
            )
    for never in _NEVER_ASYNC:
        if inspect.iscoroutinefunction(getattr(function, never)):
            raise ModelError(f"{name}.{never} is 'async def'; it must be 'def'")
    if inspect.iscoroutinefunction(getattr(function, method)):
        return True
    for step in _LIFE:
        if inspect.iscoroutinefunction(getattr(function, step)):
            raise ModelError(
                f"{name}.{step} is 'async def', but {name}.{method} is not, so no event loop runs "
                f"while rows are predicted. Make {method} 'async def' too, or {step} 'def'"
            )
    return False
