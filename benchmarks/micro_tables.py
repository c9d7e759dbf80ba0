# SPDX-License-Identifier: Apache-2.0
"""Tables of the JMH and pyperf results for single steps."""

from __future__ import annotations

import statistics
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pyperf

from pyflink_ml_embedded.bench.report.results import read_json
from pyflink_ml_embedded.bench.report.spreads import number

__all__ = ["jmh_tables", "pyperf_tables"]

_EMBEDDED = "embedded"
# Direction of a conversion -> the contender that is shown in addition to the fastest.
_BASELINES = {"from Arrow": "to_pylist", "to Arrow": "from_pylist"}
# Their work differs from that of the others.
_APART = {_EMBEDDED, "embedded as batch", "pyflink Row"}


def jmh_tables(file: Path) -> dict[str, pd.DataFrame]:
    """Returns a table for each class, by its name and unit.

    A table has a row for each set of parameters, a column for each method, and the ratio of each
    other method to ``embedded``.
    """
    rows: dict[str, dict[tuple[tuple[str, str], ...], dict[str, dict[str, Any]]]] = {}
    for entry in read_json(file):
        class_name, method = entry["benchmark"].split(".")[-2:]
        metric = entry["primaryMetric"]
        by_params = rows.setdefault(f"{class_name}, {metric['scoreUnit']}", {})
        by_params.setdefault(tuple(entry["params"].items()), {})[method] = metric
    return {title: _jmh_table(by_params) for title, by_params in rows.items()}


def _jmh_table(by_params: dict[tuple[tuple[str, str], ...], dict[str, Any]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(
        [tuple(value for _, value in params) for params in by_params],
        names=[name for name, _ in next(iter(by_params))],
    )
    metrics = pd.DataFrame(list(by_params.values()), index=index)
    others = [method for method in metrics if method != _EMBEDDED]
    metrics = metrics[[_EMBEDDED, *others]]
    scores = metrics.map(lambda metric: metric["score"], na_action="ignore")
    table = metrics.map(_score, na_action="ignore")
    for other in others:
        ratios = scores[other] / scores[_EMBEDDED]
        table[f"{other} / {_EMBEDDED}"] = ratios.map(number, na_action="ignore")
    return table


def _score(metric: dict[str, Any]) -> str:
    error = float(metric["scoreError"])  # JMH writes "NaN" if it ran one iteration
    score = number(metric["score"])
    return score if isnan(error) else f"{score} \N{PLUS-MINUS SIGN} {number(error)}"


def pyperf_tables(file: Path) -> dict[str, pd.DataFrame]:
    """Returns the tables of a run of ``bench_converters.py``, by title.

    Figures are medians with quartiles, in ns a cell for conversions and in us a batch for the steps
    of a batch.

    Args:
        file: the JSON that pyperf wrote, with benchmarks named
            ``<direction>: <workload title>: <contender>``.

    Raises:
        KeyError: a benchmark has no ``cells`` in its metadata, or a workload has no figures of
            ``embedded``.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for benchmark in pyperf.BenchmarkSuite.load(str(file)).get_benchmarks():
        direction, _, rest = benchmark.get_name().partition(": ")
        title, _, contender = rest.rpartition(": ")
        scale = 1e6
        if direction in _BASELINES:
            scale = 1e9 / benchmark.get_metadata()["cells"]
        else:
            direction, title = "steps of a batch", f"{direction}, {title}"
        values = [seconds * scale for seconds in benchmark.get_values()]
        found.setdefault(direction, {}).setdefault(title, {})[contender] = values
    return {direction: _pyperf_table(direction, rows) for direction, rows in found.items()}


def _pyperf_table(direction: str, rows: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    baseline = _BASELINES.get(direction)
    unit = "ns a cell" if baseline else "us a batch"
    cells = []
    for figures in rows.values():
        medians = {name: statistics.median(values) for name, values in figures.items()}
        row = {f"{_EMBEDDED}, {unit}": _with_quartiles(figures[_EMBEDDED])}
        if others := medians.keys() - _APART:
            fastest = min(others, key=medians.__getitem__)
            row["fastest alternative"] = fastest
            row[f"alternative, {unit}"] = _with_quartiles(figures[fastest])
            row[f"alternative / {_EMBEDDED}"] = f"{medians[fastest] / medians[_EMBEDDED]:.2f}"
        if baseline in medians:
            row[f"{baseline} / {_EMBEDDED}"] = f"{medians[baseline] / medians[_EMBEDDED]:.2f}"
        cells.append(row)
    name = "columns" if baseline else "step"
    return pd.DataFrame(cells, index=pd.Index(list(rows), name=name))


def _with_quartiles(values: list[float]) -> str:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:.1f} ({low:.1f}..{high:.1f})"
