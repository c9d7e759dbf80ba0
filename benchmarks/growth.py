# SPDX-License-Identifier: Apache-2.0
"""What a row costs, and how that grows with its size and the parallelism, by kept results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyflink_ml_embedded.bench.report.results import Results
from pyflink_ml_embedded.bench.report.spreads import number, spread

__all__ = ["Line", "cores", "first_rows", "fit", "growth", "parallelism"]

_CONTENDERS = (
    *("embedded-row", "embedded-batch", "worker-row", "worker-batch", "process-row"),
    *("process-pandas", "thread", "java", "java-async"),
)
_PARALLEL_CONTENDERS = (
    *("embedded-row", "embedded-batch", "worker-row", "worker-batch"),
    *("process-row", "process-pandas"),
)

# Title -> unit and the number of units in a row of each workload. All identities return what they
# get, so each column and byte passes twice.
_QUANTITIES: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "columns of DOUBLE": ("column", {f"doubles_{count}": count for count in (1, 8, 32, 128)}),
    "bytes in 4 columns of STRING": (
        "byte",
        {f"strings_{length}": 4 * length for length in (10, 100, 1000, 10_000)},
    ),
    "bytes of a JSON text": (
        "byte",
        {f"json_{length}": length for length in (100, 1000, 10_000, 100_000)},
    ),
}


@dataclass(frozen=True)
class Line:
    """``fixed + each * x``, and the largest deviation from what was measured, as a ratio."""

    fixed: float
    each: float
    deviation: float


def fit(points: Mapping[int, float]) -> Line:
    """Returns the line with the least sum of squared relative deviations.

    Absolute deviations would fit the largest rows only.

    Args:
        points: at least two values, by x.
    """
    x, y = np.array(list(points)), np.array(list(points.values()))
    terms = np.column_stack([1 / y, x / y])
    (fixed, each), *_ = np.linalg.lstsq(terms, np.ones(len(y)), rcond=None)
    deviation = np.abs((fixed + each * x) / y - 1).max()
    return Line(float(fixed), float(each), float(deviation))


def growth(results: Results) -> pd.DataFrame:
    """Returns a row for each quantity and contender of which at least three sizes were run."""
    seconds = 1 / results.throughput("rows_per_second")
    rows = []
    for title, (unit, sizes) in _QUANTITIES.items():
        for contender in _CONTENDERS:
            nanoseconds = seconds[contender].groupby("workload", observed=True).median() * 1e9
            points = {
                size: nanoseconds[name] for name, size in sizes.items() if name in nanoseconds
            }
            points = {size: value for size, value in points.items() if value == value}
            if len(points) >= 3:
                line = fit(points)
                each = f"{number(line.each)} ns a {unit}"
                deviation = f"{line.deviation:.0%}"
                rows.append((title, contender, f"{number(line.fixed)} ns", each, deviation))
    names = ["what grows", "contender", "fixed", "and", "largest deviation"]
    return pd.DataFrame(rows, columns=names).set_index(names[:2])


def cores(results: Results) -> pd.DataFrame:
    """Returns the cores that a million rows a second take, which is the CPU time of a row in us."""
    seconds = results.throughput("cpu_seconds_per_million_rows")
    medians = seconds[list(_CONTENDERS)].groupby("workload", observed=True).median()
    return medians.dropna(axis="columns", how="all").map(number, na_action="ignore")


def first_rows(results: Results) -> pd.DataFrame:
    """Returns the median seconds to the first row of each contender, over all workloads."""
    columns = {
        f"{title}, s": results.throughput(measure)[list(_CONTENDERS)].median()
        for title, measure in (("first job of a JVM", "cold"), ("later job", "warm"))
    }
    table = pd.DataFrame(columns).dropna(how="all").map(number, na_action="ignore")
    return table.rename_axis("contender")


def parallelism(results: Results) -> pd.DataFrame:
    """Returns the rows/s at the smallest parallelism, and the ratio of the others to it."""
    first, *others = results.parallelisms
    base = results.throughput("rows_per_second", first)
    tables = {other: results.throughput("rows_per_second", other) for other in others}
    rows = []
    for contender in _PARALLEL_CONTENDERS:
        for name in results.workloads.index:
            ratios = {
                f"parallelism {other}": _spread_of(table[contender] / base[contender], name)
                for other, table in tables.items()
            }
            if any(ratios.values()):
                rates = _spread_of(base[contender], name)
                rows.append({"workload": name, "contender": contender, "rows/s": rates, **ratios})
    columns = ["workload", "contender", "rows/s", *(f"parallelism {other}" for other in others)]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:2])


def _spread_of(values: pd.Series, workload: str) -> str | None:
    found = spread(values[values.index.isin([workload], level="workload")])
    return None if found is None else str(found)
