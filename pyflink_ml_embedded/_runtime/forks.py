# SPDX-License-Identifier: Apache-2.0
"""What differs in a forked child of the JVM, in which only the thread that forked exists.

Native code resets the signal handlers and refuses calls to Java there (``signals.c``).
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import sys
import traceback

from . import open_directories, signals

_set = multiprocessing.set_start_method

in_child = False
"""Whether this process is a forked child."""


def install() -> None:
    """Prepares for child processes, and makes multiprocessing avoid forks of the JVM."""
    open_directories.share()
    os.register_at_fork(after_in_child=_become_child)
    multiprocessing.set_start_method("forkserver", force=True)
    setattr(multiprocessing, "set_start_method", _set_start_method)  # noqa: B010


@functools.wraps(_set)
def _set_start_method(method: str | None, force: bool = False) -> None:
    """Sets the method although it is set: each subtask of a model calls this, in one process."""
    _set(method, force=True)


def end_child(error: BaseException | None) -> None:
    """Ends a forked child that would return to Java, as a script ends that raises the error."""
    code = 0
    try:
        if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
            code = error.code or 0
        elif isinstance(error, SystemExit):
            print(error.code, file=sys.stderr)
            code = 1
        elif error is not None:
            traceback.print_exception(error)
            code = 1
    finally:
        os._exit(code)


def _become_child() -> None:
    global in_child
    in_child = True
    # Another thread may hold the locks of the old streams forever.
    sys.stdout, sys.stderr = (
        open(descriptor, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
        for descriptor in (1, 2)
    )
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signals.release()
