"""The JVM that PyFlink starts: an end that is certain, and an ear for its standard error."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TIMEOUT_EXIT_CODE", "flink_jvm", "forward_standard_error"]

TIMEOUT_EXIT_CODE = 124  # as of timeout(1)

_SHUTDOWN_SECONDS = 10.0
# What each JVM writes that PyFlink starts, because of an option that PyFlink gives it.
_START_WARNING = "WARNING: Unknown module: jdk.proxy2 specified to --add-opens\n"


@contextmanager
def flink_jvm(timeout: float) -> Iterator[None]:
    """Runs the block with PyFlink's JVM started, and ends that JVM after the block.

    A JVM that hangs in native code obeys no signal but SIGKILL. It gets one ten seconds after
    it was asked to end, or as soon as the time is up.

    Args:
        timeout: seconds after which the JVM is killed and this process ends with
            ``TIMEOUT_EXIT_CODE``.
    """
    from pyflink.java_gateway import get_gateway

    pid: int | None = None

    def give_up() -> None:
        print(f"\nnot over after {timeout:.0f} s: killed", file=sys.stderr, flush=True)
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
        timer.cancel()


def forward_standard_error() -> None:
    """Writes to ``sys.stderr`` what PyFlink's JVM, and with it a model, writes to standard error.

    PyFlink gives its JVM a pipe for that, and never empties it: a model that wrote more than
    64 KiB of warnings would wait for ever. Does nothing where the JVM was started by others.
    """
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm.java.lang.ProcessHandle.current()
    parent = jvm.parent()
    if parent.isPresent() and parent.get().pid() == os.getpid():
        _forward(jvm.pid())


@functools.cache
def _forward(pid: int) -> None:
    def copy() -> None:
        with open(f"/proc/{pid}/fd/2", errors="replace") as pipe:
            sys.stderr.writelines(line for line in pipe if line != _START_WARNING)

    threading.Thread(target=copy, name="flink-jvm-stderr", daemon=True).start()


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return
        time.sleep(0.02)
