# SPDX-License-Identifier: Apache-2.0
"""Reads the reports of a job's source and sink, also while the job runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Window",
    "all_emit_since",
    "first_arrival",
    "read_latencies",
    "read_paces",
    "rows_at",
    "steady_since",
    "whole_window",
    "window_between",
]

# A rate is steady if a line through the rates of some time changes by less than _MOST_CHANGE of
# their mean, or by less than the standard error of that change.
_START_SECONDS = 0.5  # after the first arrival, which do not count
_LEAST_ARRIVALS = 4  # in a window, after the one with which it begins
_BINS = 6
_MOST_CHANGE = 0.05


@dataclass(frozen=True)
class Window:
    """A part of a job.

    Attributes:
        start: nanoseconds of the monotonic clock.
        end: nanoseconds of the same clock.
        rows: the number of rows that reached the sink.
    """

    start: float
    end: float
    rows: float

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end - self.start) / 1e9


def first_arrival(report: Path) -> int | None:
    """Returns when the first row reached a sink, or None if none has.

    The time is in nanoseconds of the monotonic clock.
    """
    return min((int(sink[0, 0]) for sink in _samples(report)), default=None)


def all_emit_since(report: Path) -> int:
    """Returns when the last source emitted its first row, after the job's end."""
    return max(int(source["first_nanos"]) for source in _sources(report))


def steady_since(report: Path, seconds: float) -> int | None:
    """Returns since when the rate of a running job has been steady, if this is long enough.

    The rate is steady if the slope of six equal parts cannot be told from zero. They begin half a
    second after the first arrival or later.

    Args:
        report: the report directory of the job.
        seconds: how long the rate must have been steady. A window with too few arrivals is longer.

    Returns:
        nanoseconds of the monotonic clock, or None.
    """
    sinks = _samples(report)
    moments = _moments(sinks)
    if len(moments) <= _LEAST_ARRIVALS:
        return None
    end = moments[-1]
    start = min(end - round(seconds * 1e9), moments[-_LEAST_ARRIVALS - 1])
    if start < moments[0] + _START_SECONDS * 1e9:
        return None
    rates = np.diff(_count(sinks, np.linspace(start, end, _BINS + 1)))
    places = np.arange(_BINS) - (_BINS - 1) / 2
    slope = (places @ rates) / (places @ places)
    rest = rates - rates.mean() - slope * places
    error = np.sqrt((rest @ rest) / (_BINS - 2) / (places @ places))
    is_steady = abs(slope) * (_BINS - 1) <= _MOST_CHANGE * rates.mean() or abs(slope) <= error
    return int(start) if is_steady else None


def window_between(report: Path, start: float, end: float) -> Window | None:
    """Returns the part of a saturated job between two moments.

    Some contenders emit many rows at a time. The window begins and ends just before such a burst,
    and has the rows of the bursts between: a burst follows a gap that is at least half as long as
    the fourth longest one.

    Args:
        report: the report directory of the job.
        start: nanoseconds of the monotonic clock.
        end: the same, while all sources emit. A source that waits for a burst may have emitted
            its last row before it.

    Returns:
        None if there were less than four bursts.
    """
    sinks = _samples(report)
    moments = _moments(sinks)
    moments = moments[(moments >= start) & (moments <= end)]
    gaps = np.diff(moments)
    if len(gaps) < _LEAST_ARRIVALS:
        return None
    bursts = np.flatnonzero(gaps >= np.sort(gaps)[-_LEAST_ARRIVALS] / 2)
    before, first, last = moments[:-1], moments[1 + bursts[0]], moments[1 + bursts[-1]]
    counts = _count(sinks, before[bursts[[0, -1]]])
    return Window(int(first), int(last), float(counts[1] - counts[0]))


def whole_window(report: Path) -> Window:
    """Returns the window from the first result of a job to its last.

    Raises:
        ValueError: no row reached a sink.
    """
    sinks = _samples(report)
    if not sinks:
        raise ValueError("no rows arrived at the sink")
    start = min(int(sink[0, 0]) for sink in sinks)
    end = max(int(sink[-1, 0]) for sink in sinks)
    return Window(start, end, sum(int(sink[-1, 1]) for sink in sinks))


def rows_at(report: Path, moments: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Returns the number of rows that had reached the sinks at each moment.

    Args:
        report: the report directory of a job that has written samples.
        moments: nanoseconds of the monotonic clock.
    """
    return _count(_samples(report), np.asarray(moments, np.float64))


def read_latencies(
    report: Path, parts: Sequence[tuple[int, int]]
) -> list[tuple[npt.NDArray[np.int64], Window]]:
    """Reads the latencies of a paced job.

    Args:
        report: the report directory of the job.
        parts: start and end of each part, in nanoseconds since the first row of a subtask was due.

    Returns:
        for each part the latency of each row that was due in it, in nanoseconds, and the window
        from when the first of these was due until the last arrived.

    Raises:
        ValueError: no row was due in a part.
    """
    files = sorted(report.glob("sink-*.latencies"))
    pairs = np.concatenate([_pairs(file) for file in files])
    first = min(source["first_nanos"] for source in _sources(report))
    found = []
    for number, (start, end) in enumerate(parts):
        since = pairs[:, 0] - first
        rows = pairs[(since >= start) & (since < end)]
        if len(rows) == 0:
            raise ValueError(f"no rows arrived at load {number}")
        last = int(rows.sum(axis=1).max())
        found.append((rows[:, 1], Window(int(rows[:, 0].min()), last, len(rows))))
    return found


def read_paces(report: Path) -> list[float]:
    """Returns the rows per second of all sources in each phase; 0 if it had no pace."""
    paces = [source["paces"] for source in _sources(report)]
    return [sum(found) for found in zip(*paces, strict=True)]


def _sources(report: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in report.glob("source-*.json")]


def _samples(report: Path) -> list[npt.NDArray[np.int64]]:
    """Returns the samples of each sink that has any."""
    found = [_pairs(file) for file in sorted(report.glob("sink-*.samples"))]
    return [samples for samples in found if len(samples) > 0]


def _pairs(file: Path) -> npt.NDArray[np.int64]:
    """Returns the pairs of a file whose last one may be incomplete."""
    content = file.read_bytes()
    return np.frombuffer(content[: len(content) // 16 * 16], "<i8").reshape(-1, 2)


def _moments(sinks: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Returns the times at which the number of rows had increased."""
    changes = [sink[1:][np.diff(sink[:, 1]) > 0, 0] for sink in sinks]
    return np.unique(np.concatenate(changes)) if changes else np.empty(0, np.int64)


def _count(
    sinks: list[npt.NDArray[np.int64]], moments: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Returns the number of rows that had arrived at each moment, interpolated."""
    counts = (np.interp(moments, sink[:, 0], sink[:, 1]) for sink in sinks)
    return sum(counts, np.zeros(len(moments)))
