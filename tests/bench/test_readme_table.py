# SPDX-License-Identifier: Apache-2.0
"""The benchmark table of the README shows the latest results."""

from __future__ import annotations

from pathlib import Path

import pytest
from readme_table import (
    BEGIN,
    END,
    latest_results,
    readme_block,
    readme_table,
    update_readme,
)

from pyflink_ml_embedded.bench.report.results import ResultsError

from .reading import rows_under
from .synthetic import throughput, write_results

REPOSITORY = Path(__file__).parents[2]

RUNS = [
    *throughput("json_100", "embedded-row", [123_456]),
    *throughput("doubles_1", "embedded-row", [3000, 2000]),
    *throughput("doubles_1", "embedded-batch", [4000, 4000]),
    *throughput("doubles_1", "process-row", [100, 200]),
    *throughput("doubles_1", "process-pandas", [400, 500]),
    *throughput("strings_10", "embedded-row", [1]),
]


def test_table_replaces_the_text_between_the_markers(tmp_path: Path) -> None:
    """The rest of the README is written by hand."""
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nend\n")
    results = write_results(tmp_path / "benchmarks" / "results" / "x", RUNS)
    update_readme(readme, results)
    update_readme(readme, results)
    text = readme.read_text()
    assert text.startswith(f"# Title\n\n{BEGIN}\nRows per second")
    assert text.endswith(f"|\n{END}\n\nend\n")
    assert "old" not in text
    assert "Example CPU with 2 CPUs, 2026-01-02, commit 0123456789ab, " in text
    assert "(benchmarks/results/x/report.md)" in text
    assert rows_under(text, "Title") == [
        {
            "workload": "doubles_1",
            "embedded-row": "2,500",
            "embedded-batch": "4,000",
            "embedded-row / process-row": "20.0 (10.0..30.0)",
            "embedded-batch / process-pandas": "9.00 (8.00..10.0)",
            "embedded-row / thread": "-",
            "embedded-row / http": "-",
        },
        {
            "workload": "json_100",
            "embedded-row": "123,000",
            "embedded-batch": "-",
            "embedded-row / process-row": "-",
            "embedded-batch / process-pandas": "-",
            "embedded-row / thread": "-",
            "embedded-row / http": "-",
        },
    ]


def test_readme_without_markers_is_left_alone(tmp_path: Path) -> None:
    """A table in the wrong place would be worse than an error."""
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n")
    with pytest.raises(ResultsError, match="no lines '<!-- bench:begin -->'"):
        update_readme(readme, write_results(tmp_path / "x", RUNS))
    assert readme.read_text() == "# Title\n"
    assert readme_block(readme) is None


def test_latest_results_are_those_of_the_newest_time(tmp_path: Path) -> None:
    """Directory names sort by date and machine, and an older run can be added later."""
    assert latest_results(tmp_path) is None
    newer = write_results(tmp_path / "a", RUNS, time="2026-01-02T00:30:00+00:00")
    write_results(tmp_path / "b", RUNS, time="2026-01-02T01:00:00+02:00")
    assert latest_results(tmp_path) == newer


def test_readme_shows_the_latest_results() -> None:
    """Outdated figures would otherwise stay in the README."""
    results = latest_results(REPOSITORY / "benchmarks" / "results")
    assert results is not None, "no kept results; `make bench` measures"
    readme = REPOSITORY / "README.md"
    command = f"python benchmarks/readme_table.py README.md {results.relative_to(REPOSITORY)}"
    assert readme_block(readme) == readme_table(results, readme), f"run `{command}`"
