# SPDX-License-Identifier: Apache-2.0
"""A forked child has plain logging and signal handlers, and no way into Java.

Each test runs in a new process that is prepared as the JVM's Python is.
"""

import signal
import subprocess
import sys

import pytest

START = """
import faulthandler, logging, multiprocessing, os, signal, sys
from pyflink_ml_embedded import _native
from pyflink_ml_embedded._runtime import forks, signals, slf4j

signal.signal(signal.SIGTERM, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
signals.guard()
forks.install()
_native.log_levels = lambda names: [logging.INFO] * len(names)
slf4j.install_native()

def in_child(function):
    child = os.fork()
    if child == 0:
        try:
            function()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a process that may fork."""
    return subprocess.run(
        [sys.executable, "-c", START + code],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_child_logs_to_standard_error() -> None:
    """The logger of SLF4J may wait for a thread that the child does not have."""
    result = run("in_child(lambda: logging.getLogger('rules').info('%d rules', 3))")
    assert result.stderr == "INFO rules - 3 rules\n"


def test_child_cannot_enter_java() -> None:
    """A library may have kept the function."""
    result = run(
        "def log():\n"
        "    try:\n        _native.log(20, 'a', 'b')\n"
        "    except RuntimeError as error:\n        print(error)\n"
        "in_child(log)"
    )
    assert result.stdout == "log() needs bind(), in the process of the JVM\n"


def test_child_ends_by_a_signal() -> None:
    """The JVM's handler of SIGTERM would only start a shutdown that never ends."""
    result = run("print(in_child(lambda: os.kill(os.getpid(), signal.SIGTERM)))")
    assert int(result.stdout) == -signal.SIGTERM


def test_child_ends_by_a_signal_that_comes_at_once() -> None:
    """Process.terminate() may follow directly after Process.start()."""
    result = run(
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])\n"
        "codes = set()\n"
        "for _ in range(300):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        while True:\n            signal.pause()\n"
        "    os.kill(child, signal.SIGTERM)\n"
        "    codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "print(codes)"
    )
    assert result.stdout == f"{{-{int(signal.SIGTERM)}}}\n"


def test_child_can_enable_faulthandler() -> None:
    """Its signals are its own."""
    result = run("in_child(lambda: (faulthandler.enable(), print(faulthandler.is_enabled())))")
    assert result.stdout == "True\n"


def test_child_prints_although_another_thread_held_the_stream() -> None:
    """Output to a pipe that is full blocks a thread inside of the stream."""
    result = run(
        "import threading, warnings\n"
        "warnings.simplefilter('ignore')\n"  # of 3.12, which the parent prints
        "held = threading.Event()\n"
        "class Slow:\n"
        "    def writable(self): return True\n"
        "    def readable(self): return False\n"
        "    def seekable(self): return False\n"
        "    closed = False\n"
        "    def write(self, data):\n        held.set()\n        threading.Event().wait()\n"
        "    def flush(self): pass\n"
        "import io\n"
        "sys.stderr = io.TextIOWrapper(io.BufferedWriter(Slow()), write_through=True)\n"
        "def block():\n    sys.stderr.write('x' * 100000)\n    sys.stderr.flush()\n"
        "threading.Thread(target=block, daemon=True).start()\n"
        "held.wait()\n"
        "in_child(lambda: logging.warning('printed'))\n"
        "os._exit(0)"
    )
    assert result.stderr == "WARNING root - printed\n"


@pytest.mark.parametrize(
    ("end", "code", "text"),
    [
        ("None", 0, ""),
        ("SystemExit()", 0, ""),
        ("SystemExit(3)", 3, ""),
        ("SystemExit('no licence')", 1, "no licence\n"),
        ("ValueError('wrong')", 1, "ValueError: wrong\n"),
    ],
)
def test_child_ends_as_a_script_does(end: str, code: int, text: str) -> None:
    """Its exit code is all that a parent sees."""
    result = run(f"print(in_child(lambda: forks.end_child({end})))")
    assert int(result.stdout) == code
    assert result.stderr == text


def test_model_can_choose_how_processes_are_started() -> None:
    """Each subtask opens the model, and a second call would raise in CPython."""
    result = run(
        "for _ in range(2):\n    multiprocessing.set_start_method('spawn')\n"
        "print(multiprocessing.get_start_method())"
    )
    assert result.stdout == "spawn\n"


def test_processes_are_started_by_a_server() -> None:
    """A server is started once, by exec, and forks from a process without a JVM."""
    assert run("print(multiprocessing.get_start_method())").stdout == "forkserver\n"
