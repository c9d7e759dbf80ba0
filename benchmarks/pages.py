# SPDX-License-Identifier: Apache-2.0
"""Writes what pages say about the results, between markers, and the picture of the README.

A block of which the directory has no figures stays as it is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from blocks import read_block, write_block
from explanations import against_others, cpu_parts, rate_floors, rate_ratios, tails
from growth import cores, first_rows, growth, parallelism
from report import TEMPLATES
from steps_table import batch_steps, row_steps
from targets import findings, overview

from pyflink_ml_embedded.bench.contenders import EMBEDDED
from pyflink_ml_embedded.bench.measure.plan import KEY_WORKLOADS
from pyflink_ml_embedded.bench.report.charts import lead
from pyflink_ml_embedded.bench.report.figures import standalone
from pyflink_ml_embedded.bench.report.ratios import HALF_LOAD, opponents
from pyflink_ml_embedded.bench.report.render import render
from pyflink_ml_embedded.bench.report.results import Results, ResultsError, load
from pyflink_ml_embedded.bench.report.spreads import number, spreads

__all__ = ["blocks", "latest_results", "update_page"]

PICTURE = "readme.svg"

_WORKLOADS = ("doubles_1", "doubles_32", "mixed", "json_100", "onnx_lr", "onnx_mlp", "transformer")
_RATIOS = (
    ("embedded-row", "process-row"),
    ("embedded-batch", "process-pandas"),
    ("embedded-row", "thread"),
    ("embedded-row", "http"),
)
_WAYS = {
    "embedded-row": "this provider, row by row",
    "embedded-batch": "this provider, batches",
    "worker-row": "this provider in process mode, row by row",
    "worker-batch": "this provider in process mode, batches",
    "process-row": "PyFlink process mode, row by row",
    "process-row-latency": "PyFlink process mode, bundles of 1 row",
    "process-pandas": "PyFlink process mode, pandas",
    "thread": "PyFlink thread mode",
    "pemja": "PemJa's `invokeMethod` for each row",
    "http": "model server, HTTP on the same machine",
    "java-onnx": "ONNX Runtime in Java, row by row",
    "java-onnx-batch": "ONNX Runtime in Java, batches",
    "java": "a Java function that does nothing",
    "java-async": "an asynchronous Java function that does nothing",
}


def _bench(results: Results) -> pd.DataFrame:
    rates = results.throughput("rows_per_second")
    ratios = rate_ratios(results, _RATIOS, _WORKLOADS)
    speeds = spreads(rates[list(EMBEDDED)]).map(lambda found: found and number(found.median))
    return pd.concat([speeds.reindex(ratios.index), ratios], axis="columns")


def _targets(results: Results) -> pd.DataFrame:
    return overview(findings(results))


def _throughput(results: Results) -> pd.DataFrame:
    return _ways(results.throughput("rows_per_second"))


def _latency(results: Results) -> pd.DataFrame:
    return _ways(results.paced("p50", *HALF_LOAD, kept_up=True))


def _ways(values: pd.DataFrame) -> pd.DataFrame:
    """Returns the medians of each way on the workloads that all ways are compared on."""
    medians = values.groupby("workload", observed=True).median()
    found = medians.reindex([name for name in KEY_WORKLOADS if name in medians.index])
    table = found[list(_WAYS)].T.dropna(how="all").map(number, na_action="ignore")
    return table.rename(index=_WAYS).rename_axis("way")


_BLOCKS: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "bench": _bench,
    "targets": _targets,
    "throughput": _throughput,
    "latency": _latency,
    "growth": growth,
    "parallelism": parallelism,
    "cores": cores,
    "first-rows": first_rows,
    "rate-floors": rate_floors,
    "cpu-parts": cpu_parts,
    "tails": tails,
    "against-others": against_others,
    "steps-row": row_steps,
    "steps-batch": batch_steps,
}


def blocks(page: Path, results: Results) -> dict[str, str]:
    """Returns the text of each block of the page that the results have figures for.

    Args:
        page: The file that the links to the results start from.
        results: The results.

    Raises:
        ResultsError: The page has no markers, or ``steps.json`` is broken.
    """
    named = [name for name in _BLOCKS if read_block(page, name) is not None]
    if not named:
        markers = " or ".join(f"'<!-- {name}:begin -->'" for name in _BLOCKS)
        raise ResultsError(f"{page}: no line {markers} to write after")
    tables = {name: _BLOCKS[name](results) for name in named}
    return {
        name: render(
            "readme.md.j2" if name == "bench" else "block.md.j2",
            [TEMPLATES],
            results=results,
            link=os.path.relpath(results.directory, page.parent),
            picture=PICTURE if opponents(results) else None,
            frame=table,
        )
        for name, table in tables.items()
        if len(table) > 0
    }


def update_page(page: Path, directory: Path) -> None:
    """Replaces the blocks of the page, and draws the picture that the block ``bench`` shows.

    Raises:
        ResultsError: The page has no markers, or a file of the results is missing or broken.
    """
    results = load(directory)
    found = blocks(page, results)
    for name, text in found.items():
        write_block(page, name, text)
    for svg in lead(results).panels if "bench" in found else ():
        (directory / PICTURE).write_text(standalone(svg), encoding="utf-8")


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
