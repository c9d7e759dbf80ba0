# SPDX-License-Identifier: Apache-2.0
"""The JIT compiler of a JVM, which makes a job faster for some seconds."""

from __future__ import annotations

import contextlib
from pathlib import Path

from .usage import TICKS_PER_SECOND

__all__ = ["Compiler"]

_THREADS = ("C1 CompilerThre", "C2 CompilerThre")  # as Linux shortens their names
_IDLE = 0.05  # CPUs, which the compiler may use


class Compiler:
    """The CPU time that the JIT compiler of a JVM takes.

    ``CompilationMXBean`` has the time of compilations that have ended. One that takes seconds,
    while the job runs slower code, does not show there.

    Args:
        jvm: the process.
    """

    def __init__(self, jvm: int) -> None:
        self._threads = Path(f"/proc/{jvm}/task")
        self._ticks: dict[str, int] = {}  # by thread, also of those that have ended
        self._others: set[str] = set()
        self._worked: list[tuple[int, int]] = []  # nanoseconds of the clock, and ticks until then

    def look(self, now: int) -> None:
        """Notes how long it has worked. To be called often.

        Args:
            now: nanoseconds of the monotonic clock.
        """
        for thread in self._threads.glob("*"):
            if thread.name not in self._others:
                with contextlib.suppress(OSError):  # the thread has ended
                    self._read(thread)
        self._worked.append((now, sum(self._ticks.values())))

    def _read(self, thread: Path) -> None:
        begin, _, fields = (thread / "stat").read_text().rpartition(")")
        if begin.partition("(")[2] in _THREADS:
            self._ticks[thread.name] = sum(map(int, fields.split()[11:13]))  # user and system time
        elif begin.partition("(")[2] != "java":  # the name of a thread that has just started
            self._others.add(thread.name)

    def was_idle_since(self, start: float) -> bool:
        """Returns whether it has been idle from a moment on until the last look.

        Args:
            start: nanoseconds of the monotonic clock.
        """
        earlier = [ticks for moment, ticks in self._worked if moment <= start]
        now, ticks = self._worked[-1]
        if not earlier:
            return False
        seconds = (ticks - earlier[-1]) / TICKS_PER_SECOND
        return seconds <= _IDLE * (now - start) / 1e9
