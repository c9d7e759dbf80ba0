"""Which runs a benchmark has, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ._contenders import CONTENDERS

__all__ = ["LOADS", "Case", "loads_of", "turns"]

LOADS = (0.1, 0.5, 0.8)  # shares of a maximum


@dataclass(frozen=True)
class Case:
    """What is measured once in each repetition."""

    workload: str
    contender: str
    parallelism: int


def turns(cases: Sequence[Case], repetitions: int) -> Iterator[tuple[int, Case]]:
    """Yields repetitions and cases, so that those that are compared alternate.

    The contenders of a workload run one after the other, in an order that rotates.
    """
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.workload, case.parallelism), []).append(case)
    for repetition in range(repetitions):
        for group in groups.values():
            start = repetition % len(group)
            for case in (*group[start:], *group[:start]):
                yield repetition, case


def loads_of(case: Case, runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """Returns the loads of a latency run: of which maximum, the share, rows a second.

    Args:
        case: to run.
        runs: of throughput, among them those of the case.

    Returns:
        nothing where the case has no maximum.
    """
    speeds: dict[str, list[float]] = {}
    for run in runs:
        same = run["workload"] == case.workload and run["parallelism"] == case.parallelism
        if same and "error" not in run and CONTENDERS[run["contender"]].way != "loop":
            speeds.setdefault(run["contender"], []).append(run["rows_per_second"])
    if case.contender not in speeds:
        return []
    maxima = {contender: median(found) for contender, found in speeds.items()}
    slowest = min(maxima.values())
    return [
        (load, share, share * most)
        for load, most in (("slowest", slowest), ("own", maxima[case.contender]))
        for share in LOADS
    ]
