"""The aims that were set for the provider, and where each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pyflink_ml_embedded.bench.report.document import Section, Table, Text, spread_text
from pyflink_ml_embedded.bench.report.measured import cpu, first_row, least, percentile, rate
from pyflink_ml_embedded.bench.report.results import Results
from pyflink_ml_embedded.bench.report.statistics import Spread, divided, spread

__all__ = ["Aim", "Finding", "aims", "aims_section"]

_SLOWEST_HALF = ("slowest", 0.5)
_OWN_HALF = ("own", 0.5)


@dataclass(frozen=True)
class Finding:
    """What was found on a workload; met is None where runs are missing."""

    workload: str
    text: str
    met: bool | None

    @property
    def outcome(self) -> str:
        """In a word or two, as reports say it."""
        return {True: "met", False: "MISSED", None: "not measured"}[self.met]


@dataclass(frozen=True)
class Aim:
    """An aim, and what was found on each of its workloads."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> str:
        """Missed where one workload misses it."""
        outcomes = {finding.outcome for finding in self.findings}
        return next(name for name in ("MISSED", "met", "not measured") if name in outcomes)

    @property
    def found(self) -> str:
        """The finding; of many, how many meet the aim, and which do not."""
        if len(self.findings) == 1:
            return f"{self.findings[0].workload}: {self.findings[0].text}"
        outcomes = Counter(finding.outcome for finding in self.findings)
        unmeasured = [f.workload for f in self.findings if f.met is None]
        parts = [f"met on {outcomes['met']} of {len(self.findings) - len(unmeasured)} workloads"]
        parts += [f"{f.workload}: {f.text}" for f in self.findings if f.met is False]
        if unmeasured:
            parts.append(f"not measured on {', '.join(unmeasured)}")
        return "; ".join(parts)


_Measure = Callable[[Results, str], dict[int, float]]


@dataclass(frozen=True)
class _Bound:
    """An aim before it is looked up: a ratio, and how large or small its median must be."""

    title: str
    measure: _Measure
    at_least: float | None = None
    at_most: float | None = None
    workloads: tuple[str, ...] = ()  # all that were run, where none is named
    load: tuple[str, float] | None = None  # at which embedded-row must keep up

    def finding(self, results: Results, workload: str) -> Finding:
        """Looks up one workload."""
        runs = results.latency_of(workload, "embedded-row", *self.load) if self.load else {}
        if not all(run.kept_up for run in runs.values()):
            return Finding(workload, "embedded-row did not keep up", False)
        found = spread(self.measure(results, workload).values())
        if found is None:
            return Finding(workload, "not measured", None)
        return Finding(workload, spread_text(found), self._holds(found))

    def _holds(self, found: Spread) -> bool:
        if self.at_least is not None:
            return found.median >= self.at_least
        assert self.at_most is not None
        return found.median <= self.at_most


def aims(results: Results) -> tuple[Aim, ...]:
    """Looks up every aim."""
    measured = tuple(workload.name for workload in results.workloads)
    return tuple(
        Aim(
            bound.title,
            tuple(bound.finding(results, name) for name in bound.workloads or measured),
        )
        for bound in _bounds()
    )


def aims_section(results: Results) -> Section:
    """Returns the table of aims, and each aim's workloads where it has many."""
    found = aims(results)
    table = Table(
        ("aim", "outcome", "found"),
        tuple((aim.title, aim.outcome, aim.found) for aim in found),
        labels=3,
    )
    return Section(
        "Aims",
        (Text(_HOW_TO_READ), table),
        tuple(_details(aim) for aim in found if len(aim.findings) > 1),
    )


_HOW_TO_READ = (
    "An aim is met where the median of the ratios is; one that many workloads have is missed where"
    " one of them misses it. Runs of other contenders that did not keep up with the offered rate"
    " count for nothing here: their latency would only tell how long they were queueing."
)


def _details(aim: Aim) -> Section:
    rows = tuple((f.workload, f.outcome, f.text) for f in aim.findings)
    return Section(aim.title, (Table(("workload", "outcome", "found"), rows, 2),), folded=True)


def _bounds() -> Iterator[_Bound]:
    yield _Bound(
        "p50 of process-row / embedded-row at least 100, at half the slowest contender's maximum",
        lambda results, workload: _process_latency(results, workload, "process-row"),
        at_least=100,
        load=_SLOWEST_HALF,
    )
    yield _Bound(
        "p50 of the best tuning of process-row / embedded-row at least 10, at the same load",
        lambda results, workload: _process_latency(
            results, workload, "process-row-latency", "process-row-throughput"
        ),
        at_least=10,
        load=_SLOWEST_HALF,
    )
    yield _Bound(
        "p99 / p50 of embedded-row at most 5, at half its own maximum",
        _tail,
        at_most=5,
        load=_OWN_HALF,
    )
    for ours, other, workload, least_ratio in (
        ("embedded-row", "process-row", "doubles_1", 10),
        ("embedded-batch", "process-pandas", "onnx_lr", 5),
        ("embedded-row", "thread", "json_100", 2),
    ):
        yield _Bound(
            f"rows/s of {ours} / {other} at least {least_ratio} on {workload}",
            _over(rate, ours, other),
            at_least=least_ratio,
            workloads=(workload,),
        )
    for ours, other in (("embedded-row", "process-row"), ("embedded-batch", "process-pandas")):
        yield _Bound(
            f"CPU seconds of {ours} / {other} at most 0.2",
            _over(cpu, ours, other),
            at_most=0.2,
        )
    for warm in (False, True):
        yield _Bound(
            f"time to the first row of embedded-row / process-row at most 0.5,"
            f" {'a later job in the JVM' if warm else 'the first job of a JVM'}",
            _over(partial(first_row, warm=warm), "embedded-row", "process-row"),
            at_most=0.5,
        )


def _over(
    measure: Callable[[Results, str, str], dict[int, float]], ours: str, other: str
) -> _Measure:
    return lambda results, workload: divided(
        measure(results, workload, ours), measure(results, workload, other)
    )


def _process_latency(results: Results, workload: str, *contenders: str) -> dict[int, float]:
    """Divides the p50 of the fastest of the contenders by that of embedded-row."""
    others = [
        percentile(results, workload, contender, _SLOWEST_HALF, "p50", kept_up=True)
        for contender in contenders
    ]
    return divided(
        least(*others), percentile(results, workload, "embedded-row", _SLOWEST_HALF, "p50")
    )


def _tail(results: Results, workload: str) -> dict[int, float]:
    return divided(
        percentile(results, workload, "embedded-row", _OWN_HALF, "p99"),
        percentile(results, workload, "embedded-row", _OWN_HALF, "p50"),
    )
