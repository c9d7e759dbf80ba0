# SPDX-License-Identifier: Apache-2.0
"""Reads the reports of a job's source and sink."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Window", "first_result", "read_latencies", "steady_window", "whole_window"]


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


def first_result(report: Path) -> int:
    """Returns when the first row reached a sink, in nanoseconds of the monotonic clock.

    Raises:
        ValueError: no row reached a sink.
    """
    return min(int(samples[0, 0]) for samples in _samples(report))


def steady_window(report: Path, warm_up: float) -> Window:
    """Returns the part of a saturated job from its warm-up until a source ended.

    It begins and ends when rows have just arrived, because some contenders emit many at a time.

    Args:
        report: the report directory of the job.
        warm_up: seconds to exclude.

    Raises:
        ValueError: too few rows arrived.
    """
    sources = [json.loads(file.read_text()) for file in report.glob("source-*.json")]
    start = max(source["first_nanos"] for source in sources) + warm_up * 1e9
    end = min(source["last_nanos"] for source in sources)
    sinks = _samples(report)
    moments = np.unique(np.concatenate([_changes(sink) for sink in sinks]))
    within = moments[(moments >= start) & (moments <= end)]
    if len(within) < 2:
        raise ValueError("too few rows arrived for a rate; increase --seconds")
    first, last = int(within[0]), int(within[-1])
    return Window(first, last, _count(sinks, last) - _count(sinks, first))


def whole_window(report: Path) -> Window:
    """Returns the window from the first result of a job to its last.

    Raises:
        ValueError: no row reached a sink.
    """
    sinks = _samples(report)
    end = max(int(sink[-1, 0]) for sink in sinks)
    return Window(first_result(report), end, sum(int(sink[-1, 1]) for sink in sinks))


def read_latencies(report: Path, warm_up: float) -> tuple[npt.NDArray[np.int64], Window]:
    """Reads the latencies of a paced job.

    Returns:
        the latency of each row that was due after the warm-up, in nanoseconds, and the window from
        when the first of these was due until the last arrived.
    """
    pairs = np.concatenate([_pairs(file) for file in sorted(report.glob("sink-*.latencies"))])
    if len(pairs) == 0:
        raise ValueError("no rows arrived")
    pairs = pairs[pairs[:, 0] >= pairs[:, 0].min() + warm_up * 1e9]
    end = int(pairs.sum(axis=1).max())
    return pairs[:, 1], Window(int(pairs[:, 0].min()), end, len(pairs))


def _samples(report: Path) -> list[npt.NDArray[np.int64]]:
    found = [_pairs(file) for file in sorted(report.glob("sink-*.samples"))]
    found = [samples for samples in found if len(samples) > 0]
    if not found:
        raise ValueError("no rows arrived at the sink")
    return found


def _pairs(file: Path) -> npt.NDArray[np.int64]:
    return np.fromfile(file, "<i8").reshape(-1, 2)


def _changes(samples: npt.NDArray[np.int64]) -> Any:
    """Returns the times at which the number of rows had increased."""
    return samples[1:][np.diff(samples[:, 1]) > 0, 0]


def _count(sinks: list[npt.NDArray[np.int64]], moment: int) -> float:
    return sum(float(np.interp(moment, sink[:, 0], sink[:, 1])) for sink in sinks)
