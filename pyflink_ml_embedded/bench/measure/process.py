# SPDX-License-Identifier: Apache-2.0
"""Runs tasks in processes that end with everything they started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from .child import Task

__all__ = ["TaskError", "run_task", "session"]

_ERROR_CHARS = 2000
# Lines of a JVM's or Python's traceback that state the cause.
_REASON = re.compile(r"(?:Caused by: |(?:: )?[\w.]+(?:Error|Exception)\b).*")


class TaskError(Exception):
    """A task failed; the message has the causes that its process printed."""


def run_task(task: Task, timeout: float) -> Iterator[Any]:
    """Performs a task in a new process, and kills its remaining processes afterwards.

    Args:
        task: the task.
        timeout: seconds in which the process must give the next finding, or end.

    Yields:
        the findings on the task's cases, as they are made.

    Raises:
        TaskError: the process failed, or a finding took too long.
    """
    read, write = os.pipe()
    command = [sys.executable, "-m", f"{__package__}.child", json.dumps(asdict(task)), str(write)]
    with (
        open(read, "rb", buffering=0) as pipe,
        open(write, "wb") as end,
        tempfile.TemporaryFile("w+", errors="replace") as log,
    ):
        with session(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[write]
        ) as process:
            end.close()
            try:
                yield from _findings(pipe.fileno(), timeout)
                failure = f"exit code {code}" if (code := process.wait(timeout)) else None
            except (TimeoutError, subprocess.TimeoutExpired):
                failure = f"killed after {timeout:.0f} s"
        if failure is not None:
            log.seek(0)
            raise TaskError(f"{failure}\n{_reasons(log.read())}")


@contextlib.contextmanager
def session(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a process in a session of its own, and kills what is left of the session at the end.

    The session has its own directory for temporary files. Flink's alone are 80 MB for each JVM,
    and a JVM that is killed leaves them behind.

    Args:
        command: the program and its arguments.
        options: more arguments of ``subprocess.Popen``.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        java_options = os.environ.get("JDK_JAVA_OPTIONS", "")
        environment = {
            **os.environ,
            "TMPDIR": directory,
            "JDK_JAVA_OPTIONS": f"{java_options} -Djava.io.tmpdir={shlex.quote(directory)}",
        }
        process = subprocess.Popen(command, start_new_session=True, env=environment, **options)
        try:
            yield process
        finally:
            # A JVM that hangs ignores all other signals, and PyFlink's workers may outlive it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _findings(pipe: int, timeout: float) -> Iterator[Any]:
    """Yields the JSON text of each line until the pipe is closed.

    Raises:
        TimeoutError: nothing came in time.
    """
    pending = b""
    while select.select([pipe], [], [], timeout)[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return
        *lines, pending = (pending + part).split(b"\n")
        yield from map(json.loads, lines)
    raise TimeoutError


def _reasons(output: str) -> str:
    found = [line for line in output.splitlines() if _REASON.match(line)]
    return "\n".join(found or output.splitlines()[-5:])[-_ERROR_CHARS:]
