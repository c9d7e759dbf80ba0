# SPDX-License-Identifier: Apache-2.0
"""Pages show the latest results."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from blocks import read_block
from pages import blocks, latest_results, update_page

from pyflink_ml_embedded.bench.report.results import ResultsError, load

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
    readme.write_text("# Title\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nend\n")
    results = write_results(tmp_path / "benchmarks" / "results" / "x", RUNS)
    update_page(readme, results)
    update_page(readme, results)
    text = readme.read_text()
    assert text.startswith(
        '# Title\n\n<!-- bench:begin -->\n<img src="benchmarks/results/x/readme.svg"'
    )
    assert text.endswith("|\n<!-- bench:end -->\n\nend\n")
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


def test_picture_is_a_file_for_light_and_dark_pages(tmp_path: Path) -> None:
    """GitHub shows it as an image, which gets no style from the page."""
    page = tmp_path / "README.md"
    page.write_text("<!-- bench:begin -->\n<!-- bench:end -->\n")
    update_page(page, write_results(tmp_path / "x", RUNS))
    picture = ElementTree.parse(tmp_path / "x" / "readme.svg")
    (look, *_) = picture.iter("{http://www.w3.org/2000/svg}style")
    assert "prefers-color-scheme: dark" in (look.text or "")
    texts = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"doubles_1", "embedded-row / process-row"} <= texts


def test_targets_are_written_into_their_page(tmp_path: Path) -> None:
    """Missed targets belong in the documentation too."""
    page = tmp_path / "performance.md"
    page.write_text("# P\n\n<!-- targets:begin -->\n<!-- targets:end -->\n")
    update_page(page, write_results(tmp_path / "x", RUNS))
    outcomes = {each["target"]: each["outcome"] for each in rows_under(page.read_text(), "P")}
    (pandas,) = (outcomes[title] for title in outcomes if "process-pandas at least 5" in title)
    (narrow,) = (outcomes[title] for title in outcomes if "at least 10 on narrow" in title)
    assert (pandas, narrow) == ("not measured", "met")


def test_ways_are_compared_by_their_medians(tmp_path: Path) -> None:
    """Readers who choose want names of ways, not of contenders."""
    page = tmp_path / "comparison.md"
    page.write_text(
        "# T\n\n<!-- throughput:begin -->\n<!-- throughput:end -->\n"
        "# L\n\n<!-- latency:begin -->\nkept\n<!-- latency:end -->\n"
    )
    update_page(page, write_results(tmp_path / "x", RUNS))
    assert rows_under(page.read_text(), "T") == [
        {"way": "this provider, row by row", "doubles_1": "2,500", "json_100": "123,000"},
        {"way": "this provider, batches", "doubles_1": "4,000", "json_100": "-"},
        {"way": "PyFlink process mode, row by row", "doubles_1": "150", "json_100": "-"},
        {"way": "PyFlink process mode, pandas", "doubles_1": "450", "json_100": "-"},
    ]
    assert read_block(page, "latency") == "kept\n"  # no latency was measured


def test_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    """A table in the wrong place would be worse than an error."""
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n")
    with pytest.raises(ResultsError, match="no line '<!-- bench:begin -->' or '<!-- targets"):
        update_page(readme, write_results(tmp_path / "x", RUNS))
    assert readme.read_text() == "# Title\n"


def test_latest_results_are_those_of_the_newest_time(tmp_path: Path) -> None:
    """Directory names sort by date and machine, and an older run can be added later."""
    assert latest_results(tmp_path) is None
    newer = write_results(tmp_path / "a", RUNS, time="2026-01-02T00:30:00+00:00")
    write_results(tmp_path / "b", RUNS, time="2026-01-02T01:00:00+02:00")
    assert latest_results(tmp_path) == newer


@pytest.mark.parametrize("name", ["README.md", "docs/performance.md", "docs/comparison.md"])
def test_page_shows_the_latest_results(name: str) -> None:
    """Outdated figures would otherwise stay in the README."""
    page = REPOSITORY / name
    results = latest_results(REPOSITORY / "benchmarks" / "results")
    assert results is not None, "no kept results; `make bench` measures"
    command = f"benchmarks/pages.py {name} {results.relative_to(REPOSITORY)}"
    for block, text in blocks(page, load(results)).items():
        assert read_block(page, block) == text, f"run `{command}`"
