# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/performance.md and docs/comparison.md have the figures of the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from blocks import read_block, write_block
from explanations import against_others, cpu_parts, rate_floors, tails
from growth import fit, growth, parallelism
from steps_table import batch_steps, row_steps

from pyflink_ml_embedded.bench.report.results import ResultsError, load

from .synthetic import latency, throughput, write_results

DOCS = Path(__file__).parents[2] / "docs"

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


def test_floors_are_what_no_model_can_beat(tmp_path: Path) -> None:
    """A target below its floor cannot be met, whatever this provider does."""
    runs = [
        *throughput("json_100", "embedded-row", [1000, 3000]),
        *throughput("json_100", "java", [4000, 5000]),
        *throughput("json_100", "process-row", [1000, 1000]),
        *throughput("transformer", "embedded-row", [1000]),
    ]
    results = load(write_results(tmp_path, runs))
    rates = rate_floors(results)
    assert rates.index.tolist() == ["json_100"]  # a transformer says nothing about calls
    assert str(rates.at["json_100", "embedded-row / process-row"]) == "2.00 (1.00..3.00)"
    assert str(rates.at["json_100", "java / process-row"]) == "4.50 (4.00..5.00)"


def test_model_and_flink_alone_take_their_part_of_the_cpu_time(tmp_path: Path) -> None:
    """A target below it can hardly be met, whatever this provider does."""
    runs = [
        *throughput("json_100", "java", [4000, 5000]),  # 250 and 200 CPU microseconds a row
        *throughput("json_100", "loop-row", [2000, 2000]),
        *throughput("json_100", "process-row", [1000, 1000]),
    ]
    parts = cpu_parts(load(write_results(tmp_path, runs)))
    found = parts.at["json_100", "(loop-row + java) / process-row"]
    assert str(found) == "0.725 (0.700..0.750)"


def test_tails_stand_beside_those_of_a_function_that_does_nothing(tmp_path: Path) -> None:
    """Flink and the machine delay rows too."""
    runs = [
        *latency("json_100", "embedded-row", [10, 30], ("own", 0.5)),
        *latency("json_100", "java", [4, 4], ("own", 0.5)),
        *latency("json_100", "embedded-row", [999], ("slowest", 0.5)),
        *throughput("json_100", "java", [1]),
    ]
    table = tails(load(write_results(tmp_path, runs)))
    assert table.loc["json_100"].to_dict() == {
        "embedded-row, p50": "20.0",
        "embedded-row, p99": "60.0",
        "java, p50": "4.00",
        "java, p99": "12.0",
    }


def test_comparison_shows_where_others_are_faster(tmp_path: Path) -> None:
    """Losses are shown too."""
    runs = [
        *throughput("onnx_boosted", "embedded-row", [900, 500]),
        *throughput("onnx_boosted", "java-onnx", [1000, 1000]),
        *throughput("doubles_1", "embedded-row", [900]),
    ]
    table = against_others(load(write_results(tmp_path, runs)))
    assert table.index.tolist() == ["embedded-row / java-onnx"]
    assert str(table.at["embedded-row / java-onnx", "onnx_boosted"]) == "0.700 (0.500..0.900)"


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
    ("page", "names"),
    [
        ("performance.md", ("growth", "parallelism", "cores", "first-rows")),
        ("performance.md", ("steps-row", "steps-batch", "targets")),
        ("performance.md", ("rate-floors", "cpu-parts", "tails")),
        ("comparison.md", ("throughput", "latency", "against-others")),
    ],
)
def test_page_has_a_place_for_every_table(page: str, names: tuple[str, ...]) -> None:
    """A table without a place would be measured and not shown."""
    for name in names:
        assert read_block(DOCS / page, name) is not None, name
