# SPDX-License-Identifier: Apache-2.0
"""Signal handlers stay those of the process that hosts Python, and a crash shows Python's stacks.

Each test runs in a new process, because handlers belong to the process.
"""

import signal
import subprocess
import sys

import pytest

START = """
import faulthandler, logging, os, signal, sys
from pyflink_ml_embedded import _native
from pyflink_ml_embedded._runtime import process_end, signals

def of_a_library(*_):
    pass

logging.basicConfig(stream=sys.stdout)
signals.guard()
process_end.install("", [signal.SIGABRT])
"""


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs code after the guard has started, in a Python with these options."""
    return subprocess.run(
        [sys.executable, *options, "-c", START + code],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_handlers_of_a_library_are_removed() -> None:
    """The model that brought the library is named, so that its author can act."""
    result = run(
        "signal.signal(signal.SIGUSR2, of_a_library)\n"
        "signal.signal(signal.SIGTERM, of_a_library)\n"
        "signals.restore('fraud')\n"
        "assert signals._native.restore_signals() == ()\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\n"
    )
    assert "Model 'fraud' has blocked, or installed handlers for, SIGTERM, SIGUSR2" in result.stdout
    assert result.returncode == -signal.SIGUSR2


def test_signals_that_a_thread_has_blocked_are_unblocked() -> None:
    """The kernel ends a process that raises SIGSEGV on such a thread, and HotSpot raises many."""
    result = run(
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "signals.restore('fraud')\n"
        "blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
        "print(sorted(s.name for s in (signal.SIGSEGV, signal.SIGUSR2, signal.SIGQUIT)"
        " if s in blocked))"
    )
    warning, blocked = result.stdout.splitlines()
    assert "Model 'fraud' has blocked" in warning
    assert "SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR2, which" in warning
    assert blocked == "['SIGQUIT']"  # the JVM blocks it on all threads but one


def test_nothing_is_logged_where_nothing_changed() -> None:
    """Each open and each batch checks."""
    assert run("signals.restore('fraud')").stdout == ""


def test_faulthandler_is_not_enabled() -> None:
    """Between its call and the next check, the JVM could end."""
    result = run("faulthandler.enable()\nprint(faulthandler.is_enabled())")
    assert "faulthandler.enable(), which has no effect in the JVM" in result.stdout
    assert result.stdout.endswith("False\n")


def test_call_of_faulthandler_is_logged_once_for_each_model() -> None:
    """A model may do so for each row."""
    result = run(
        "from contextvars import Context\n"
        "for model in ('a', 'b', 'a'):\n"
        "    context = Context()\n"
        "    context.run(signals.current_model.set, model)\n"
        "    context.run(faulthandler.enable)\n"
    )
    assert [line.split(" ", 3)[:2] for line in result.stdout.splitlines()] == [
        ["WARNING:pyflink_ml_embedded._runtime.signals:Model", "'a'"],
        ["WARNING:pyflink_ml_embedded._runtime.signals:Model", "'b'"],
    ]


def test_faulthandler_that_the_interpreter_enabled_is_disabled() -> None:
    """PYTHONFAULTHANDLER and PYTHONDEVMODE do so before Python code runs."""
    assert run("print(faulthandler.is_enabled())", "-X", "faulthandler").stdout == "False\n"


def test_free_signal_can_be_registered() -> None:
    """The JVM does not use SIGUSR1."""
    result = run(
        "def in_python():\n    os.kill(os.getpid(), signal.SIGUSR1)\n"
        "faulthandler.register(signal.SIGUSR1)\nin_python()\n"
    )
    assert "in in_python" in result.stderr
    assert result.returncode == 0


@pytest.mark.parametrize("name", ["SIGQUIT", "SIGTERM", "SIGUSR2"])
def test_signal_of_the_jvm_cannot_be_registered(name: str) -> None:
    """SIGQUIT prints Java's stacks, and SIGTERM ends a TaskManager."""
    result = run(
        f"faulthandler.register(signal.{name})\nassert signals._native.restore_signals() == ()"
    )
    assert f"faulthandler.register({name}), which has no effect" in result.stdout
    assert result.returncode == 0, result.stderr


def test_abort_prints_the_stacks_of_all_threads() -> None:
    """HotSpot aborts after its report, which has no frames of Python."""
    result = run(
        "import threading\nready = threading.Event()\n"
        "def waiting():\n    ready.set()\n    threading.Event().wait()\n"
        "threading.Thread(target=waiting, daemon=True).start()\nready.wait()\n"
        "def fatal():\n    os.abort()\nfatal()\n"
    )
    assert result.returncode == -signal.SIGABRT
    assert "The process aborts. The models in this process:" in result.stderr
    assert "The stacks of Python's threads:" in result.stderr
    assert "in fatal" in result.stderr
    assert "in waiting" in result.stderr
