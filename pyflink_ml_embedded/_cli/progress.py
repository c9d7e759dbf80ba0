# SPDX-License-Identifier: Apache-2.0
"""A line on the terminal that shows which step is running."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

__all__ = ["progress"]

_TERMINAL_INTERVAL = 0.1  # seconds between two turns of the spinner
_PLAIN_INTERVAL = 10.0  # seconds between two lines where the output is not a terminal


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Shows what the block does and for how many seconds, and then prints how long it took.

    It writes to standard error. On a terminal one line is redrawn; elsewhere a line is added every
    ten seconds.
    """
    start = time.monotonic()
    over = threading.Event()
    draw = _draw_on_terminal if sys.stderr.isatty() else _draw_lines
    drawer = threading.Thread(target=draw, args=(what, start, over), daemon=True)
    drawer.start()
    ending = "failed after"
    try:
        yield
        ending = "done in"
    finally:
        over.set()
        drawer.join()
        print(f"{what}: {ending} {time.monotonic() - start:.1f} s", file=sys.stderr)


def _draw_on_terminal(what: str, start: float, over: threading.Event) -> None:
    for turn in cycle("|/-\\"):
        line = f"\r{turn} {what}: {time.monotonic() - start:.0f} s"
        print(line, end="", file=sys.stderr, flush=True)
        if over.wait(_TERMINAL_INTERVAL):
            print("\r\033[K", end="", file=sys.stderr)
            return


def _draw_lines(what: str, start: float, over: threading.Event) -> None:
    while not over.wait(_PLAIN_INTERVAL):
        print(f"{what}: {time.monotonic() - start:.0f} s so far", file=sys.stderr)
