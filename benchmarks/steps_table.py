# SPDX-License-Identifier: Apache-2.0
"""The nanoseconds of each step of a row, from ``steps.json``."""

from __future__ import annotations

import pandas as pd
from _sampled_steps import STEPS

from pyflink_ml_embedded.bench.report.results import Results, read_json

__all__ = ["batch_steps", "row_steps"]

_TITLES = {"doubles_1": "1 DOUBLE", "doubles_32": "32 DOUBLEs"}


def row_steps(results: Results) -> pd.DataFrame:
    """Returns the steps row by row, with a column for each workload; none if not measured.

    Raises:
        ResultsError: ``steps.json`` is broken.
    """
    return _steps(results, "embedded-row", "java")


def batch_steps(results: Results) -> pd.DataFrame:
    """Returns the same for batches."""
    return _steps(results, "embedded-batch", "java-async")


def _steps(results: Results, contender: str, floor: str) -> pd.DataFrame:
    """Returns the steps of a contender, and the time of the function that does nothing."""
    file = results.directory / "steps.json"
    cases = read_json(file) if file.exists() else []
    columns = {}
    for workload, title in _TITLES.items():
        of = {case["contender"]: case for case in cases if case["workload"] == workload}
        if contender not in of:
            continue
        column = {}
        for thread, names in STEPS.items():
            steps = of[contender]["nanoseconds"].get(thread)
            if steps is not None:
                column |= {(thread, name): steps.get(name, 0.0) for name in names}
                column[thread, "sum"] = sum(steps.values())
                column[thread, "% of the time that it ran"] = 100 * of[contender]["busy"][thread]
        if of[contender].get("mean_batch_rows"):
            column["the job", "rows in a batch"] = of[contender]["mean_batch_rows"]
        column["the job", "time between two rows"] = 1e9 / of[contender]["rows_per_second"]
        column[f"the job with {floor}", "time between two rows"] = (
            1e9 / of[floor]["rows_per_second"]
        )
        columns[title] = pd.Series(column).map(lambda value: f"{value:,.0f}")
    return pd.DataFrame(columns).rename_axis(["thread", "step"]) if columns else pd.DataFrame()
