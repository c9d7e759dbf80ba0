# SPDX-License-Identifier: Apache-2.0
"""Writes the benchmark table of a README from a results directory."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import pandas as pd
from report import TEMPLATES

from pyflink_ml_embedded.bench.contenders import EMBEDDED
from pyflink_ml_embedded.bench.report.render import render
from pyflink_ml_embedded.bench.report.results import Results, ResultsError, load
from pyflink_ml_embedded.bench.report.spreads import number, spreads

__all__ = ["BEGIN", "END", "latest_results", "readme_block", "readme_table", "update_readme"]

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"

_WORKLOADS = ("doubles_1", "doubles_32", "mixed", "json_100", "onnx_lr", "onnx_mlp", "transformer")
_RATIOS = (
    ("embedded-row", "process-row"),
    ("embedded-batch", "process-pandas"),
    ("embedded-row", "thread"),
    ("embedded-row", "http"),
)
_BLOCK = re.compile(rf"(?<={BEGIN}\n).*?(?={END})", re.DOTALL)


def readme_table(directory: Path, readme: Path) -> str:
    """Returns the text between the markers: the source of the figures, and the table.

    Args:
        directory: The results directory.
        readme: The file that the link to the report starts from.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    results = load(directory)
    return render(
        "readme.md.j2",
        [TEMPLATES],
        machine=results.machine,
        code=results.code,
        link=os.path.relpath(directory / "report.md", readme.parent),
        frame=_table(results),
    )


def _table(results: Results) -> pd.DataFrame:
    rates = results.throughput("rows_per_second")
    ratios = {f"{a} / {b}": rates[a] / rates[b] for a, b in _RATIOS}
    speeds = spreads(rates[list(EMBEDDED)]).map(lambda found: found and number(found.median))
    table = pd.concat([speeds, spreads(pd.DataFrame(ratios))], axis="columns")
    return table.reindex([name for name in _WORKLOADS if name in results.workloads.index])


def readme_block(readme: Path) -> str | None:
    """Returns the text between the markers, or None where they are missing."""
    found = _BLOCK.search(readme.read_text(encoding="utf-8"))
    return found[0] if found else None


def update_readme(readme: Path, directory: Path) -> None:
    """Replaces the text between the markers.

    Raises:
        ResultsError: The README has no markers, or a file of the results is missing or broken.
    """
    table = readme_table(directory, readme)
    text, count = _BLOCK.subn(lambda _: table, readme.read_text(encoding="utf-8"), count=1)
    if count == 0:
        raise ResultsError(f"{readme}: no lines '{BEGIN}' and '{END}' to write the table between")
    readme.write_text(text, encoding="utf-8")


def latest_results(root: Path) -> Path | None:
    """Returns the directory below root whose machine.json has the newest time, if there is one.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    directories = [file.parent for file in root.glob("*/machine.json")]
    return max(directories, key=lambda each: load(each).machine["time"], default=None)


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    parser.add_argument("results", type=Path, help="directory")
    options = parser.parse_args()
    update_readme(options.readme, options.results)


if __name__ == "__main__":
    main()
