"""The part of a report that tells where ours loses, what failed and what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ..contenders import ALTERNATIVES, EMBEDDED
from .document import Section, Table, Text, spread_text
from .measured import cpu, first_row, peak, percentile, rate
from .results import Results
from .statistics import Spread, ratio

__all__ = ["Loss", "losses", "losses_section"]


@dataclass(frozen=True)
class _Measure:
    """What contenders are compared by: looked up by results, workload and contender."""

    group: str
    name: str
    look_up: Callable[[Results, str, str], dict[int, float]]
    higher_is_better: bool = False


def _measures(parallelisms: tuple[int, ...]) -> Iterator[_Measure]:
    for parallelism in parallelisms:
        name = f"rows/s at parallelism {parallelism}"
        yield _Measure("Throughput", name, partial(rate, parallelism=parallelism), True)
    for percent in ("p50", "p99"):
        for share in (0.1, 0.5, 0.8):
            name = f"{percent} at {share:.0%} of the slowest's maximum"
            look_up = partial(percentile, load=("slowest", share), name=percent)
            yield _Measure("Latency", name, look_up)
    for warm in (False, True):
        name = "warm JVM" if warm else "new JVM"
        yield _Measure("Time to the first row", name, partial(first_row, warm=warm))
    for parallelism in parallelisms:
        name = f"CPU seconds at parallelism {parallelism}"
        yield _Measure("Cost", name, partial(cpu, parallelism=parallelism))
    for parallelism in parallelisms:
        name = f"peak MB at parallelism {parallelism}"
        yield _Measure("Memory", name, partial(peak, parallelism=parallelism))


@dataclass(frozen=True)
class Loss:
    """A case in which another contender is better; the ratio says how good ours is to it."""

    group: str
    measure: str
    workload: str
    ours: str
    other: str
    ratio: Spread


def losses(results: Results) -> Iterator[Loss]:
    """Yields every loss against contenders that are not limits."""
    for measure in _measures(results.parallelisms):
        for workload in results.workloads:
            for ours in EMBEDDED:
                for other in ALTERNATIVES:
                    mine = measure.look_up(results, workload.name, ours)
                    its = measure.look_up(results, workload.name, other)
                    found = ratio(mine, its) if measure.higher_is_better else ratio(its, mine)
                    if found is not None and found.median < 1:
                        yield Loss(measure.group, measure.name, workload.name, ours, other, found)


def losses_section(results: Results) -> Section:
    """Returns every case in which ours is worse, every failed run and every exclusion."""
    groups: dict[str, list[Loss]] = defaultdict(list)
    for loss in losses(results):
        groups[loss.group].append(loss)
    intro = (
        "Every case in which another contender is better than ours, the limits apart. The ratio"
        " says how good ours is: below 1 in the median; where the larger extreme is above 1, ours"
        " was better in a repetition."
    )
    return Section(
        "Losses",
        (Text(intro if groups else "Ours loses against no other contender."),),
        (
            *(Section(group, (_table(found),)) for group, found in groups.items()),
            Section("Failed runs", (_failures(results),)),
            Section("Exclusions", (_exclusions(results),)),
        ),
    )


def _table(found: list[Loss]) -> Table:
    return Table(
        ("measure", "workload", "ours", "better", "how good ours is to it"),
        tuple(
            (loss.measure, loss.workload, loss.ours, loss.other, spread_text(loss.ratio))
            for loss in found
        ),
        labels=4,
    )


def _failures(results: Results) -> Table | Text:
    if not results.failures:
        return Text("None.")
    repetitions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for run in results.failures:
        case = run.case
        load = f" at {case.share:.0%} of {case.load}" if case.share is not None else ""
        key = (case.workload, case.contender, str(case.parallelism), case.kind + load, run.error)
        repetitions[key].append(str(run.repetition))
    return Table(
        ("workload", "contender", "parallelism", "kind", "repetitions", "error"),
        tuple((*key[:4], ", ".join(which), key[4]) for key, which in repetitions.items()),
        labels=6,
    )


def _exclusions(results: Results) -> Table | Text:
    if not results.exclusions:
        return Text("None.")
    return Table(
        ("workload", "contender", "reason"),
        tuple((each.workload, each.contender, each.reason) for each in results.exclusions),
        labels=3,
    )
