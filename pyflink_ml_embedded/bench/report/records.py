"""Records of a results directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

__all__ = [
    "PERCENTILES",
    "Case",
    "Exclusion",
    "FailedRun",
    "LatencyRun",
    "Machine",
    "Run",
    "ThroughputRun",
    "Workload",
    "values",
]

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}

_ROWS_ABOVE_PERCENTILE = 10  # fewer rows above a percentile do not tell where it is
_KEPT_UP = 0.98  # of the offered rate


@dataclass(frozen=True)
class Machine:
    """Where, when and how the runs were made; versions by package, settings by name."""

    time: datetime
    commit: str
    uncommitted_changes: tuple[str, ...]
    cpu: str
    cpus: int
    memory_bytes: int
    load_average: tuple[float, ...]
    system: str
    java: tuple[str, ...]
    python: str
    python_cflags: str
    versions: dict[str, str]
    settings: dict[str, Any]

    @property
    def code(self) -> str:
        """The commit, and whether there were changes on top of it."""
        if not self.commit:
            return "no checkout"
        changes = " with changes" if self.uncommitted_changes else ""
        return f"commit {self.commit[:12]}{changes}"


@dataclass(frozen=True)
class Workload:
    """The rows that all contenders get, and the result they give; row_bytes is a mean, as JSON."""

    name: str
    title: str
    input: str
    output: str
    columns: int
    row_bytes: float


@dataclass(frozen=True)
class Exclusion:
    """A contender that was not run on a workload, and why."""

    workload: str
    contender: str
    reason: str


@dataclass(frozen=True, order=True)
class Case:
    """What repetitions repeat; load and share are None unless kind is 'latency'."""

    kind: str
    workload: str
    contender: str
    parallelism: int = 1
    load: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class FailedRun:
    """A run that ended with an error: the last lines of its output."""

    case: Case
    repetition: int
    error: str


@dataclass(frozen=True)
class ThroughputRun:
    """A saturated job in its steady state; seconds to the first row are None outside Flink."""

    case: Case
    repetition: int
    rows: int
    seconds: float
    rows_per_second: float
    cpu_seconds_per_million_rows: float
    peak_bytes: int
    first_row_cold: float | None
    first_row_warm: float | None
    mean_batch_rows: float | None


@dataclass(frozen=True)
class LatencyRun:
    """A paced job; microseconds from when a row was due, by percentile and 'max'."""

    case: Case
    repetition: int
    offered_rows_per_second: float
    rows_per_second: float
    rows: int
    microseconds: dict[str, float]
    mean_batch_rows: float | None

    @property
    def kept_up(self) -> bool:
        """Whether the rows came out as fast as they were offered, or with a delay that is steady.

        Where a job falls behind, the last row is twice as late as the median one.
        """
        seconds_behind = self.rows / self.rows_per_second - self.rows / self.offered_rows_per_second
        return (
            self.rows_per_second >= _KEPT_UP * self.offered_rows_per_second
            or seconds_behind * 1e6 <= self.microseconds["p50"]
        )

    def percentile(self, name: str) -> float | None:
        """Returns microseconds, or None where the run has too few rows to tell."""
        quantile = PERCENTILES.get(name)
        if quantile is not None and round(self.rows * (1 - quantile), 6) < _ROWS_ABOVE_PERCENTILE:
            return None
        return self.microseconds[name]


Run = ThroughputRun | LatencyRun | FailedRun


_RunT = TypeVar("_RunT", ThroughputRun, LatencyRun)


def values(runs: Mapping[int, _RunT], measure: Callable[[_RunT], float | None]) -> dict[int, float]:
    """Returns what was measured by repetition, without those that do not have it."""
    measured = {repetition: measure(run) for repetition, run in runs.items()}
    return {repetition: value for repetition, value in measured.items() if value is not None}
