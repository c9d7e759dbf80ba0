# SPDX-License-Identifier: Apache-2.0
"""Logs which model ends the process by a function of Python, before it does.

Native code does the same for signals and ``exit`` of C (``process_end.c``).
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from .. import _native
from . import forks, lifecycle, signals

_log = logging.getLogger("pyflink_ml_embedded.lifecycle")

_ENDING = {
    signal.SIGABRT,
    signal.SIGALRM,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGHUP,
    signal.SIGILL,
    signal.SIGINT,
    signal.SIGKILL,
    signal.SIGSEGV,
    signal.SIGSTOP,
    signal.SIGTERM,
}


def install(log_file: str, crash_signals: Sequence[int]) -> None:
    """Reports each end of this process that a model causes.

    Args:
        log_file: also gets what native code prints to standard error, unless it is empty.
        crash_signals: the signals by which native code ends this process.
    """
    _native.print_at_end(log_file, tuple(crash_signals))
    _report(os, "_exit", lambda *_, **__: True)
    _report(os, "abort", lambda: True)
    _report(os, "kill", lambda pid, number: _is_own(pid) and number in _ENDING)
    _report(os, "killpg", lambda pgid, number: pgid in (0, os.getpgrp()) and number in _ENDING)
    _report(signal, "raise_signal", lambda number: number in _ENDING)


def _is_own(pid: int) -> bool:
    return pid in (os.getpid(), 0, -1, -os.getpgrp())


def _report(module: Any, name: str, ends: Callable[..., bool]) -> None:
    """Replaces a function by one that logs its calls that end the process."""
    function = getattr(module, name)

    @functools.wraps(function)
    def report(*args: Any, **kwargs: Any) -> Any:
        if not forks.in_child and ends(*args, **kwargs):
            call = f"{module.__name__}.{name}({', '.join(map(str, args))})"
            _log.error("%s", _describe(call))
        return function(*args, **kwargs)

    setattr(module, name, report)


def _describe(call: str) -> str:
    model = signals.current_model.get(None)
    caller = "A thread that a model has started" if model is None else f"Model '{model}'"
    stack = "".join(traceback.format_stack()[:-2])
    models = "".join(f"- {text}\n" for text in lifecycle.describe_all())
    return (
        f"{caller} calls {call}, which ends this process and all that runs in it. The models in "
        f"this process:\n{models}The call, most recent call last:\n{stack}"
    )
