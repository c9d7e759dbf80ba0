# SPDX-License-Identifier: Apache-2.0
"""The tables of a report.

A table is a DataFrame of texts, numbers and spreads, whose index contains the row labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..contenders import ALTERNATIVES, BATCH_CONTENDERS, CONTENDERS, EMBEDDED, LIMITS
from ..results_format import PERCENTILES, SHARES
from .results import Results
from .spreads import number, spread, spreads

__all__ = [
    "batches",
    "cost",
    "cost_ratios",
    "failures",
    "latency",
    "limit_ratios",
    "machine",
    "slower",
    "summary",
    "throughput",
    "workloads",
]

_MAIN_ALTERNATIVES = ("process-row", "process-pandas", "thread", "pemja", "http", "java-onnx")
_CPU = "cpu_seconds_per_million_rows"


def machine(results: Results) -> pd.DataFrame:
    """Returns where, when and how the runs were made."""
    found = results.machine
    facts = {
        "time": found["time"].isoformat(timespec="seconds"),
        "code": results.code,
        "changed files": ", ".join(found["uncommitted_changes"]),
        "CPU": f"{found['cpu']}, {found['cpus']} CPUs",
        "memory": f"{number(found['memory_bytes'] / 1e9)} GB",
        "load average at start": " ".join(map(str, found["load_average"])),
        "system": found["system"],
        "Java": "\n".join(found["java"]),
        "Python": found["python"],
        "flags of Python": found["python_cflags"],
        **results.versions,
        **{name.replace("_", " "): _setting(value) for name, value in found["settings"].items()},
    }
    items = [(name, value) for name, value in facts.items() if value]
    # Both columns are labels, because texts are left-aligned.
    return pd.DataFrame(items, columns=["item", "value"]).set_index(["item", "value"])


def _setting(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def workloads(results: Results) -> pd.DataFrame:
    """Returns the workloads, whose rows are the same for all contenders."""
    table = results.workloads.reset_index()
    table["row_bytes"] = table["row_bytes"].map(number)
    table.columns = ["workload", "description", "input", "output", "columns", "bytes in a row"]
    return table.set_index(["workload", "description", "input", "output"])


def summary(results: Results, system: str) -> pd.DataFrame:
    """Returns the throughput of a system, and its ratios to the alternatives and the limit."""
    rates = results.throughput("rows_per_second")
    columns = {
        "rows/s": rates[system],
        **{f"/ {other}": rates[system] / rates[other] for other in _MAIN_ALTERNATIVES},
        "/ limit": rates[system] / _limits(rates)[system],
    }
    table = spreads(pd.DataFrame(columns)).reindex(results.workloads.index)
    return table.rename_axis(system)


def _limits(rates: pd.DataFrame) -> pd.DataFrame:
    """Returns the limit of each contender: the slower of bare Python loop and idle Java function.

    The loop calls the model as the contender does, by row or by batch, and Flink calls the Java
    function as it calls the contender, asynchronously or not. A limit is NaN if one of the two is
    missing.
    """
    return pd.DataFrame(
        {
            name: np.minimum(
                rates["loop-batch" if name in BATCH_CONTENDERS else "loop-row"],
                rates["java-async" if contender.asynchronous else "java"],
            )
            for name, contender in CONTENDERS.items()
        }
    )


def limit_ratios(results: Results) -> pd.DataFrame:
    """Returns the throughput of each contender as a ratio to its limit, by workload."""
    rates = results.throughput("rows_per_second")
    return spreads((rates / _limits(rates)).drop(columns=list(LIMITS)))


def throughput(results: Results) -> dict[str, dict[int, pd.DataFrame]]:
    """Returns a table of all contenders for each workload and parallelism.

    At the smallest parallelism, rates are compared with the limit; at others, with the rate at the
    smallest.
    """
    least = results.parallelisms[0]
    tables: dict[str, dict[int, pd.DataFrame]] = {}
    for parallelism in results.parallelisms:
        rates = results.throughput("rows_per_second", parallelism)
        is_least = parallelism == least
        base = _limits(rates) if is_least else results.throughput("rows_per_second")
        columns = {
            "rows/s": rates,
            "/ limit" if is_least else f"/ itself at {least}": rates / base,
            "CPU s / 1M rows": results.throughput(_CPU, parallelism),
            "peak MB": results.throughput("peak_bytes", parallelism) / 1e6,
            "first row cold, s": results.throughput("cold", parallelism),
            "first row warm, s": results.throughput("warm", parallelism),
            "rows in a batch": results.throughput("mean_batch_rows", parallelism),
        }
        found = {title: spreads(values) for title, values in columns.items()}
        for workload in found["rows/s"].index:
            table = pd.DataFrame({title: each.loc[workload] for title, each in found.items()})
            table = table[table["rows/s"].notna()].rename_axis("contender")
            tables.setdefault(workload, {})[parallelism] = table
    return tables


def latency(results: Results) -> dict[str, pd.DataFrame]:
    """Returns a table of all paced jobs for each workload."""
    measures = ["offered_rows_per_second", *PERCENTILES, "max"]
    tables = {}
    for workload, runs in results.latency.groupby("workload", observed=True):
        rows = {}
        for (load, share, contender), found in runs.groupby(
            ["load", "share", "contender"], observed=True
        ):
            late = int((~found["kept_up"]).sum())
            note = f"did not keep up in {late} of {len(found)}" if late else ""
            rows[load, f"{share:.0%}", contender] = [*map(spread, found[measures].T.values), note]
        tables[str(workload)] = pd.DataFrame.from_dict(
            rows, "index", columns=["offered rows/s", *PERCENTILES, "max", "note"]
        ).set_index(pd.MultiIndex.from_tuples(rows, names=["load", "share", "contender"]))
    return tables


def batches(results: Results) -> pd.DataFrame:
    """Returns the number of rows in the batches of embedded-batch, by load from low to high."""
    columns = {
        f"{share:.0%} of its maximum": results.paced("mean_batch_rows", "own", share)
        for share in SHARES
    }
    columns["saturated"] = results.throughput("mean_batch_rows")
    found = {title: spreads(values)["embedded-batch"] for title, values in columns.items()}
    table = pd.DataFrame(found, dtype=object).dropna(how="all").dropna(how="all", axis="columns")
    return table.reindex([name for name in results.workloads.index if name in table.index])


def cost(results: Results) -> pd.DataFrame:
    """Returns CPU seconds per million rows by workload and contender."""
    return spreads(results.throughput(_CPU))


def cost_ratios(results: Results) -> pd.DataFrame:
    """Returns the cost as a ratio to the embedded system that calls the model in the same way."""
    seconds = results.throughput(_CPU)
    base = {name: EMBEDDED[name in BATCH_CONTENDERS] for name in (*ALTERNATIVES, *LIMITS)}
    return spreads(pd.DataFrame({name: seconds[name] / seconds[of] for name, of in base.items()}))


def slower(results: Results) -> dict[str, pd.DataFrame]:
    """Returns every case in which an alternative is better, by group of measures."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for group, measure, goodness in _goodness(results):
        for workload, found in goodness.groupby("workload", observed=True):
            for system in EMBEDDED:
                for other in ALTERNATIVES:
                    ratio = spread(found[system] / found[other])
                    if ratio is not None and ratio.median < 1:
                        rows.setdefault(group, []).append((measure, workload, system, other, ratio))
    names = ["measure", "workload", "system", "alternative"]
    return {
        group: pd.DataFrame(found, columns=[*names, "ratio"]).set_index(names)
        for group, found in rows.items()
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
