# SPDX-License-Identifier: Apache-2.0
"""The performance targets of the provider, and which of them it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

import pandas as pd

from pyflink_ml_embedded.bench.report.ratios import HALF_LOAD
from pyflink_ml_embedded.bench.report.results import Results
from pyflink_ml_embedded.bench.report.spreads import spread

__all__ = ["OWN_HALF", "findings", "overview"]

OWN_HALF = ("own", 0.5)
"""The load at which each contender has half of its own maximum."""

_CPU = "cpu_seconds_per_million_rows"
_NAMED = 3  # workloads without a measurement
_NARROW = ("doubles_1", "doubles_8", "json_100", "strings_10")
_TUNINGS = ("process-row", "process-row-latency", "process-row-throughput")
_ONNX = ("onnx_lr", "onnx_mlp", "onnx_boosted")


@dataclass(frozen=True)
class _Target:
    """A ratio by workload and repetition, and how large or small its median must be.

    Attributes:
        title: the target in words.
        ratio: returns the ratios.
        at_least: the lower bound.
        at_most: the upper bound.
        workloads: the workloads that count; none for all.
        load: the load at which embedded-row must keep up.
    """

    title: str
    ratio: Callable[[Results], pd.Series]
    at_least: float = 0.0
    at_most: float = inf
    workloads: tuple[str, ...] = ()
    load: tuple[str, float] | None = None

    def finding(self, results: Results, workload: str) -> tuple[str, str]:
        """Returns the outcome on a workload, and the measured ratio."""
        if self.load is not None:
            kept_up = results.paced("kept_up", *self.load)["embedded-row"]
            if (kept_up[kept_up.index.isin([workload], level="workload")] == 0).any():
                return "missed", "embedded-row did not keep up"
        ratios = self.ratio(results)
        found = spread(ratios[ratios.index.isin([workload], level="workload")])
        if found is None:
            return "not measured", "not measured"
        met = self.at_least <= found.median <= self.at_most
        return ("met" if met else "missed"), str(found)


def findings(results: Results) -> dict[str, pd.DataFrame]:
    """Returns the outcome and the ratio on each workload, by the title of the target."""
    tables = {}
    for target in _targets():
        workloads = list(target.workloads or results.workloads.index)
        rows = [target.finding(results, workload) for workload in workloads]
        table = pd.DataFrame(rows, columns=["outcome", "found"])
        tables[target.title] = table.assign(workload=workloads).set_index(["workload", "outcome"])
    return tables


def overview(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Returns the outcome of each target: missed if one workload misses it."""
    rows = []
    for title, table in tables.items():
        outcomes = set(table.index.unique("outcome"))
        outcome = next(name for name in ("missed", "met", "not measured") if name in outcomes)
        rows.append((title, outcome, _summary(table)))
    names = ["target", "outcome", "found"]
    return pd.DataFrame(rows, columns=names).set_index(names)


def _summary(table: pd.DataFrame) -> str:
    """Returns the only finding, or the number of workloads that meet the target and the others."""
    of: dict[str, dict[str, str]] = {"met": {}, "missed": {}, "not measured": {}}
    for (workload, outcome), found in table["found"].items():
        of[outcome][workload] = f"{workload}: {found}"
    if len(of["not measured"]) == len(table):
        return ""
    if len(table) == 1:
        return next(text for found in of.values() for text in found.values())
    parts = [f"met on {len(of['met'])} of {len(table) - len(of['not measured'])} workloads"]
    parts += of["missed"].values()
    if missing := list(of["not measured"]):
        are_named = len(missing) <= _NAMED
        parts.append(f"not measured on {', '.join(missing) if are_named else len(missing)}")
    return "; ".join(parts)


def _targets() -> Iterator[_Target]:
    yield _Target(
        "p50 of process-row / embedded-row at least 100, at half the slowest contender's maximum",
        lambda results: _process_latency(results, "process-row"),
        at_least=100,
        load=HALF_LOAD,
    )
    yield _Target(
        "p50 of process-row at its best tuning / embedded-row at least 10, at the same load",
        lambda results: _process_latency(results, *_TUNINGS),
        at_least=10,
        load=HALF_LOAD,
    )
    yield _Target(
        "p99 / p50 of embedded-row at most 5, at half its own maximum",
        _tail,
        at_most=5,
        load=OWN_HALF,
    )
    for at, least in ((1, 10), (2, 5)):
        yield _Target(
            f"rows/s of embedded-row / process-row at least {least} on narrow rows,"
            f" at parallelism {at}",
            _ratio("rows_per_second", "embedded-row", "process-row", at),
            at_least=least,
            workloads=_NARROW,
        )
    yield _Target(
        "rows/s of embedded-batch / process-pandas at least 5 with a light model",
        _ratio("rows_per_second", "embedded-batch", "process-pandas"),
        at_least=5,
        workloads=("onnx_lr",),
    )
    yield _Target(
        "rows/s of embedded-row / thread at least 2 on json_100",
        _ratio("rows_per_second", "embedded-row", "thread"),
        at_least=2,
        workloads=("json_100",),
    )
    for system, other in (("embedded-row", "java-onnx"), ("embedded-batch", "java-onnx-batch")):
        for at in (1, 2):
            yield _Target(
                f"rows/s of {system} / {other} at least 1 at parallelism {at}",
                _ratio("rows_per_second", system, other, at),
                at_least=1,
                workloads=_ONNX,
            )
    for system, other in (("embedded-row", "process-row"), ("embedded-batch", "process-pandas")):
        title = f"CPU seconds of {system} / {other} at most 0.2"
        yield _Target(title, _ratio(_CPU, system, other), at_most=0.2)
    for measure, job in (("cold", "the first job of a JVM"), ("warm", "a later job in the JVM")):
        yield _Target(
            f"time to the first row of embedded-row / process-row at most 0.5, {job}",
            _ratio(measure, "embedded-row", "process-row"),
            at_most=0.5,
        )


def _ratio(
    measure: str, system: str, other: str, parallelism: int = 1
) -> Callable[[Results], pd.Series]:
    def ratio(results: Results) -> pd.Series:
        values = results.throughput(measure, parallelism).reindex(columns=[system, other])
        return values[system] / values[other]

    return ratio


def _process_latency(results: Results, *contenders: str) -> pd.Series:
    """Divides the p50 of the fastest of the contenders by that of embedded-row."""
    others = results.paced("p50", *HALF_LOAD, kept_up=True)[list(contenders)]
    return others.min(axis="columns") / results.paced("p50", *HALF_LOAD)["embedded-row"]


def _tail(results: Results) -> pd.Series:
    p99, p50 = (results.paced(name, *OWN_HALF)["embedded-row"] for name in ("p99", "p50"))
    return p99 / p50
