# SPDX-License-Identifier: Apache-2.0
"""The result in a few sentences and a small table."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pandas as pd

from ..contenders import ALTERNATIVES, BATCH_CONTENDERS, EMBEDDED
from .ratios import HALF_LOAD, opponents
from .results import Results
from .spreads import Spread, known, number, spread, spreads

__all__ = ["sentences", "table"]

_CPU = "cpu_seconds_per_million_rows"
_NAMED = 3  # workloads in a sentence


def table(results: Results) -> pd.DataFrame:
    """Returns how many times better each embedded system is than its first opponent.

    A figure is the median of the workloads, with the extremes of the workloads in brackets.
    """
    columns = {
        f"{system} / {other}": {
            measure: _over_workloads(goodness[system] / goodness[other])
            for measure, goodness in _goodness(results)
        }
        for system, other in opponents(results).items()
    }
    return pd.DataFrame(columns, dtype=object).dropna(how="all").rename_axis("measure")


def _goodness(results: Results) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yields names of measures with values for which more is better."""
    for at in results.parallelisms:
        yield f"rows/s at parallelism {at}", results.throughput("rows_per_second", at)
    yield "CPU time of a row", 1 / results.throughput(_CPU)
    yield "peak memory", 1 / results.throughput("peak_bytes")
    yield "p50 at half load", 1 / results.paced("p50", *HALF_LOAD, kept_up=True)
    yield "first row, new JVM", 1 / results.throughput("cold")
    yield "first row, warm JVM", 1 / results.throughput("warm")


def _over_workloads(ratios: pd.Series) -> Spread | None:
    return spread(each.median for each in _by_workload(ratios).values())


def _by_workload(ratios: pd.Series) -> dict[str, Spread]:
    found = known(spreads(ratios.to_frame("ratio")))
    return {workload: row["ratio"] for workload, row in found.items()}


def sentences(results: Results) -> list[str]:
    """Returns who wins, where the embedded systems are slower, and what they cost."""
    pairs = opponents(results)
    said = [_wins(results, *pair) for pair in pairs.items()]
    said += _losses(results)
    for pair in pairs.items():
        said += _costs(results, *pair)
    return said


def _wins(results: Results, system: str, other: str) -> str:
    rates = results.throughput("rows_per_second")
    found = _by_workload(rates[system] / rates[other])
    ratios = {name: each.median for name, each in found.items()}
    least, most = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
    if len(ratios) == 1:
        return f"{system} has {number(ratios[least])} times the rows/s of {other} on {least}."
    return (
        f"{system} has {number(median(ratios.values()))} times the rows/s of {other}, the median of"
        f" {len(ratios)} workloads: from {number(ratios[least])} on {least} to"
        f" {number(ratios[most])} on {most}."
    )


def _losses(results: Results) -> Iterator[str]:
    """Yields the alternatives with more rows/s that call the model in the same way."""
    rates = results.throughput("rows_per_second")
    compared = [
        (system, other, ratios)
        for system in EMBEDDED
        for other in ALTERNATIVES
        if (other in BATCH_CONTENDERS) == (system in BATCH_CONTENDERS)
        and (ratios := _by_workload(rates[system] / rates[other]))
    ]
    lost = False
    for system, other, ratios in compared:
        slower = sorted((each.median, name) for name, each in ratios.items() if each.median < 1)
        if slower:
            lost = True
            named = ", ".join(f"{name} ({number(ratio)})" for ratio, name in slower[:_NAMED])
            more = f" and {len(slower) - _NAMED} more" if len(slower) > _NAMED else ""
            yield f"{system} is slower than {other} on {named}{more}."
    if compared and not lost:
        yield "No alternative that calls the model in the same way has more rows/s."


def _costs(results: Results, system: str, other: str) -> Iterator[str]:
    measures = (
        ("the CPU time of {} for a row", results.throughput(_CPU)),
        ("its peak memory", results.throughput("peak_bytes")),
        ("its p50 at half load", results.paced("p50", *HALF_LOAD, kept_up=True)),
    )
    parts = [
        f"{number(found.median)} times {name.format(system)}"
        for name, values in measures
        if (found := _over_workloads(values[other] / values[system]))
    ]
    if parts:
        *first, last = parts
        yield f"{other} takes {' and '.join([', '.join(first), last] if first else [last])}."
