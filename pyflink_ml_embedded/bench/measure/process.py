# SPDX-License-Identifier: Apache-2.0
"""Runs tasks in processes that end with everything they started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .child import Task

__all__ = ["TaskError", "run_task"]

_ERROR_CHARS = 2000
# Lines of a JVM's or Python's traceback that state the cause.
_REASON = re.compile(r"(?:Caused by: |[\w.]+(?:Error|Exception)\b).*")


class TaskError(Exception):
    """A task failed; the message has the causes that its process printed."""


def run_task(task: Task, timeout: float) -> Any:
    """Performs a task in a new process, and kills its remaining processes afterwards.

    Raises:
        TaskError: the task failed, or did not end within ``timeout`` seconds.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "found.json")
        command = [sys.executable, "-m", f"{__package__}.child", json.dumps(asdict(task)), file]
        with Path(directory, "log").open("w+", errors="replace") as log:
            failure = _run(command, timeout, log)
            if failure is not None:
                log.seek(0)
                raise TaskError(f"{failure}\n{_reasons(log.read())}")
        return json.loads(file.read_text())


def _run(command: list[Any], timeout: float, log: Any) -> str | None:
    """Returns why the command failed, or None if it succeeded."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        return f"exit code {code}" if (code := process.wait(timeout)) else None
    except subprocess.TimeoutExpired:
        return f"killed after {timeout:.0f} s"
    finally:
        # A JVM that hangs ignores all other signals, and PyFlink's workers may outlive it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _reasons(output: str) -> str:
    found = [line for line in output.splitlines() if _REASON.match(line)]
    return "\n".join(found or output.splitlines()[-5:])[-_ERROR_CHARS:]
