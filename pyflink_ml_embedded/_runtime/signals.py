# SPDX-License-Identifier: Apache-2.0
"""Keeps the JVM's signal handlers in place, whatever Python libraries do with signals.

HotSpot uses SIGSEGV and other signals itself: a handler of ``faulthandler`` would end the JVM at
the next null check. The functions of ``faulthandler`` that install such handlers are replaced, so
that there is no moment at which they are in place. Handlers that others install are removed after
each step in which a model's code runs.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from .. import _native

_log = logging.getLogger(__name__)

current_model: ContextVar[str] = ContextVar("current_model")
"""The model whose code runs in this context."""

# faulthandler.register refuses the other signals of the JVM by itself.
_REGISTRABLE = (signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR2)
_enable, _register = faulthandler.enable, faulthandler.register
_warned: set[tuple[str | None, str]] = set()


def guard() -> None:
    """Removes the handlers that CPython has installed, and prevents new ones."""
    faulthandler.disable()  # PYTHONFAULTHANDLER or PYTHONDEVMODE may have enabled it
    if faulthandler.enable is _enable:
        _keep_stacks()
        _native.guard_signals()
        faulthandler.enable = _refuse_enable
        faulthandler.register = _refuse_register


def restore(model: str | None) -> None:
    """Puts the JVM's handlers back after a step of a model, and logs which it had replaced.

    Args:
        model: the model's name, or None after the start of Python.
    """
    replaced = _native.restore_signals()
    if replaced:
        warn(model, replaced)


def warn(model: str | None, replaced: Iterable[int]) -> None:
    """Logs that a model has replaced handlers of the JVM, which are in place again."""
    names = ", ".join(signal.Signals(number).name for number in replaced)
    _log.warning(
        "%s has blocked, or installed handlers for, %s, which the JVM needs: this was undone, "
        "because it would end the JVM. Find the library that does so, and disable it there",
        "Code that runs when Python starts, such as sitecustomize or a .pth file,"
        if model is None
        else f"Model '{model}'",
        names,
    )


def release() -> None:
    """Gives ``faulthandler`` back to a forked child, which has no handlers of the JVM."""
    faulthandler.enable, faulthandler.register = _enable, _register


def _keep_stacks() -> None:
    """Lets native code print the stacks: to standard error, and to a file that it reads."""
    unused = (
        number
        for number in range(signal.SIGRTMAX, signal.SIGRTMIN, -1)
        if signal.getsignal(number) == signal.SIG_DFL
    )
    abort_signal, file_signal = next(unused), next(unused)
    file = os.memfd_create("python-stacks")  # for the life of the process
    faulthandler.register(abort_signal, sys.__stderr__.fileno() if sys.__stderr__ else 2)
    faulthandler.register(file_signal, file)
    _native.keep_stacks(abort_signal, file_signal, file)


def _refuse_enable(*args: Any, **kwargs: Any) -> None:
    """Replaces ``faulthandler.enable``."""
    _warn_once("faulthandler.enable()")


def _refuse_register(signum: int, *args: Any, **kwargs: Any) -> None:
    """Replaces ``faulthandler.register``, for the JVM's signals."""
    if signum in _REGISTRABLE:
        _warn_once(f"faulthandler.register({signal.Signals(signum).name})")
    else:
        _register(signum, *args, **kwargs)


def _warn_once(call: str) -> None:
    model = current_model.get(None)
    if (model, call) not in _warned:
        _warned.add((model, call))
        _log.warning(
            "Model '%s' calls %s, which has no effect in the JVM, because the JVM needs these "
            "signals. When the process crashes, the stacks of Python's threads are printed to its "
            "standard error in any case",
            model,
            call,
        )
