# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of this process and its descendants, and what others use, from /proc."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

__all__ = ["TICKS_PER_SECOND", "Usage", "busy_seconds", "processes"]

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.2

# Indices of fields of /proc/<pid>/stat, as ``processes`` yields them.
_SESSION = 3
_TIMES = slice(11, 15)  # user and system time, its own and that of children that it waited for

# Fields of the first line of /proc/stat: user, nice, system, irq, softirq and steal.
_BUSY = (1, 2, 3, 6, 7, 8)


class Usage:
    """A context that measures all processes of this session.

    Attributes:
        peak_bytes: the largest sum of the peak resident memory of processes that ran at the
            same time.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        # The time in nanoseconds, CPU seconds of this session, and CPU seconds of all processes. A
        # thread appends while another reads, so it appends all three at once.
        self._samples: list[tuple[int, float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Usage:
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

    def cpu_seconds(self, start: float, end: float) -> float:
        """Returns the CPU time between two nanoseconds of the monotonic clock."""
        return self._between(start, end)[0]

    def other_cpus(self, start: float, end: float) -> float:
        """Returns how many CPUs were busy for others in that time, on average.

        Others are the processes of other sessions, and the guests of the same host (steal).
        """
        own, all_processes = self._between(start, end)
        return max(0.0, (all_processes - own) / ((end - start) / 1e9))

    def _between(self, start: float, end: float) -> list[float]:
        nanos, *columns = zip(*self._samples, strict=True)
        pairs = (np.interp([start, end], nanos, seconds) for seconds in columns)
        return [float(after - before) for before, after in pairs]

    def _watch(self) -> None:
        over = False
        while not over:
            over = self._over.wait(_SAMPLE_SECONDS)
            processes = list(_session())
            ticks = sum(sum(map(int, stat[_TIMES])) for _, stat in processes)
            self._samples.append((time.monotonic_ns(), ticks / TICKS_PER_SECOND, busy_seconds()))
            peak = sum(_peak_bytes(process) for process, _ in processes)
            self.peak_bytes = max(self.peak_bytes, peak)


def busy_seconds() -> float:
    """Returns the CPU time of all processes, and of other guests of the host, since the boot."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()
    return sum(int(fields[index]) for index in _BUSY) / TICKS_PER_SECOND


def processes() -> Iterator[tuple[Path, list[str]]]:
    """Yields the directory in /proc and the fields of stat for each process.

    The first field is the one after the name in brackets.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the process has ended
            yield process, (process / "stat").read_text().rpartition(")")[2].split()


def _session() -> Iterator[tuple[Path, list[str]]]:
    """Yields the processes of this session; worker processes have groups of their own."""
    session = str(os.getsid(0))
    return ((process, stat) for process, stat in processes() if stat[_SESSION] == session)


def _peak_bytes(process: Path) -> int:
    with contextlib.suppress(OSError):
        for line in (process / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
