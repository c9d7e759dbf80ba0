"""Finds what became faster or slower between two results directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

from .records import Case, LatencyRun, ThroughputRun, values
from .results import Results, load
from .statistics import least_p_value, p_value

__all__ = ["Change", "Comparison", "compare"]

SIGNIFICANT = 0.05
"""The p value below which a change counts as one."""

LEAST_CHANGE = 5.0
"""Percent; a smaller change is not worth a verdict."""

_OTHER_RATE = 0.1  # of the offered rates, from which on latencies are hard to compare


@dataclass(frozen=True)
class Change:
    """A measure of a case in both directories: medians, p value and repetitions in a and in b."""

    case: Case
    measure: str
    a: float
    b: float
    repetitions: tuple[int, int]
    p: float
    higher_is_better: bool

    @property
    def percent(self) -> float:
        """How much larger the second median is."""
        return 100 * (self.b / self.a - 1)

    @property
    def testable(self) -> bool:
        """Whether the test can find anything with so many repetitions."""
        return least_p_value(*self.repetitions) < SIGNIFICANT

    @property
    def verdict(self) -> str:
        """'regression', 'improvement', 'too few repetitions' or ''."""
        if not self.testable:
            return "too few repetitions"
        if self.p >= SIGNIFICANT or abs(self.percent) < LEAST_CHANGE:
            return ""
        better = (self.percent > 0) == self.higher_is_better
        return "improvement" if better else "regression"


@dataclass(frozen=True)
class Comparison:
    """All changes, and what else differs between the two directories."""

    a: Results
    b: Results
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Those of ours, which make a comparison fail."""
        return tuple(
            change
            for change in self.changes
            if change.verdict == "regression" and change.case.contender.startswith("embedded")
        )


def compare(a: Path, b: Path) -> Comparison:
    """Tests each case that both directories have.

    Args:
        a: The results directory to compare with.
        b: The one to judge.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    first, second = load(a), load(b)
    changes = tuple(chain(_throughput_changes(first, second), _latency_changes(first, second)))
    return Comparison(first, second, changes, tuple(_warnings(first, second)))


def _throughput_changes(a: Results, b: Results) -> Iterator[Change]:
    measures: dict[str, Callable[[ThroughputRun], float | None]] = {
        "rows/s": lambda run: run.rows_per_second,
        "CPU s / 1M rows": lambda run: run.cpu_seconds_per_million_rows,
    }
    for case in a.throughput:
        for name, measure in measures.items():
            if case in b.throughput:
                before = values(a.throughput[case], measure)
                after = values(b.throughput[case], measure)
                yield from _change(case, name, before, after, higher_is_better=name == "rows/s")


def _latency_changes(a: Results, b: Results) -> Iterator[Change]:
    for case in a.latency:
        for name in ("p50", "p99"):
            if case in b.latency:
                measure = partial(LatencyRun.percentile, name=name)
                before = values(a.latency[case], measure)
                after = values(b.latency[case], measure)
                yield from _change(case, f"{name}, us", before, after, higher_is_better=False)


def _change(
    case: Case,
    measure: str,
    before: Mapping[int, float],
    after: Mapping[int, float],
    higher_is_better: bool,
) -> Iterator[Change]:
    """Yields the change, or nothing where one of the two has no value."""
    a, b = list(before.values()), list(after.values())
    if a and b and median(a) > 0:
        repetitions = (len(a), len(b))
        yield Change(
            case, measure, median(a), median(b), repetitions, p_value(a, b), higher_is_better
        )


def _warnings(a: Results, b: Results) -> Iterator[str]:
    for name, of_a, of_b in _facts(a, b):
        if of_a != of_b:
            yield f"{name} differs: {of_a} and {of_b}"
    other_rates = sum(
        abs(_offered(b.latency[case]) / _offered(runs) - 1) > _OTHER_RATE
        for case, runs in a.latency.items()
        if case in b.latency
    )
    if other_rates:
        yield (
            f"{other_rates} latency cases were offered rates that differ by more than"
            f" {_OTHER_RATE:.0%}: a load is a share of a maximum that each directory measured"
        )


def _facts(a: Results, b: Results) -> Iterator[tuple[str, object, object]]:
    one, other = a.machine, b.machine
    for name in ("cpu", "cpus", "memory_bytes", "system", "java", "python", "python_cflags"):
        yield name, getattr(one, name), getattr(other, name)
    for name in sorted(one.versions.keys() | other.versions.keys()):
        yield name, one.versions.get(name, "none"), other.versions.get(name, "none")
    for name in sorted(one.settings.keys() | other.settings.keys()):
        yield f"setting '{name}'", one.settings.get(name), other.settings.get(name)


def _offered(runs: Mapping[int, LatencyRun]) -> float:
    return median(run.offered_rows_per_second for run in runs.values())
