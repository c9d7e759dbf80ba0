# SPDX-License-Identifier: Apache-2.0
"""The figures of a report, each of one or more panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from ..contenders import LIMITS
from ..results_format import SHARES
from . import tables
from .figures import LOAD_COLOURS, in_order, style
from .plots import Dot, dots, lines
from .ratios import limits, opponents
from .results import Results
from .sizes import WIDTHS, by_batch_size, by_width
from .spreads import Spread, known, spreads

__all__ = ["Chart", "batch_sizes", "batches", "cost", "latency", "lead", "limit", "widths"]

_BARS = "Dots are medians, bars go from extreme to extreme."


class Chart(NamedTuple):
    """Panels that belong together; none if nothing was measured."""

    panels: list[str]
    caption: str


def lead(results: Results) -> Chart:
    """Draws how many times the rows/s of its first opponent each embedded system has."""
    rates = results.throughput("rows_per_second")
    found = opponents(results)
    looks = {f"{system} / {other}": style(system) for system, other in found.items()}
    ratios = known(spreads(_ratios(rates, found)))
    panels = []
    if ratios:
        rows = {
            workload: [Dot(value, looks[title]) for title, value in row.items()]
            for workload, row in ratios.items()
        }
        label = f"times the rows/s, at parallelism {results.parallelisms[0]}"
        panels.append(dots("lead", "Rows/s, as a ratio", rows, label, mark=1.0, legend=looks))
    return Chart(panels, f"Right of the line at 1, the embedded interpreter is faster. {_BARS}")


def _ratios(rates: pd.DataFrame, pairs: Mapping[str, str]) -> pd.DataFrame:
    ratios = {f"{a} / {b}": rates[a] / rates[b] for a, b in pairs.items()}
    return pd.DataFrame(ratios, index=rates.index)


def limit(results: Results) -> Chart:
    """Draws the throughput of each contender as a ratio to its limit."""
    rates = results.throughput("rows_per_second")
    ratios = known(spreads((rates / limits(rates)).drop(columns=list(LIMITS))))
    caption = f"Throughput as a ratio to the limit, which the line at 1 marks. {_BARS}"
    return Chart(_by_contender(ratios, "limit", "rows/s, as a ratio to the limit", 1.0), caption)


def cost(results: Results) -> Chart:
    """Draws the CPU time of each contender."""
    label = "CPU seconds per million rows"
    caption = f"{label}, of all processes of the job together. Farther left is cheaper. {_BARS}"
    return Chart(_by_contender(known(tables.cost(results)), "cpu", label), caption)


def _by_contender(
    workloads: Mapping[str, Mapping[str, Spread]], name: str, label: str, mark: float | None = None
) -> list[str]:
    """Draws a panel for each workload, all with the same axis."""
    ends = [end for row in workloads.values() for each in row.values() for end in _ends(each)]
    return [
        dots(
            f"{name}-{workload}",
            workload,
            {each: [Dot(row[each], style(each))] for each in in_order(row)},
            label,
            also=ends,
            mark=mark,
        )
        for workload, row in workloads.items()
    ]


def _ends(value: Spread) -> tuple[float, float]:
    return value.low, value.high


def widths(results: Results) -> Chart:
    """Draws the cost of a row against its width."""
    panels = [
        lines(f"width-{family}", family, found, WIDTHS[family], "microseconds a row")
        for family, found in by_width(results).items()
    ]
    return Chart(panels, "Cost of a row in the whole job, on logarithmic axes.")


def batch_sizes(results: Results) -> Chart:
    """Draws the cost of a row against the largest batch."""
    panels = [
        lines(f"batch-size-{workload}", workload, found, "most rows", "microseconds a row")
        for workload, found in by_batch_size(results).items()
    ]
    return Chart(panels, "Cost of a row in the whole job, on logarithmic axes.")


def latency(results: Results) -> dict[str, Chart]:
    """Draws p50 and p99 of the contenders for each workload, in a panel for each equal load."""
    panels: dict[str, list[str]] = {}
    for share in SHARES:
        p50s, p99s = (
            known(spreads(results.paced(name, "slowest", share))) for name in ("p50", "p99")
        )
        for workload, found in p50s.items():
            svg = dots(
                f"latency-{workload}-{100 * share:.0f}",
                f"{workload}, {share:.0%} of the slowest's maximum",
                {
                    each: _percentiles(each, found[each], p99s.get(workload, {}).get(each))
                    for each in in_order(found)
                },
                "microseconds",
            )
            panels.setdefault(workload, []).append(svg)
    caption = (
        f"The filled marker is the p50, the hollow one the p99. {_BARS} Runs that did not keep up"
        " are included; the table marks them."
    )
    return {workload: Chart(found, caption) for workload, found in panels.items()}


def _percentiles(contender: str, p50: Spread, p99: Spread | None) -> Iterable[Dot]:
    look = style(contender)
    yield Dot(p50, look)
    if p99 is not None:
        yield Dot(p99, {**look, "markerfacecolor": "none"})


def batches(found: pd.DataFrame) -> Chart:
    """Draws the number of rows in a batch for each load, darker for a higher one."""
    workloads = known(found)
    loads = list(dict.fromkeys(load for row in workloads.values() for load in row))
    looks = {
        load: {"color": colour, "marker": "s", "markersize": 6.5}
        for load, colour in zip(loads, LOAD_COLOURS[-len(loads) :], strict=False)
    }
    rows = {
        workload: [Dot(value, looks[load]) for load, value in row.items()]
        for workload, row in workloads.items()
    }
    label = "rows in a batch, mean"
    panels = [dots("batches", "embedded-batch", rows, label, legend=looks)] if rows else []
    return Chart(
        panels,
        "Batches grow with the load: a batch has the rows that arrived while the model was busy.",
    )
