# SPDX-License-Identifier: Apache-2.0
"""Warns of other processes, which make all figures worse."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .usage import TICKS_PER_SECOND, busy_seconds, processes

__all__ = ["describe_others"]

_SECONDS = 2.0
_MOST_CPUS = 0.1  # of others, in a machine that is idle enough
_SHOWN = 3
_OWN_TIMES = slice(11, 13)  # user and system time, of what ``processes`` yields


def describe_others() -> str | None:
    """Watches the machine for two seconds; returns what keeps it busy, or None if it is idle."""
    before, busy = _seconds(), busy_seconds()
    time.sleep(_SECONDS)
    after, cpus = _seconds(), (busy_seconds() - busy) / _SECONDS
    if cpus <= _MOST_CPUS:
        return None
    used = {pid: seconds - before.get(pid, seconds) for pid, seconds in after.items()}
    names = [_name(pid) for pid in sorted(used, key=used.__getitem__, reverse=True)[:_SHOWN]]
    load = os.getloadavg()[0]
    return (
        f"the machine is busy: {cpus:.1f} CPUs are in use (load average {load:.1f}), most by "
        f"{', '.join(names)}"
    )


def _seconds() -> dict[str, float]:
    """Returns the CPU time of each process by its id, without its children."""
    return {
        process.name: sum(map(int, stat[_OWN_TIMES])) / TICKS_PER_SECOND
        for process, stat in processes()
    }


def _name(pid: str) -> str:
    with contextlib.suppress(OSError):
        return f"{Path('/proc', pid, 'comm').read_text().strip()} ({pid})"
    return f"a process that has ended ({pid})"
