# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/metrics.md."""

import re
from dataclasses import dataclass
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
_STATISTICS = ["min", "max", "mean", "median", "stddev", "p75", "p90", "p95", "p98", "p99", "p999"]


@dataclass(frozen=True)
class Metric:
    """One row of a table."""

    name: str
    type: str
    unit: str
    level: str

    @property
    def rest_names(self) -> set[str]:
        """The names of its values in the REST API."""
        if self.type == "histogram":
            return {f"{self.name}_{statistic}" for statistic in _STATISTICS}
        return {self.name}


def documented_metrics() -> dict[str, Metric]:
    """Returns all metrics that the page lists, by name."""
    rows = re.findall(
        r"^\| `(\w+)` \| (counter|gauge|histogram) \| (\w+) \| (basic|detailed) \|",
        _PAGE.read_text(),
        re.M,
    )
    return {row[0]: Metric(*row) for row in rows}
