# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of docs/performance.md from a results directory.

Each is between two markers with its name. A table whose runs are not in the directory stays as it
is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from _sampled_steps import STEPS
from blocks import write_block
from growth import cores, first_rows, growth, parallelism
from report import TEMPLATES

from pyflink_ml_embedded.bench.report.render import render
from pyflink_ml_embedded.bench.report.results import Results, load, read_json

__all__ = ["steps_table", "tables"]

_TITLES = {"doubles_1": "1 DOUBLE", "doubles_32": "32 DOUBLEs"}


def tables(results: Results) -> dict[str, pd.DataFrame]:
    """Returns the tables that the results directory has figures for, by name.

    Raises:
        ResultsError: ``steps.json`` is broken.
    """
    found = {
        "growth": growth(results),
        "parallelism": parallelism(results),
        "cores": cores(results),
        "first-rows": first_rows(results),
    }
    steps = results.directory / "steps.json"
    if steps.exists():
        cases = read_json(steps)
        found["steps-row"] = steps_table(cases, "embedded-row", "java")
        found["steps-batch"] = steps_table(cases, "embedded-batch", "java-async")
    return {name: table for name, table in found.items() if len(table) > 0}


def steps_table(cases: Sequence[Mapping[str, Any]], contender: str, floor: str) -> pd.DataFrame:
    """Returns the nanoseconds of each step of a row, with a column for each workload.

    Args:
        cases: the content of ``steps.json``.
        contender: the contender whose steps are shown.
        floor: the contender that does nothing.
    """
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
    return pd.DataFrame(columns).rename_axis(["thread", "step"])


def main() -> None:
    """Writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="docs/performance.md")
    parser.add_argument("results", type=Path, help="directory")
    options = parser.parse_args()
    results = load(options.results)
    for name, table in tables(results).items():
        text = render(
            "performance.md.j2",
            [TEMPLATES],
            frame=table,
            machine=results.machine,
            code=results.code,
            link=os.path.relpath(options.results / "report.md", options.page.parent),
        )
        write_block(options.page, name, f"\n{text}\n")


if __name__ == "__main__":
    main()
