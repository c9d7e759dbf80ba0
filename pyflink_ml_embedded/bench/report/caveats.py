# SPDX-License-Identifier: Apache-2.0
"""Tables of what is wrong with the results: slower cases, failed, disturbed and missing runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..contenders import ALTERNATIVES, EMBEDDED
from ..results_format import SHARES
from .results import Results
from .spreads import spread

__all__ = ["disturbed", "exclusions", "failures", "slower"]

_CPU = "cpu_seconds_per_million_rows"
_OTHER_CPUS = 0.1  # kept busy by others; above it, a run is disturbed


def slower(results: Results) -> dict[str, pd.DataFrame]:
    """Returns all cases in which an alternative is better, by group of measures."""
    cases: dict[str, dict[tuple[str, str, str], list[str]]] = {}
    for group, measure, goodness in _goodness(results):
        for workload, found in goodness.groupby("workload", observed=True):
            for system in EMBEDDED:
                for other in ALTERNATIVES:
                    ratio = spread(found[system] / found[other])
                    if ratio is not None and ratio.median < 1:
                        of_group = cases.setdefault(group, {})
                        of_group.setdefault((system, other, measure), []).append(
                            f"{workload} {ratio}"
                        )
    names = ["system", "alternative", "measure", "workloads and ratios"]
    return {
        group: pd.DataFrame(
            [(*case, "; ".join(found)) for case, found in sorted(of_group.items())], columns=names
        ).set_index(names)
        for group, of_group in cases.items()
    }


def _goodness(results: Results) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yields groups and names of measures with values for which more is better."""
    for at in results.parallelisms:
        yield "Throughput", f"rows/s at parallelism {at}", results.throughput("rows_per_second", at)
    for percentile in ("p50", "p99"):
        for share in SHARES:
            name = f"{percentile} at {share:.0%} of the slowest's maximum"
            yield "Latency", name, 1 / results.paced(percentile, "slowest", share)
    for name in ("cold", "warm"):
        jvm = "new JVM" if name == "cold" else "warm JVM"
        yield "Time to the first row", jvm, 1 / results.throughput(name)
    for at in results.parallelisms:
        yield "Cost", f"CPU seconds at parallelism {at}", 1 / results.throughput(_CPU, at)
    for at in results.parallelisms:
        yield "Memory", f"peak MB at parallelism {at}", 1 / results.throughput("peak_bytes", at)


def failures(results: Results) -> pd.DataFrame:
    """Returns the runs that ended with an error."""
    found = results.failures.copy()
    load = found["share"].map(lambda share: "" if pd.isna(share) else f" at {share:.0%} of ")
    found["kind"] += load.astype(str) + found["load"].astype(object).fillna("").astype(str)
    names = ["workload", "contender", "parallelism", "kind", "error"]
    groups = found.groupby(names, observed=True, sort=False)["repetition"]
    table = groups.agg(lambda repetitions: ", ".join(map(str, repetitions)))
    order = ["workload", "contender", "parallelism", "kind", "repetitions", "error"]
    return table.rename("repetitions").reset_index().set_index(order)


def disturbed(results: Results) -> pd.DataFrame:
    """Returns the runs whose rate was not steady, or that shared the CPUs with other processes."""
    runs = results.runs
    other_cpus = runs["other_cpus"].astype(float)
    reasons = {
        "the rate did not become steady": runs["steady"].eq(False),
        f"others kept more than {_OTHER_CPUS} CPUs busy": other_cpus > _OTHER_CPUS,
    }
    names = ["disturbance", "kind", "parallelism", "runs", "repetitions"]
    rows = []
    for reason, affected in reasons.items():
        for (kind, at), found in runs[affected].groupby(["kind", "parallelism"]):
            everything = int(((runs["kind"] == kind) & (runs["parallelism"] == at)).sum())
            which = [
                f"{workload} {contender} {_joined(sorted(set(each)))}"
                for (workload, contender), each in found.groupby(
                    ["workload", "contender"], observed=True
                )["repetition"]
            ]
            rows.append((reason, kind, at, f"{len(found)} of {everything}", "; ".join(which)))
    return pd.DataFrame(rows, columns=names).set_index(names)


def exclusions(results: Results) -> pd.DataFrame:
    """Returns the cases that were left out, merged where all but one label are equal."""
    labels = ["reason", "measure", "parallelism", "contender", "workload"]
    found = results.exclusions[labels].astype(object)
    found = found.where(found.notna(), "all")
    for label in reversed(labels[1:]):
        others = [name for name in labels if name != label]
        found = found.groupby(others, sort=False)[label].agg(_joined).reset_index()
    found = found[labels].rename(columns={"contender": "contenders", "workload": "workloads"})
    return found.set_index(list(found.columns))


def _joined(values: Sequence[Any]) -> str:
    return ", ".join(dict.fromkeys(map(str, values)))
