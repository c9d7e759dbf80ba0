# SPDX-License-Identifier: Apache-2.0
"""Runs a worker: opens functions for the JVM, each on a thread of its own, until the JVM ends."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from os import killpg  # before it is replaced
from typing import Any

from .. import _native
from .._exceptions import DescribedError
from .._runtime import forks, log_levels, output_streams, process_end, slf4j, standard_input
from .._runtime.describe import describe_step
from .._runtime.open import close_function, open_function
from .frames import Frames

# Twice what CPython's limits of recursion are made for, as on the threads of the JVM.
_STACK_BYTES = 16 << 20

# Those of faulthandler.
_CRASH_SIGNALS = (
    signal.SIGSEGV,
    signal.SIGFPE,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGILL,
)


def run(version: str) -> None:
    """Serves the JVM that has started this process. Does not return.

    Args:
        version: that of the jar, which this package must have too.
    """
    frames = _take_pipes()
    try:
        _serve(frames, version)
    finally:
        # No finalization: threads of models may still run.
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
        killpg(0, signal.SIGKILL)


def _take_pipes() -> Frames:
    """Moves the JVM's pipes away from the descriptors that models use."""
    source, target = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    _native.become_worker(source)
    return Frames(source, target)


def _serve(frames: Frames, version: str) -> None:
    messages = iter(frames)
    start = next(messages)["start"]
    if version != _native.__version__:
        frames.send({"failed": _other_version(version, start["model"])})
        return
    _set_up(frames, start)
    frames.send(
        {
            "ready": {
                "python": ".".join(map(str, sys.version_info[:3])),
                "executable": sys.executable,
                "version": version,
            }
        }
    )
    for message in messages:
        if "levels" in message:
            log_levels.apply(message["levels"])
            continue
        threading.Thread(
            target=_serve_function,
            args=(frames, message["open"], message["request"], start["model"]),
            daemon=True,
        ).start()


def _other_version(version: str, model: str) -> str:
    return (
        f"model '{model}': '{sys.executable}' has pyflink-ml-embedded {_native.__version__}, but "
        f"Flink's class path has the jar of {version}: install the same version for both, e.g. "
        f"by: {sys.executable} -m pip install pyflink-ml-embedded=={version}"
    )


def _set_up(frames: Frames, start: dict[str, Any]) -> None:
    if start["memory_bytes"] is not None:
        limit = start["memory_bytes"]
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    threading.stack_size(_STACK_BYTES)
    sys.argv = [""]
    output_streams.install()
    standard_input.install()
    faulthandler.enable()
    forks.install()
    process_end.install("", _CRASH_SIGNALS)

    def write_log(level: int, name: str, text: str) -> None:
        frames.send({"log": level, "name": name, "text": text})

    def ask_levels(names: Sequence[str]) -> None:
        frames.send({"levels_of": list(names)})

    slf4j.install(write_log)
    log_levels.install(ask_levels, start["log_level"])


def _serve_function(frames: Frames, number: int, request: str, model: str) -> None:
    """Opens a function, answers the JVM's calls of it, and closes it, all on this thread."""
    try:
        opened = open_function(request, owns_process=True)
        server = _native.FunctionServer(opened)
    except BaseException as error:
        frames.send({"open_failed": number, "text": _text_of(error, model, "open")})
        return
    frames.send(
        {
            "opened": number,
            "warm_up_nanoseconds": opened.warm_up_nanoseconds,
            **server.describe(),
        }
    )
    server.serve()
    failure = None
    try:
        close_function(opened)
    except BaseException as error:
        failure = _text_of(error, model, "close")
    server.finish(failure)


def _text_of(error: BaseException, model: str, step: str) -> str:
    return str(error) if isinstance(error, DescribedError) else describe_step(error, model, step)
