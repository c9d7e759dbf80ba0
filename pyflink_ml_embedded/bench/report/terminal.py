# SPDX-License-Identifier: Apache-2.0
"""The result as plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from ..contenders import CONTENDERS
from .ratios import HALF_LOAD, to_process_mode
from .results import Results
from .spreads import Spread, known, number, spreads

__all__ = ["terminal_table"]

_NAME_WIDTH = 27
_WIDTH = 12  # of other columns


def terminal_table(results: Results) -> str:
    """Returns the medians of all contenders, in at most 100 columns; '' if there are none."""
    columns = {
        title: values
        for title, table in _columns(results).items()
        if (values := known(spreads(table)))
    }
    blocks = list(_blocks(results, columns))
    if not blocks:
        return ""
    notes = [
        note
        for title, note in (
            ("/ process", "/ process: rows/s / process-row, or process-pandas for batches"),
            ("p50, us", "p50: at half the maximum of the slowest contender"),
        )
        if title in columns
    ]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _columns(results: Results) -> dict[str, pd.DataFrame]:
    rates = {at: results.throughput("rows_per_second", at) for at in results.parallelisms}
    least = results.parallelisms[0]
    return {
        **{f"rows/s, p={at}": rate for at, rate in rates.items()},
        "/ process": to_process_mode(rates[least]),
        "CPU s / 1M": results.throughput("cpu_seconds_per_million_rows"),
        "p50, us": results.paced("p50", *HALF_LOAD),
    }


def _blocks(results: Results, columns: dict[str, dict[str, dict[str, Spread]]]) -> Iterator[str]:
    for workload in results.workloads.index:
        found = {title: values.get(workload, {}) for title, values in columns.items()}
        contenders = [name for name in CONTENDERS if any(name in row for row in found.values())]
        if contenders:
            yield "\n".join(
                [
                    workload.ljust(_NAME_WIDTH) + "".join(title.rjust(_WIDTH) for title in found),
                    *(_line(contender, found.values()) for contender in contenders),
                ]
            )


def _line(contender: str, found: Iterable[dict[str, Spread]]) -> str:
    cells = (number(row[contender].median) if contender in row else "-" for row in found)
    return f"  {contender}".ljust(_NAME_WIDTH) + "".join(cell.rjust(_WIDTH) for cell in cells)
