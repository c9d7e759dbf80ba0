# SPDX-License-Identifier: Apache-2.0
"""Prints what was found of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..output import styled
from .run import MAX_PROBLEMS, Timing, Trial

_SHOWN_ROWS = 5
_WIDTH = 100


def to_values(trial: Trial) -> dict[str, Any]:
    """Returns the trial as ``--json`` prints it, without the values of rows."""
    timing = trial.timing
    return {
        "class": trial.model.python_class,
        "input": str(trial.model.inputs),
        "output": str(trial.model.outputs),
        "rows": len(trial.rows),
        "sample_row": trial.is_sample,
        "open_seconds": timing and timing.opened,
        "first_row_seconds": timing and timing.first,
        "median_row_seconds": timing and timing.median,
        "p99_row_seconds": timing and timing.p99,
        "batch_rows": timing and timing.batch_rows,
        "batch_rows_per_second": timing and timing.rows_per_second,
        "problems": trial.problems,
        "statement": trial.model.statement,
    }


def to_text(trial: Trial) -> str:
    """Returns the trial as text for people."""
    return "\n".join(_lines(trial))


def _lines(trial: Trial) -> Iterator[str]:
    yield f"class   {trial.model.python_class}"
    yield f"input   {trial.model.inputs}"
    yield f"output  {trial.model.outputs}"
    yield ""
    yield styled("Rows" if not trial.is_sample else "Sample row", "bold")
    shown = list(zip(trial.rows, trial.results, strict=True))[
        : 1 if trial.is_sample else _SHOWN_ROWS
    ]
    for row, results in shown:
        outcome = "failed" if results is None else _shown(results) or "no result"
        yield f"  {_cut(_shown([row]))}"
        yield f"    -> {_cut(outcome)}"
    if trial.timing is not None:
        yield ""
        yield styled("Times", "bold")
        yield from _time_lines(trial.timing)
    yield ""
    if trial.problems:
        yield styled("Problems", "bold", "red")
        for problem in trial.problems:
            yield "  " + problem.strip().replace("\n", "\n  ")
        if len(trial.problems) >= MAX_PROBLEMS:
            yield f"  After {MAX_PROBLEMS} problems, no more are looked for."
    else:
        yield styled("No problems: the results alone and in batches are equal.", "green")
    yield ""
    yield trial.model.statement


def _time_lines(timing: Timing) -> Iterator[str]:
    yield f"  open       {_seconds(timing.opened)}"
    yield f"  first row  {_seconds(timing.first)}"
    yield f"  row        {_seconds(timing.median)} (median), {_seconds(timing.p99)} (99 %)"
    if timing.batch_rows:
        yield f"  batches    {timing.rows_per_second:,.0f} rows/s in batches of {timing.batch_rows}"


def _seconds(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _shown(rows: Iterable[Any]) -> str:
    return "; ".join(
        ", ".join(f"{name}={value!r}" for name, value in zip(row._fields, row, strict=True))
        for row in rows
    )


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
