# SPDX-License-Identifier: Apache-2.0
"""Reading from a terminal fails at once, because nobody types there."""

import sys

import pytest

from pyflink_ml_embedded._runtime import standard_input


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Replaces the standard input of the test."""
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    monkeypatch.setattr(sys, "breakpointhook", sys.breakpointhook)
    standard_input.install()
    yield
    sys.stdin.close()


def test_input_finds_the_end_of_the_file():
    """PyFlink's JVM has a pipe that never ends."""
    with pytest.raises(EOFError):
        input()


def test_breakpoint_says_what_to_do(monkeypatch):
    """pdb would fail with BdbQuit, which explains nothing."""
    monkeypatch.delenv("PYTHONBREAKPOINT", raising=False)
    with pytest.raises(RuntimeError, match="set PYTHONBREAKPOINT to the function of a debugger"):
        breakpoint()


def test_chosen_debugger_is_called(monkeypatch):
    """Remote debuggers need no terminal."""
    monkeypatch.setenv("PYTHONBREAKPOINT", "builtins.len")
    assert breakpoint("abc") == 3
