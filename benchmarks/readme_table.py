"""Writes the benchmark table of a README from a results directory."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from pyflink_ml_embedded.bench.report.document import Table, number, spread_text
from pyflink_ml_embedded.bench.report.markdown import markdown_table
from pyflink_ml_embedded.bench.report.measured import rate
from pyflink_ml_embedded.bench.report.results import Results, ResultsError, load
from pyflink_ml_embedded.bench.report.statistics import ratio, spread

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
    machine = results.machine
    link = os.path.relpath(directory / "report.md", readme.parent)
    sentence = (
        f"Rows per second at saturation on {machine.cpu} with {machine.cpus} CPUs,"
        f" {machine.time:%Y-%m-%d}, {machine.code}, and the ratios to"
        " the alternatives (above 1, the embedded interpreter is faster). Medians, with extremes"
        f" in brackets. [The report]({link}) has all workloads, latencies, costs and the cases in"
        " which an alternative is faster."
    )
    return f"{sentence}\n\n{markdown_table(_table(results))}\n"


def _table(results: Results) -> Table:
    names = [each.name for each in results.workloads if each.name in _WORKLOADS]
    header = ("workload", "embedded-row", "embedded-batch", *(f"{a} / {b}" for a, b in _RATIOS))
    return Table(header, tuple(_row(results, name) for name in sorted(names, key=_WORKLOADS.index)))


def _row(results: Results, workload: str) -> tuple[str, ...]:
    speeds = [
        spread(rate(results, workload, name).values())
        for name in ("embedded-row", "embedded-batch")
    ]
    ratios = [
        ratio(rate(results, workload, name), rate(results, workload, other))
        for name, other in _RATIOS
    ]
    return (
        workload,
        *(number(speed.median) if speed else "-" for speed in speeds),
        *map(spread_text, ratios),
    )


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
    return max(directories, key=lambda each: load(each).machine.time, default=None)


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    parser.add_argument("results", type=Path, help="directory")
    options = parser.parse_args()
    update_readme(options.readme, options.results)


if __name__ == "__main__":
    main()
