# SPDX-License-Identifier: Apache-2.0
"""Ends the JVM that PyFlink starts, and forwards its output."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ._flink_log import show_log

__all__ = ["TIMEOUT_EXIT_CODE", "flink_jvm", "forward_output"]

TIMEOUT_EXIT_CODE = 124  # as timeout(1)

_SHUTDOWN_SECONDS = 10.0
_LAST_OUTPUT_SECONDS = 5.0
# Each JVM writes this line because of an option that PyFlink passes.
_START_WARNING = "WARNING: Unknown module: jdk.proxy2 specified to --add-opens\n"

# The threads that copy what JVMs write, by the id of the JVM's process.
_copying: dict[int, threading.Thread] = {}


@contextmanager
def flink_jvm(timeout: float) -> Iterator[None]:
    """Starts PyFlink's JVM, runs the block and ends the JVM.

    A JVM that hangs in native code ignores all signals but SIGKILL. It is killed when the timeout
    has passed, or ten seconds after SIGTERM.

    Args:
        timeout: the seconds after which the JVM is killed and this process exits with
            ``TIMEOUT_EXIT_CODE``.
    """
    from pyflink.java_gateway import get_gateway

    pid: int | None = None

    def give_up() -> None:
        print(f"\nkilled after the timeout of {timeout:.0f} s", file=sys.stderr, flush=True)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        os._exit(TIMEOUT_EXIT_CODE)

    timer = threading.Timer(timeout, give_up)
    timer.daemon = True
    timer.start()
    try:
        gateway = get_gateway()
        pid = gateway.jvm.java.lang.ProcessHandle.current().pid()
        yield
    finally:
        if pid is not None:
            gateway.shutdown()
            _end(pid)
            if pid in _copying:
                # A child of the JVM that outlives it keeps the pipe open.
                _copying[pid].join(_LAST_OUTPUT_SECONDS)
        timer.cancel()


def forward_output() -> None:
    """Copies the standard error of PyFlink's JVM, and what models in it log, to ``sys.stderr``.

    PyFlink connects it to a pipe that nobody reads: a model that writes more than 64 KiB of
    warnings would block forever. Does nothing if another process started the JVM.
    """
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm.java.lang.ProcessHandle.current()
    parent = jvm.parent()
    if parent.isPresent() and parent.get().pid() == os.getpid():
        if jvm.pid() not in _copying:
            _copying[jvm.pid()] = _forward(jvm.pid())
        show_log()


def _forward(pid: int) -> threading.Thread:
    def copy() -> None:
        with open(f"/proc/{pid}/fd/2", errors="replace") as pipe:
            sys.stderr.writelines(line for line in pipe if line != _START_WARNING)

    thread = threading.Thread(target=copy, name="flink-jvm-stderr", daemon=True)
    thread.start()
    return thread


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return
        time.sleep(0.02)
