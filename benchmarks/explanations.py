# SPDX-License-Identifier: Apache-2.0
"""What explains the outcomes of targets, and where an alternative is faster, by kept results."""

from __future__ import annotations

import pandas as pd

from pyflink_ml_embedded.bench.report.results import Results
from pyflink_ml_embedded.bench.report.spreads import number, spreads

__all__ = ["against_others", "cpu_parts", "rate_floors", "tails"]

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


def rate_floors(results: Results) -> pd.DataFrame:
    """Returns the rows/s of the provider and of Java functions that do nothing, by process mode's.

    No model that ML_PREDICT calls can be faster than the function that does nothing.
    """
    rates = results.throughput("rows_per_second")
    ratios = {
        f"{name} / {other}": rates[name] / rates[other]
        for system, java, _, other in _PARTS
        for name in (system, java)
    }
    return _of(_CHEAP, spreads(pd.DataFrame(ratios)))


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
    found = {name: results.paced(name, "own", 0.5) for name in ("p50", "p99")}
    columns = {
        f"{contender}, {name}": table[contender].groupby("workload", observed=True).median()
        for contender in _TAILS
        for name, table in found.items()
    }
    return pd.DataFrame(columns).dropna(how="all").map(number, na_action="ignore")


def against_others(results: Results) -> pd.DataFrame:
    """Returns the ratios of rows/s to ways that are faster in some case, by workload."""
    rates = results.throughput("rows_per_second")
    ratios = {f"{a} / {b}": rates[a] / rates[b] for a, b in _OTHERS}
    table = _of(_COMPARED, spreads(pd.DataFrame(ratios))).T
    return table.dropna(how="all").rename_axis("rows/s of")


def _of(workloads: tuple[str, ...], table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex([name for name in workloads if name in table.index])
