# SPDX-License-Identifier: Apache-2.0
"""Writes what a page says about the results: the table and picture of a README, or the targets."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from blocks import read_block, write_block
from report import TEMPLATES
from targets import findings, overview

from pyflink_ml_embedded.bench.contenders import EMBEDDED
from pyflink_ml_embedded.bench.report.charts import lead
from pyflink_ml_embedded.bench.report.figures import standalone
from pyflink_ml_embedded.bench.report.render import render
from pyflink_ml_embedded.bench.report.results import Results, ResultsError, load
from pyflink_ml_embedded.bench.report.spreads import number, spreads

__all__ = ["blocks", "latest_results", "update_page"]

_PICTURE = "readme.svg"

_WORKLOADS = ("doubles_1", "doubles_32", "mixed", "json_100", "onnx_lr", "onnx_mlp", "transformer")
_RATIOS = (
    ("embedded-row", "process-row"),
    ("embedded-batch", "process-pandas"),
    ("embedded-row", "thread"),
    ("embedded-row", "http"),
)


def blocks(page: Path, directory: Path) -> dict[str, str]:
    """Returns the text of each block of the page: ``bench`` or ``targets``.

    Args:
        page: The file that the links to the results start from.
        directory: The results directory.

    Raises:
        ResultsError: The page has no markers, or a file of the results is missing or broken.
    """
    results = load(directory)
    found = {
        name: text(results, os.path.relpath(directory, page.parent))
        for name, text in _BLOCKS.items()
        if read_block(page, name) is not None
    }
    if not found:
        markers = " or ".join(f"'<!-- {name}:begin -->'" for name in _BLOCKS)
        raise ResultsError(f"{page}: no line {markers} to write after")
    return found


def _bench(results: Results, link: str) -> str:
    return render(
        "readme.md.j2",
        [TEMPLATES],
        results=results,
        link=link,
        picture=_PICTURE if lead(results).panels else None,
        frame=_table(results),
    )


def _targets(results: Results, link: str) -> str:
    table = overview(findings(results))
    return render("targets.md.j2", [TEMPLATES], results=results, link=link, frame=table)


_BLOCKS: Mapping[str, Callable[[Results, str], str]] = {"bench": _bench, "targets": _targets}


def _table(results: Results) -> pd.DataFrame:
    rates = results.throughput("rows_per_second")
    ratios = {f"{a} / {b}": rates[a] / rates[b] for a, b in _RATIOS}
    speeds = spreads(rates[list(EMBEDDED)]).map(lambda found: found and number(found.median))
    table = pd.concat([speeds, spreads(pd.DataFrame(ratios))], axis="columns")
    return table.reindex([name for name in _WORKLOADS if name in results.workloads.index])


def update_page(page: Path, directory: Path) -> None:
    """Replaces the blocks of the page, and draws the picture into the results directory.

    Raises:
        ResultsError: The page has no markers, or a file of the results is missing or broken.
    """
    for name, text in blocks(page, directory).items():
        write_block(page, name, text)
    for svg in lead(load(directory)).panels:
        (directory / _PICTURE).write_text(standalone(svg), encoding="utf-8")


def latest_results(root: Path) -> Path | None:
    """Returns the directory below root whose machine.json has the newest time, if there is one.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    directories = [file.parent for file in root.glob("*/machine.json")]
    return max(directories, key=lambda each: load(each).machine["time"], default=None)


def main() -> None:
    """Writes the blocks of the given pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path, nargs="+", metavar="PAGE")
    parser.add_argument("results", type=Path, help="directory")
    options = parser.parse_args()
    for page in options.pages:
        update_page(page, options.results)


if __name__ == "__main__":
    main()
