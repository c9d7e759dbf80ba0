# SPDX-License-Identifier: Apache-2.0
"""Replaces the JVM's standard input: nobody types there, and PyFlink's JVM has a pipe instead."""

from __future__ import annotations

import os
import sys
from typing import Any


def install() -> None:
    """Makes ``input()`` raise EOFError and ``breakpoint()`` an error, instead of waiting forever.

    The descriptor 0 stays: the JVM that PyFlink starts ends when it is closed.
    """
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.breakpointhook = _refuse_breakpoint


def _refuse_breakpoint(*args: Any, **kwargs: Any) -> Any:
    if os.environ.get("PYTHONBREAKPOINT"):
        return sys.__breakpointhook__(*args, **kwargs)
    raise RuntimeError(
        "breakpoint() needs a terminal, which a Flink job does not have: debug the model in plain "
        "Python, or set PYTHONBREAKPOINT to the function of a debugger that listens on a port"
    )
