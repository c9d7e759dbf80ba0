# SPDX-License-Identifier: Apache-2.0
"""Medians and extremes of repetitions, and the format of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

import numpy as np
import pandas as pd

__all__ = ["Spread", "known", "number", "spread", "spreads"]


@dataclass(frozen=True)
class Spread:
    """The median of the repetitions, and the extremes, which are in brackets in the text."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        median, low, high = number(self.median), number(self.low), number(self.high)
        return median if low == high else f"{median} ({low}..{high})"


def spread(values: Iterable[float]) -> Spread | None:
    """Returns the spread of the values that are not NaN, or None if there are none."""
    found = [value for value in values if value == value]
    return Spread(float(np.median(found)), min(found), max(found)) if found else None


def spreads(repetitions: pd.DataFrame) -> pd.DataFrame:
    """Returns the spread of each column for each workload, the first level of the index."""
    rows = {
        workload: [spread(column) for column in values.to_numpy(dtype=float).T]
        for workload, values in repetitions.groupby(level="workload", sort=False, observed=True)
    }
    names = list(repetitions.columns)
    table = pd.DataFrame.from_dict(rows, "index", columns=names, dtype=object)
    return table.rename_axis("workload")


def known(table: pd.DataFrame) -> dict[str, dict[str, Spread]]:
    """Returns the spreads of a table by row and column, without rows that have none."""
    rows = {str(name): row.dropna().to_dict() for name, row in table.iterrows()}
    return {name: row for name, row in rows.items() if row}


def number(value: float) -> str:
    """Formats three significant digits, without an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - floor(log10(abs(rounded))))}f}"
