"""CPU time and memory of this process and all that it has started, from /proc."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.2

# Fields of /proc/<pid>/stat, counted from the one after the name in brackets.
_GROUP = 2
_TIMES = slice(11, 15)  # user and system, its own and of the children that it waited for


def cpu_seconds() -> float:
    """Returns the CPU time of this process group so far, also of children that have ended."""
    ticks = sum(sum(map(int, stat[_TIMES])) for _, stat in _group())
    return ticks / _TICKS_PER_SECOND


class PeakMemory:
    """Watches the resident memory of this process group while it is entered.

    Attributes:
        bytes: the largest sum found of the peaks of the processes that lived at a time.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        over = False
        while not over:
            over = self._over.wait(_SAMPLE_SECONDS)
            self.bytes = max(self.bytes, sum(_peak_bytes(process) for process, _ in _group()))


def _group() -> Iterator[tuple[Path, list[str]]]:
    """Finds the processes of this group: the directory in /proc, and the fields of its stat."""
    group = str(os.getpgrp())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            stat = (process / "stat").read_text().rpartition(")")[2].split()
            if stat[_GROUP] == group:
                yield process, stat


def _peak_bytes(process: Path) -> int:
    with contextlib.suppress(OSError):
        for line in (process / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
