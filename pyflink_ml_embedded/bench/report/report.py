# SPDX-License-Identifier: Apache-2.0
"""Writes report.html and report.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..contenders import EMBEDDED
from . import caveats, charts, sizes, tables, verdict
from .figures import palette
from .render import render_page
from .results import Results, load

__all__ = ["write_report"]

_TITLE = "Python models in Flink's ML_PREDICT: what each way costs"


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
        text = render_page(template, kind, folders, title=_TITLE, palette=palette(), **values)
        (directory / f"report.{kind}").write_text(text, encoding="utf-8")


def _values(results: Results) -> dict[str, Any]:
    batches = tables.batches(results)
    return {
        "results": results,
        "verdict": verdict.table(results),
        "sentences": verdict.sentences(results),
        "lead": charts.lead(results),
        "parallelism": results.parallelisms[0],
        "summaries": [tables.summary(results, system) for system in EMBEDDED],
        "throughput": tables.throughput(results),
        "resources": tables.resources(results),
        "limit_chart": charts.limit(results),
        "widths": {
            f"{family}, by {sizes.WIDTHS[family]}": sizes.table(found)
            for family, found in sizes.by_width(results).items()
        },
        "width_chart": charts.widths(results),
        "batch_sizes": {
            workload: sizes.table(found) for workload, found in sizes.by_batch_size(results).items()
        },
        "batch_size_chart": charts.batch_sizes(results),
        "latency": tables.latency(results),
        "latency_charts": charts.latency(results),
        "batches": batches,
        "batches_chart": charts.batches(batches),
        "cost": tables.cost(results),
        "cost_chart": charts.cost(results),
        "cost_ratios": tables.cost_ratios(results),
        "slower": caveats.slower(results),
        "failures": caveats.failures(results),
        "disturbed": caveats.disturbed(results),
        "exclusions": caveats.exclusions(results),
        "machine": tables.machine(results),
        "workloads": tables.workloads(results),
    }
