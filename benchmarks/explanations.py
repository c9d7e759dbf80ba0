# SPDX-License-Identifier: Apache-2.0
"""What explains the outcomes of targets, and where an alternative is faster, by kept results."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from targets import OWN_HALF

from pyflink_ml_embedded.bench.report.results import Results
from pyflink_ml_embedded.bench.report.spreads import number, spreads

__all__ = ["against_others", "cpu_parts", "rate_floors", "rate_ratios", "tails"]

_CHEAP = ("doubles_1", "doubles_8", "strings_10", "json_100", "onnx_lr", "onnx_mlp")
_PARTS = (
    ("embedded-row", "java", "loop-row", "process-row"),
    ("embedded-batch", "java-async", "loop-batch", "process-pandas"),
)
_TAILS = ("embedded-row", "java")
_OTHERS = (
    ("embedded-row", "process-row"),
    ("embedded-row", "thread"),
    ("embedded-row", "java-onnx"),
    ("embedded-batch", "process-pandas"),
    ("embedded-batch", "process-pandas-throughput"),
    ("embedded-batch", "java-onnx-batch"),
    ("embedded-batch", "embedded-row"),
    ("embedded-batch-16", "embedded-batch"),
)
_COMPARED = ("doubles_1", "mixed", "json_100", "onnx_lr", "onnx_mlp", "onnx_boosted", "transformer")


def rate_ratios(
    results: Results, pairs: Iterable[tuple[str, str]], workloads: Iterable[str]
) -> pd.DataFrame:
    """Returns the rows/s of the first contender of each pair by those of the second.

    Args:
        results: The results.
        pairs: The contenders of each column.
        workloads: The rows; those that the results do not have are left out.
    """
    rates = results.throughput("rows_per_second")
    table = spreads(pd.DataFrame({f"{a} / {b}": rates[a] / rates[b] for a, b in pairs}))
    return table.reindex([name for name in workloads if name in table.index])


def rate_floors(results: Results) -> pd.DataFrame:
    """Returns the rows/s of the provider and of Java functions that do nothing, by process mode's.

    No model that ML_PREDICT calls can be faster than the function that does nothing.
    """
    pairs = [(name, other) for system, java, _, other in _PARTS for name in (system, java)]
    return rate_ratios(results, pairs, _CHEAP)


def cpu_parts(results: Results) -> pd.DataFrame:
    """Returns the CPU time of the provider, and of model and Flink alone, by process mode's.

    Model and Flink alone are a bare Python loop and a Java function that does nothing.
    """
    seconds = results.throughput("cpu_seconds_per_million_rows")
    ratios = {}
    for system, java, loop, other in _PARTS:
        ratios[f"{system} / {other}"] = seconds[system] / seconds[other]
        ratios[f"({loop} + {java}) / {other}"] = (seconds[loop] + seconds[java]) / seconds[other]
    return spreads(pd.DataFrame(ratios))


def tails(results: Results) -> pd.DataFrame:
    """Returns the median and 99th percentile at half of each contender's own maximum, in us."""
    found = {name: results.paced(name, *OWN_HALF) for name in ("p50", "p99")}
    columns = {
        f"{contender}, {name}": table[contender]
        for contender in _TAILS
        for name, table in found.items()
    }
    medians = pd.DataFrame(columns).groupby("workload", observed=True).median()
    return medians.dropna(how="all").map(number, na_action="ignore")


def against_others(results: Results) -> pd.DataFrame:
    """Returns the ratios of rows/s to ways that are faster in some case, by workload."""
    table = rate_ratios(results, _OTHERS, _COMPARED).T
    return table.dropna(how="all").rename_axis("rows/s of")
