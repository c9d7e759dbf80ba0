# SPDX-License-Identifier: Apache-2.0
"""The tables of a report.

A table is a DataFrame of texts, numbers and spreads, whose index contains the row labels.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..contenders import ALTERNATIVES, BATCH_CONTENDERS, CONTENDERS, EMBEDDED, LIMITS
from ..results_format import PERCENTILES, SHARES
from .ratios import limits, to_process_mode
from .results import Results
from .spreads import Spread, known, number, spread, spreads

__all__ = [
    "batches",
    "cost",
    "cost_ratios",
    "latency",
    "machine",
    "resources",
    "summary",
    "throughput",
    "workloads",
]

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
        "arguments of the JVM": _setting(found.get("jvm_arguments") or ""),
        "garbage collectors": _setting(found.get("gc") or ""),
        "JIT compiler": found.get("jit"),
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
        **{f"/ {other}": rates[system] / rates[other] for other in ALTERNATIVES},
        "/ limit": rates[system] / limits(rates)[system],
    }
    table = _measured(spreads(pd.DataFrame(columns)))
    order = [name for name in results.workloads.index if name in table.index]
    return table.reindex(order).rename_axis(system)


def throughput(results: Results) -> dict[str, pd.DataFrame]:
    """Returns the rates of all contenders at each parallelism, and their ratios, by workload."""
    rates = {at: results.throughput("rows_per_second", at) for at in results.parallelisms}
    columns = {f"rows/s at {at}": rate for at, rate in rates.items()}
    columns |= {f"/ process mode at {at}": to_process_mode(rate) for at, rate in rates.items()}
    least = results.parallelisms[0]
    columns["/ limit"] = rates[least] / limits(rates[least])
    return _by_workload(columns)


def resources(results: Results) -> dict[int, dict[str, pd.DataFrame]]:
    """Returns what else the saturated jobs took, by parallelism and workload."""
    return {
        at: _by_workload(
            {
                "CPU s / 1M rows": results.throughput(_CPU, at),
                "peak MB": results.throughput("peak_bytes", at) / 1e6,
                "first row cold, s": results.throughput("cold", at),
                "first row warm, s": results.throughput("warm", at),
                "rows in a batch": results.throughput("mean_batch_rows", at),
            }
        )
        for at in results.parallelisms
    }


def _by_workload(columns: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Returns a table for each workload, of the contenders and columns that have values."""
    found = {title: spreads(values) for title, values in columns.items()}
    workloads = dict.fromkeys(name for values in found.values() for name in values.index)
    tables = {}
    for workload in workloads:
        rows = {
            title: values.loc[workload]
            for title, values in found.items()
            if workload in values.index
        }
        table = _measured(pd.DataFrame(rows, dtype=object))
        if not table.empty:
            tables[workload] = table.rename_axis("contender")
    return tables


def _measured(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows and columns that have values."""
    return table.dropna(how="all").dropna(how="all", axis="columns")


def latency(results: Results) -> dict[str, pd.DataFrame]:
    """Returns a table of all paced jobs for each workload.

    The floor is the p50 of the Java function that does nothing, which Flink calls in the same way
    and at the same rate.
    """
    tables = {}
    floors = _above_floor(results)
    for workload, runs in results.latency.groupby("workload", observed=True):
        rows = {}
        for (load, share, contender), found in runs.groupby(
            ["load", "share", "contender"], observed=True
        ):
            late = int((~found["kept_up"]).sum())
            note = f"did not keep up in {late} of {len(found)}" if late else None
            above = floors.get((load, share, contender, workload))
            measures = found[["offered_rows_per_second", *PERCENTILES, "max"]]
            at = (contender, f"{share:.0%} of {load}")
            rows[at] = [*map(spread, measures.T.values), above, note]
        columns = ["offered rows/s", *PERCENTILES, "max", "p50 above floor", "note"]
        table = pd.DataFrame.from_dict(rows, "index", columns=columns)
        table.index = pd.MultiIndex.from_tuples(rows, names=["contender", "load"])
        tables[str(workload)] = table.dropna(how="all", axis="columns")
    return tables


def _above_floor(results: Results) -> dict[tuple[str, float, str, str], Spread]:
    found = {}
    for share in SHARES:
        p50 = results.paced("p50", "slowest", share)
        above = {
            name: p50[name] - p50["java-async" if contender.asynchronous else "java"]
            for name, contender in CONTENDERS.items()
            if name not in LIMITS
        }
        for workload, row in known(spreads(pd.DataFrame(above))).items():
            found.update({("slowest", share, name, workload): each for name, each in row.items()})
    return found


def batches(results: Results) -> pd.DataFrame:
    """Returns the number of rows in the batches of embedded-batch, by load from low to high."""
    columns = {
        f"{share:.0%} of its maximum": results.paced("mean_batch_rows", "own", share)
        for share in SHARES
    }
    columns["saturated"] = results.throughput("mean_batch_rows")
    found = {title: spreads(values)["embedded-batch"] for title, values in columns.items()}
    table = _measured(pd.DataFrame(found, dtype=object))
    return table.reindex([name for name in results.workloads.index if name in table.index])


def cost(results: Results) -> pd.DataFrame:
    """Returns CPU seconds per million rows by workload and contender."""
    return _measured(spreads(results.throughput(_CPU)))


def cost_ratios(results: Results) -> pd.DataFrame:
    """Returns the cost as a ratio to the embedded system that calls the model in the same way."""
    seconds = results.throughput(_CPU)
    base = {name: EMBEDDED[name in BATCH_CONTENDERS] for name in (*ALTERNATIVES, *LIMITS)}
    ratios = pd.DataFrame({name: seconds[name] / seconds[of] for name, of in base.items()})
    return _measured(spreads(ratios))
