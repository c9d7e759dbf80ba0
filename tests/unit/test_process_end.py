# SPDX-License-Identifier: Apache-2.0
"""A model that ends the process is named in the log. Each test runs in a new process."""

import signal
import subprocess
import sys

import pytest

START = """
import logging, os, signal, sys
from pyflink_ml_embedded._runtime import forks, process_end, signals

logging.basicConfig(stream=sys.stdout, level="INFO")
forks.install()
process_end.install("", [signal.SIGABRT])
signals.current_model.set("fraud")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Runs code of a model."""
    return subprocess.run(
        [sys.executable, "-c", START + code],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("os._exit(status=3)", 3),
        ("os.abort()", -signal.SIGABRT),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("signal.raise_signal(signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_call_that_ends_the_process_is_logged(call: str, code: int) -> None:
    """Nothing else would say which model it was."""
    result = run(f"def predict():\n    {call}\npredict()\n")
    assert result.returncode == code
    assert f"Model 'fraud' calls {call.split('(')[0]}(" in result.stdout
    assert "in predict" in result.stdout


def test_calls_for_other_processes_are_not_logged() -> None:
    """Libraries end their own children."""
    result = run(
        "os.kill(os.getpid(), 0)\n"
        "child = os.fork()\n"
        "if child == 0:\n    os._exit(3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "child = os.fork()\n"
        "if child == 0:\n    signal.pause()\n"
        "os.kill(child, signal.SIGKILL)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert result.stdout.splitlines() == ["3", "-9"], result.stderr


def test_exit_of_a_library_is_reported() -> None:
    """The stack of the process is gone when its parent sees the exit code."""
    result = run("import ctypes\nctypes.CDLL(None).exit(4)\n")
    assert result.returncode == 4
    assert "Native code calls exit, which ends the process." in result.stderr


def test_end_of_the_interpreter_is_not_reported() -> None:
    """It calls exit too."""
    assert run("sys.exit(5)\n").stderr == ""
