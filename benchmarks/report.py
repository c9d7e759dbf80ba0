# SPDX-License-Identifier: Apache-2.0
"""Writes a report with the sections for maintainers: targets and micro benchmarks."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from micro_tables import jmh_tables, pyperf_tables
from studies_tables import find_studies
from targets import findings, overview

from pyflink_ml_embedded.bench.report.report import write_report
from pyflink_ml_embedded.bench.report.results import load

__all__ = ["TEMPLATES", "write_full_report"]

TEMPLATES = Path(__file__).parent / "templates"


def write_full_report(directory: Path) -> None:
    """Writes report.html and report.md into the results directory.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    found = findings(load(directory))
    jmh, pyperf = directory / "jmh.json", directory / "pyperf.json"
    more = {
        "targets": overview(found),
        "findings": {title: each for title, each in found.items() if _is_shown(each)},
        "jmh": jmh_tables(jmh) if jmh.exists() else {},
        "pyperf": pyperf_tables(pyperf) if pyperf.exists() else {},
        "studies": find_studies(directory),
    }
    write_report(directory, "maintainers.j2", [TEMPLATES], more)


def _is_shown(table: pd.DataFrame) -> bool:
    return len(table) > 1 and set(table.index.unique("outcome")) != {"not measured"}


def main() -> None:
    """Writes the report of the given directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="directory")
    write_full_report(parser.parse_args().results)


if __name__ == "__main__":
    main()
