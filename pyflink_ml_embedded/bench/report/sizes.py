# SPDX-License-Identifier: Apache-2.0
"""The cost of a row against its width, and against the largest batch."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from ..contenders import CONTENDERS, VARIANTS
from .results import Results
from .spreads import Spread, known, number, spreads

__all__ = ["WIDTHS", "Lines", "by_batch_size", "by_width", "table"]

Lines = Mapping[str, Mapping[float, Spread]]
"""Microseconds a row, by contender and size."""

WIDTHS = {
    "doubles": "columns",
    "strings": "bytes in each of 4 strings",
    "json": "bytes of JSON",
}
"""What the number in the names of a family of workloads means."""

_VARIANT = re.compile(r"-(latency|throughput|\d+)$")


def by_width(results: Results) -> dict[str, Lines]:
    """Returns the cost for each family of workloads of which at least two were measured."""
    found: dict[str, dict[str, dict[float, Spread]]] = {}
    for workload, row in _microseconds(results).items():
        family, _, width = workload.rpartition("_")
        if family in WIDTHS and width.isdecimal():
            for contender, spread in row.items():
                if contender not in VARIANTS:
                    lines = found.setdefault(family, {})
                    lines.setdefault(contender, {})[float(width)] = spread
    return _comparable(found)


def by_batch_size(results: Results) -> dict[str, Lines]:
    """Returns the cost for each workload with at least two sizes of batches or bundles."""
    found: dict[str, dict[str, dict[float, Spread]]] = {}
    for workload, row in _microseconds(results).items():
        for contender, spread in row.items():
            most_rows = CONTENDERS[contender].most_rows
            if most_rows is not None:
                lines = found.setdefault(workload, {})
                lines.setdefault(_VARIANT.sub("", contender), {})[float(most_rows)] = spread
    return _comparable(found)


def _microseconds(results: Results) -> dict[str, dict[str, Spread]]:
    return known(spreads(1e6 / results.throughput("rows_per_second")))


def _comparable(found: Mapping[str, Lines]) -> dict[str, Lines]:
    """Keeps the lines of at least two points."""
    several = {
        name: {contender: points for contender, points in lines.items() if len(points) > 1}
        for name, lines in found.items()
    }
    return {name: lines for name, lines in several.items() if lines}


def table(lines: Lines) -> pd.DataFrame:
    """Returns a row for each contender, with a column for each size and for the growth.

    The growth is what one more unit of the size adds, in nanoseconds, from the smallest size to
    the largest.
    """
    sizes = sorted({size for points in lines.values() for size in points})
    rows = {}
    for contender, points in lines.items():
        least, most = min(points), max(points)
        growth = 1000 * (points[most].median - points[least].median) / (most - least)
        rows[contender] = [*(points.get(size) for size in sizes), number(growth)]
    columns = [*(f"{size:,.0f}" for size in sizes), "ns for one more"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("contender")
