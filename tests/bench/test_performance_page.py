# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/performance.md have the figures of a results directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from blocks import read_block, write_block
from growth import fit, growth, parallelism
from steps_table import batch_steps, row_steps

from pyflink_ml_embedded.bench.report.results import ResultsError, load

from .synthetic import throughput, write_results

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"

# A row takes 500 ns, and 50 ns a column.
RUNS = [
    *throughput("doubles_1", "embedded-row", [1e9 / 550]),
    *throughput("doubles_8", "embedded-row", [1e9 / 900]),
    *throughput("doubles_32", "embedded-row", [1e9 / 2000, 1e9 / 2200]),
    *throughput("doubles_32", "embedded-row", [1e9 / 1000, 1e9 / 2750], parallelism=2),
    *throughput("strings_10", "embedded-row", [1e6]),
]


def case(workload: str, contender: str, period: float, **values: Any) -> dict[str, Any]:
    """Returns a case of steps.json."""
    rate = 1e9 / period
    return {"workload": workload, "contender": contender, "rows_per_second": rate, **values}


def test_fit_finds_the_fixed_cost_of_small_rows() -> None:
    """With absolute deviations the largest row alone would decide it."""
    line = fit({1: 110, 8: 180, 32: 420, 128: 1518})  # 10 % above the line
    assert line.fixed == pytest.approx(100, rel=0.1)
    assert line.each == pytest.approx(10, rel=0.15)
    assert 0.02 < line.deviation < 0.1


def test_growth_needs_three_sizes(tmp_path: Path) -> None:
    """A line through two points fits always."""
    table = growth(load(write_results(tmp_path, RUNS)))
    assert table.index.tolist() == [("columns of DOUBLE", "embedded-row")]
    fixed, each, deviation = table.iloc[0]
    assert fixed.endswith(" ns")
    assert float(fixed.split()[0]) == pytest.approx(500, rel=0.05)
    assert each.endswith(" ns a column")
    assert float(each.split()[0]) == pytest.approx(50, rel=0.05)
    assert deviation.endswith("%")


def test_parallelism_divides_within_a_repetition(tmp_path: Path) -> None:
    """A disturbance of the machine changes both of a repetition."""
    table = parallelism(load(write_results(tmp_path, RUNS)))
    assert table.index.tolist() == [("doubles_32", "embedded-row")]
    assert table.iloc[0].tolist() == ["477,000 (455,000..500,000)", "1.40 (0.800..2.00)"]


def test_steps_have_their_sum_and_the_time_between_rows(tmp_path: Path) -> None:
    """A reader can see that the steps are the whole."""
    steps = {"task, row path": {"predict()": 100.0, "columns written": 20.0}}
    batch = {"Python, batch path": {"result written": 5.0}}
    busy = {"task, row path": 0.95, "Python, batch path": 0.5}
    cases = [
        case(workload, contender, 130, nanoseconds=nanoseconds, mean_batch_rows=rows, busy=busy)
        for workload in ("doubles_1", "doubles_32")
        for contender, nanoseconds, rows in (
            ("embedded-row", steps, None),
            ("embedded-batch", batch, 512.0),
            ("java", {}, None),
            ("java-async", {}, None),
        )
    ]
    directory = write_results(tmp_path, RUNS)
    (directory / "steps.json").write_text(json.dumps(cases))
    results = load(directory)
    table = row_steps(results)["1 DOUBLE"]
    assert table["task, row path", "predict()"] == "100"
    assert table["task, row path", "sum"] == "120"
    assert table["task, row path", "% of the time that it ran"] == "95"
    assert table["the job", "time between two rows"] == "130"
    assert batch_steps(results).loc[("the job", "rows in a batch"), "32 DOUBLEs"] == "512"


def test_tables_replace_the_text_between_their_markers(tmp_path: Path) -> None:
    """The rest of the page is written by hand."""
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n")
    for _ in range(2):
        write_block(page, "x", "\n| new |\n\n")
        text = page.read_text()
        assert text == "a\n<!-- x:begin -->\n\n| new |\n\n<!-- x:end -->\nb\n"
    with pytest.raises(ResultsError, match="no lines '<!-- y:begin -->'"):
        write_block(page, "y", "")


@pytest.mark.parametrize(
    "name", ["growth", "parallelism", "cores", "first-rows", "steps-row", "steps-batch", "targets"]
)
def test_page_has_a_place_for_every_table(name: str) -> None:
    """A table without a place would be measured and not shown."""
    assert read_block(PAGE, name) is not None
