# SPDX-License-Identifier: Apache-2.0
"""How many cases are done, and how long the others will take."""

from __future__ import annotations

import time
from collections.abc import Mapping

__all__ = ["Progress"]

_GUESSES = {"throughput": 8.0, "latency": 18.0}  # seconds of a case, before one was measured


class Progress:
    """The progress of a run.

    Args:
        cases: the number of cases of each measure.
    """

    def __init__(self, cases: Mapping[str, int]) -> None:
        self._all = dict(cases)
        self._done = dict.fromkeys(cases, 0)
        self._seconds = dict.fromkeys(cases, 0.0)
        self._last = time.monotonic()

    def count(self, kind: str) -> None:
        """Counts a case of a measure, which took the time since the last one."""
        now = time.monotonic()
        self._seconds[kind] += now - self._last
        self._done[kind] += 1
        self._last = now

    def leave_out(self, kind: str, cases: int) -> None:
        """Notes that some cases of a measure will not be run."""
        self._all[kind] -= cases

    def __str__(self) -> str:
        """Returns the numbers of cases, and the time that is left."""
        left = sum(self._mean(kind) * (n - self._done[kind]) for kind, n in self._all.items())
        hours, minutes = divmod(round(left / 60), 60)
        done, total = sum(self._done.values()), sum(self._all.values())
        return f"{done}/{total}, {hours} h {minutes:02} min left"

    def _mean(self, kind: str) -> float:
        done = self._done[kind]
        return self._seconds[kind] / done if done else _GUESSES[kind]
