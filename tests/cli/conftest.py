# SPDX-License-Identifier: Apache-2.0
"""Runs programs as a user does, and kills each that exceeds its time limit."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root() -> Path:
    """The root directory of the checkout."""
    return _ROOT


@pytest.fixture
def run_python() -> Run:
    """Runs the interpreter of the tests in the checkout, with the given arguments."""
    return partial(_run, sys.executable)


@pytest.fixture
def run_command() -> Run:
    """Runs the command pyflink-ml-embedded in the checkout, with the given arguments."""
    return partial(_run, Path(sys.executable).with_name("pyflink-ml-embedded"))


def _run(
    *command: object, directory: Path = _ROOT, seconds: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; a JVM that outlives the command keeps the output open."""
    with subprocess.Popen(
        [str(argument) for argument in command],
        cwd=directory,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, output)
