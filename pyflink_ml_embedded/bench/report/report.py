# SPDX-License-Identifier: Apache-2.0
"""Writes report.html and report.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..contenders import CONTENDERS, EMBEDDED
from ..results_format import LOADS, PERCENTILES, SHARES
from . import tables
from .plots import Panel, batch_dots, contender_dots, curves, width_lines
from .render import render_page
from .results import Results, load
from .spreads import Spread, known, spreads

__all__ = ["write_report"]

_TITLE = "Python models in Flink's ML_PREDICT: what each way costs"
_VARIANT = re.compile(r"-(latency|throughput|\d+)$")
_WIDTHS = {
    "doubles": "columns",
    "strings": "bytes in each of 4 strings",
    "json": "bytes of JSON",
}


class _Plot(NamedTuple):
    svg: str
    caption: str


def write_report(
    directory: Path,
    template: str = "report.j2",
    folders: Sequence[Path] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Writes both files into the results directory, replacing older ones.

    Args:
        directory: The results directory.
        template: The template of the content.
        folders: Folders of more templates.
        more: More values for the template.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    values = {**_values(load(directory)), **(more or {})}
    for kind in ("html", "md"):
        text = render_page(template, kind, folders, title=_TITLE, **values)
        (directory / f"report.{kind}").write_text(text, encoding="utf-8")


def _values(results: Results) -> dict[str, Any]:
    batches, cost = tables.batches(results), tables.cost(results)
    exclusions = results.exclusions
    return {
        "machine": tables.machine(results),
        "workloads": tables.workloads(results),
        "workload_titles": results.workloads["title"],
        "parallelism": results.parallelisms[0],
        "summaries": [tables.summary(results, system) for system in EMBEDDED],
        "throughput": tables.throughput(results),
        "throughput_plots": _throughput_plots(results),
        "latency": tables.latency(results),
        "latency_plots": _latency_plots(results),
        "batches": batches,
        "batches_plot": _batches_plot(batches),
        "cost": cost,
        "cost_plot": _cost_plot(cost),
        "cost_ratios": tables.cost_ratios(results),
        "slower": tables.slower(results),
        "failures": tables.failures(results),
        "exclusions": exclusions.set_index(list(exclusions.columns)),
    }


def _throughput_plots(results: Results) -> list[_Plot]:
    plots = []
    if ratios := known(tables.limit_ratios(results)):
        svg = contender_dots(ratios, "limit", "rows/s, as a ratio to the limit", limit=True)
        plots.append(
            _Plot(
                svg,
                "Throughput as a ratio to the limit, which the black line marks. Dots are medians,"
                " bars go from extreme to extreme.",
            )
        )
    microseconds = known(spreads(1e6 / results.throughput("rows_per_second")))
    if panels := _comparable(_width_panel(microseconds, family) for family in _WIDTHS):
        plots.append(
            _Plot(
                width_lines(panels, "width", "microseconds a row"),
                "Cost of a row in the whole job, against its width. Both axes are logarithmic.",
            )
        )
    if panels := _comparable(_batch_panel(name, found) for name, found in microseconds.items()):
        plots.append(
            _Plot(
                width_lines(panels, "batch-size", "microseconds a row"),
                "Cost of a row in the whole job, against the largest number of rows in a batch"
                " (embedded) or a bundle (PyFlink). Both axes are logarithmic.",
            )
        )
    return plots


def _width_panel(microseconds: Mapping[str, Mapping[str, Spread]], family: str) -> Panel:
    lines: dict[str, dict[float, Spread]] = {}
    for workload, found in microseconds.items():
        if match := re.fullmatch(rf"{family}_(\d+)", workload):
            for contender, spread in found.items():
                lines.setdefault(contender, {})[float(match[1])] = spread
    return Panel(family, lines, _WIDTHS[family])


def _batch_panel(workload: str, microseconds: Mapping[str, Spread]) -> Panel:
    lines: dict[str, dict[float, Spread]] = {}
    for name, spread in microseconds.items():
        if (most_rows := CONTENDERS[name].most_rows) is not None:
            lines.setdefault(_VARIANT.sub("", name), {})[float(most_rows)] = spread
    return Panel(workload, lines, "most rows")


def _comparable(panels: Any) -> list[Panel]:
    """Returns the panels that have more than one point to compare."""
    return [
        panel
        for panel in panels
        if len({width for points in panel.lines.values() for width in points}) > 1
    ]


def _latency_plots(results: Results) -> dict[str, _Plot]:
    panels: dict[str, list[Panel]] = {}
    for which in LOADS:
        whose = "the slowest's maximum" if which == "slowest" else "its own maximum"
        for share in SHARES:
            lines: dict[str, dict[str, dict[float, Spread]]] = {}
            for place, name in enumerate(PERCENTILES):
                found = known(spreads(results.paced(name, which, share)))
                for workload, by_contender in found.items():
                    for contender, spread in by_contender.items():
                        of_workload = lines.setdefault(workload, {})
                        of_workload.setdefault(contender, {})[place] = spread
            for workload, found_lines in lines.items():
                panel = Panel(f"{share:.0%} of {whose}", found_lines)
                panels.setdefault(workload, []).append(panel)
    return {
        workload: _Plot(
            curves(found, f"latency-{workload}", tuple(PERCENTILES), "microseconds"),
            f"Latency on {workload} by percentile. The vertical axis is logarithmic, bars go from"
            " extreme to extreme. Runs that did not keep up are included; the table marks them.",
        )
        for workload, found in panels.items()
    }


def _batches_plot(batches: pd.DataFrame) -> _Plot | None:
    if batches.empty:
        return None
    return _Plot(
        batch_dots(known(batches), "batches", "rows in a batch of embedded-batch, mean"),
        "Batches grow with the load: a batch has the rows that arrived while the model was busy.",
    )


def _cost_plot(cost: pd.DataFrame) -> _Plot | None:
    if cost.empty:
        return None
    return _Plot(
        contender_dots(known(cost), "cpu", "CPU seconds per million rows"),
        "CPU seconds per million rows, of all processes of the job together. Farther left is"
        " cheaper.",
    )
