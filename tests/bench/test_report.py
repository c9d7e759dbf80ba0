# SPDX-License-Identifier: Apache-2.0
"""Reports of results with known numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report import write_full_report

from pyflink_ml_embedded.bench.contenders import CONTENDERS
from pyflink_ml_embedded.bench.report.figures import palette, style
from pyflink_ml_embedded.bench.report.plots import Dot, dots, lines
from pyflink_ml_embedded.bench.report.results import ResultsError, load
from pyflink_ml_embedded.bench.report.spreads import Spread
from pyflink_ml_embedded.bench.report.terminal import terminal_table

from .reading import row, rows_under
from .synthetic import failure, latency, throughput, write_results

pytestmark = pytest.mark.filterwarnings("error")  # matplotlib warns if a figure is too small


def report(directory: Path, runs: Iterable[dict[str, Any]], **other: Any) -> str:
    """Returns report.md of these runs."""
    write_full_report(write_results(directory, runs, **other))
    return (directory / "report.md").read_text()


def test_ratios_are_taken_within_a_repetition(tmp_path: Path) -> None:
    """A machine that is slow for a whole repetition must not move a ratio."""
    runs = [
        *throughput("mixed", "embedded-row", [100, 200, 600]),
        *throughput("mixed", "process-row", [10, 50, 100]),
    ]
    summary = row(rows_under(report(tmp_path, runs), "Throughput"), **{"embedded-row": "mixed"})
    assert summary["rows/s"] == "200 (100..600)"
    assert summary["/ process-row"] == "6.00 (4.00..10.0)"
    assert "/ thread" not in summary


def test_limit_is_the_slower_of_loop_and_java(tmp_path: Path) -> None:
    """A ratio to an unreachable limit would be meaningless."""
    runs = [
        *throughput("mixed", "embedded-row", [50, 60]),
        *throughput("mixed", "embedded-batch", [160, 30]),
        *throughput("mixed", "loop-row", [100, 300]),
        *throughput("mixed", "loop-batch", [900, 900]),
        *throughput("mixed", "java", [200, 120]),
        *throughput("mixed", "java-async", [320, 300]),
    ]
    rows = rows_under(report(tmp_path, runs), "mixed: ")
    assert row(rows, contender="embedded-row")["/ limit"] == "0.500"
    assert row(rows, contender="embedded-batch")["/ limit"] == "0.300 (0.100..0.500)"


def test_each_parallelism_is_compared_with_process_mode(tmp_path: Path) -> None:
    """Users ask how much faster more subtasks are, and PyFlink's have a process each."""
    runs = [
        *throughput("mixed", "embedded-row", [100]),
        *throughput("mixed", "embedded-row", [150], parallelism=3),
        *throughput("mixed", "process-row", [50]),
        *throughput("mixed", "process-row", [100], parallelism=3),
        *throughput("mixed", "loop-batch", [200]),
        *throughput("mixed", "process-pandas", [80]),
    ]
    rows = rows_under(report(tmp_path, runs), "mixed: ")
    assert row(rows, contender="embedded-row") == {
        "contender": "embedded-row",
        "rows/s at 1": "100",
        "rows/s at 3": "150",
        "/ process mode at 1": "2.00",
        "/ process mode at 3": "1.50",
    }
    assert row(rows, contender="loop-batch")["/ process mode at 1"] == "2.50"


def test_summary_uses_the_smallest_parallelism(tmp_path: Path) -> None:
    """Results without parallelism 1 must have figures in the summary too."""
    runs = [
        *throughput("mixed", "embedded-row", [300], parallelism=2),
        *throughput("mixed", "thread", [100], parallelism=2),
        *throughput("mixed", "loop-row", [100]),
        *latency("mixed", "embedded-row", [10], parallelism=2),
    ]
    text = report(tmp_path, runs)
    assert row(rows_under(text, "Throughput"), **{"embedded-row": "mixed"})["/ thread"] == "3.00"
    paced = rows_under(text[text.index("## Latency") :], "mixed")
    assert row(paced, contender="embedded-row")["p50"] == "10.0"


def test_percentile_without_ten_rows_above_it_is_not_shown(tmp_path: Path) -> None:
    """One late row in a short run would pass for the p99.9."""
    runs = [
        *latency("mixed", "embedded-row", [10], rows=9_999),
        *latency("mixed", "thread", [10], rows=10_000),
    ]
    rows = rows_under(report(tmp_path, runs), "mixed")
    assert row(rows, contender="embedded-row")["p99.9"] == "-"
    assert row(rows, contender="embedded-row")["p99"] == "30.0"
    assert row(rows, contender="thread")["p99.9"] == "40.0"


def test_runs_that_fall_behind_the_offered_rate_are_marked(tmp_path: Path) -> None:
    """Their latency grows with the length of the run."""
    runs = [
        *latency("mixed", "embedded-row", [10, 20], rows_per_second=980.0),
        *latency("mixed", "thread", [10, 20], rows_per_second=979.0),
        # One bundle a second: the rows of the last bundle are as late as the earlier ones.
        *latency("mixed", "process-row", [500_000] * 2, rows_per_second=800.0, rows=2000),
    ]
    rows = rows_under(report(tmp_path, runs), "mixed")
    assert "did not keep up" not in "".join(row(rows, contender="process-row").values())
    assert "did not keep up in 2 of 2" in row(rows, contender="thread").values()
    assert row(rows, contender="embedded-row")["p50"] == "15.0 (10.0..20.0)"
    assert "did not keep up" not in "".join(row(rows, contender="embedded-row").values())


def test_cases_in_which_it_is_slower_are_listed(tmp_path: Path) -> None:
    """A report without them would mislead."""
    runs = [
        *throughput("mixed", "embedded-row", [90, 80, 120]),
        *throughput("mixed", "thread", [100, 100, 100]),
        *throughput("mixed", "pemja", [50, 50, 50]),
        *throughput("mixed", "java", [900, 900, 900]),
        *latency("mixed", "embedded-row", [50]),
        *latency("mixed", "http", [40]),
    ]
    text = report(tmp_path, runs)
    slower = text[text.index("## Where it is slower") :]
    (rates,) = rows_under(slower, "Throughput")
    assert (rates["system"], rates["alternative"]) == ("embedded-row", "thread")
    assert rates["workloads and ratios"] == "mixed 0.900 (0.800..1.20)"
    late = row(rows_under(slower, "Latency"), measure="p50 at 50% of the slowest's maximum")
    assert late["workloads and ratios"] == "mixed 0.800"
    assert "embedded-row is slower than thread on mixed (0.900)." in text


def test_failures_and_exclusions_are_shown(tmp_path: Path) -> None:
    """Readers must see which runs are missing in the tables, and why."""
    runs = [failure("mixed", "pemja", "it <broke>\nat the | end")]
    left_out = [{"workload": "mixed", "contender": "java-onnx", "reason": "no ONNX model"}]
    text = report(tmp_path, runs, exclusions=left_out)
    (failed,) = rows_under(text, "Failed runs")
    assert (failed["contender"], failed["repetitions"]) == ("pemja", "0")
    assert failed["error"] == r"it <broke> at the \| end"
    (excluded,) = rows_under(text, "Exclusions")
    assert (excluded["reason"], excluded["contenders"]) == ("no ONNX model", "java-onnx")
    assert "it &lt;broke&gt;" in (tmp_path / "report.html").read_text()


def target(text: str, start: str) -> dict[str, str]:
    """Returns the only target whose title starts with this text."""
    (found,) = [each for each in rows_under(text, "Targets") if each["target"].startswith(start)]
    return found


def test_targets_are_met_missed_or_not_measured(tmp_path: Path) -> None:
    """Readers must be able to distinguish the three outcomes."""
    runs = [
        *throughput("doubles_1", "embedded-row", [1000, 1100]),
        *throughput("doubles_1", "process-row", [100, 100]),
        *throughput("json_100", "embedded-row", [199]),
        *throughput("json_100", "thread", [100]),
    ]
    text = report(tmp_path, runs)
    narrow = target(text, "rows/s of embedded-row / process-row at least 10")
    assert narrow["outcome"] == "met"
    assert narrow["found"].startswith("met on 1 of 1 workloads; not measured on doubles_8")
    assert target(text, "rows/s of embedded-row / thread")["outcome"] == "missed"
    assert target(text, "rows/s of embedded-batch / process-pandas")["outcome"] == "not measured"
    # 1e6 / rate CPU seconds, at most a tenth of process-row's
    assert target(text, "CPU seconds of embedded-row")["outcome"] == "met"
    # both take one second
    (cold, warm) = [each for each in rows_under(text, "Targets") if "first row" in each["target"]]
    assert (cold["outcome"], warm["outcome"]) == ("missed", "missed")


def test_latency_targets_are_judged_on_each_workload(tmp_path: Path) -> None:
    """One workload that misses a target must be visible among those that meet it."""
    runs = [
        *latency("mixed", "embedded-row", [10, 20]),
        *latency("mixed", "process-row", [1000, 2200]),
        *latency("doubles_1", "embedded-row", [10]),
        *latency("doubles_1", "process-row", [990]),
        *latency("doubles_1", "process-row-latency", [101]),
        *latency("doubles_1", "process-row-throughput", [5000]),
    ]
    text = report(tmp_path, runs)
    default = target(text, "p50 of process-row / embedded-row")
    assert default["outcome"] == "missed"
    assert default["found"] == "met on 1 of 2 workloads; doubles_1: 99.0"
    tuned = target(text, "p50 of process-row at its best tuning")
    assert tuned["outcome"] == "met"
    assert tuned["found"] == "met on 2 of 2 workloads"


def test_runs_that_do_not_keep_up_meet_no_target(tmp_path: Path) -> None:
    """If a queue grows, p99 approaches p50, and latencies are not comparable."""
    runs = [
        *latency("mixed", "embedded-row", [10], load=("own", 0.5), rows_per_second=500.0),
        *latency("mixed", "embedded-row", [10]),
        *latency("mixed", "process-row", [1_000_000], rows_per_second=500.0),
    ]
    text = report(tmp_path, runs)
    tail = target(text, "p99 / p50")
    assert (tail["outcome"], tail["found"]) == ("missed", "mixed: embedded-row did not keep up")
    assert target(text, "p50 of process-row / embedded-row")["outcome"] == "not measured"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href"):
                self.references.append(value or "")


def test_page_is_self_contained(tmp_path: Path) -> None:
    """A report must open with its plots years later, without a network."""
    runs = [
        *throughput("doubles_1", "embedded-row", [50]),
        *throughput("doubles_1", "embedded-batch", [50], mean_batch_rows=12.0),
        *throughput("doubles_1", "loop-row", [100]),
        *throughput("doubles_1", "java", [100]),
        *throughput("doubles_8", "embedded-row", [40]),
        *latency("doubles_1", "embedded-row", [10]),
        *latency("doubles_8", "thread", [10]),
    ]
    report(tmp_path, runs)
    text = (tmp_path / "report.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.tags.count("svg") == 7  # limit, width, 2 of latency, batches, 2 of cost
    assert "script" not in page.tags
    assert all(reference.startswith("#") for reference in page.references)
    assert {reference[1:] for reference in page.references} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert "url(http" not in text
    assert "@import" not in text


def test_report_has_no_section_for_what_was_not_measured(tmp_path: Path) -> None:
    """Headings without figures would hide the few that have some."""
    text = report(tmp_path, [failure("mixed", "embedded-row", "no Java")])
    assert re.findall("^##? (.*)", text, re.MULTILINE)[1:] == [
        "Targets",
        "What was not measured well",
        "How it was measured",
    ]
    assert {each["outcome"] for each in rows_under(text, "Targets")} == {"not measured"}
    page = _Page()
    page.feed((tmp_path / "report.html").read_text())
    assert page.tags.count("h2") == 3
    assert "svg" not in page.tags


def test_result_comes_first(tmp_path: Path) -> None:
    """Most readers only want to know who wins, and what it costs."""
    runs = [
        *throughput("mixed", "embedded-row", [100], peak_bytes=2e9),
        *throughput("mixed", "process-row", [10]),
        *throughput("doubles_1", "embedded-row", [300]),
        *throughput("doubles_1", "process-row", [10]),
        *latency("doubles_1", "embedded-row", [10]),
        *latency("doubles_1", "process-row", [1000]),
    ]
    text = report(tmp_path, runs)
    assert (
        "embedded-row has 20.0 times the rows/s of process-row, the median of 2 workloads:"
        " from 10.0 on mixed to 30.0 on doubles_1."
    ) in text
    assert "No alternative that calls the model in the same way has more rows/s." in text
    assert "process-row takes 20.0 times the CPU time of embedded-row for a row," in text
    figures = {
        each["measure"]: each["embedded-row / process-row"] for each in rows_under(text, "In short")
    }
    assert figures == {
        "rows/s at parallelism 1": "20.0 (10.0..30.0)",
        "CPU time of a row": "20.0 (10.0..30.0)",
        "peak memory": "0.750 (0.500..1.00)",
        "p50 at half load": "100",
        "first row, new JVM": "1.00",
        "first row, warm JVM": "1.00",
    }


def test_latency_is_compared_with_a_java_function_that_does_nothing(tmp_path: Path) -> None:
    """Most of a latency may be Flink's own."""
    runs = [
        *latency("mixed", "embedded-row", [50, 70]),
        *latency("mixed", "embedded-batch", [50, 70]),
        *latency("mixed", "java", [40, 50]),
        *latency("mixed", "java", [1, 1], load=("own", 0.5)),
    ]
    rows = rows_under(report(tmp_path, runs), "mixed")
    assert row(rows, contender="embedded-row")["p50 above floor"] == "15.0 (10.0..20.0)"
    assert row(rows, contender="embedded-batch")["p50 above floor"] == "-"


def test_cost_grows_with_the_width(tmp_path: Path) -> None:
    """Users ask what a further column costs."""
    runs = [
        *throughput("doubles_1", "embedded-row", [1e6]),
        *throughput("doubles_8", "embedded-row", [1e6 / 3]),
    ]
    (found,) = rows_under(report(tmp_path, runs), "doubles, by columns")
    assert found == {
        "contender": "embedded-row",
        "1": "1.00",
        "8": "3.00",
        "ns for one more": "286",
    }


def test_disturbed_runs_are_listed(tmp_path: Path) -> None:
    """Their figures may be those of the JIT compiler, or of another process."""
    runs = throughput("mixed", "embedded-row", [100] * 4, steady=True, other_cpus=0.1)
    runs[1]["steady"] = False
    runs[2]["other_cpus"] = runs[3]["other_cpus"] = 0.11
    (unsteady, shared) = rows_under(report(tmp_path, runs), "Disturbed runs")
    assert (unsteady["runs"], unsteady["repetitions"]) == ("1 of 4", "mixed embedded-row 1")
    assert (shared["runs"], shared["repetitions"]) == ("2 of 4", "mixed embedded-row 2, 3")


def test_exclusions_are_merged_without_adding_cases(tmp_path: Path) -> None:
    """A rule leaves out hundreds of cases."""
    cases = [("mixed", "thread", 2), ("mixed", "thread", 4), ("mixed", "pemja", 2)]
    cases += [("mixed", "pemja", 4), ("json_100", "http", 2)]
    left_out = [
        {
            "workload": workload,
            "contender": contender,
            "reason": "rule",
            "measure": "throughput",
            "parallelism": at,
        }
        for workload, contender, at in cases
    ]
    runs = throughput("mixed", "embedded-row", [1])
    found = rows_under(report(tmp_path, runs, exclusions=left_out), "Exclusions")
    columns = ("parallelism", "contenders", "workloads")
    assert [tuple(each[name] for name in columns) for each in found] == [
        ("2, 4", "thread, pemja", "mixed"),
        ("2", "http", "json_100"),
    ]


def test_figures_are_readable_where_values_are_few_or_equal() -> None:
    """A log axis without a range has no ticks, and matplotlib only warns."""
    one = Spread(130.0, 130.0, 130.0)
    look = style("embedded-row")
    for svg in (
        dots("a", "one", {"mixed": [Dot(one, look)]}, "rows/s"),
        lines("b", "two", {"embedded-row": {1.0: one, 8.0: one}}, "columns", "us"),
    ):
        assert {">100<", ">200<"} <= set(re.findall(r">[\d.]+<", svg))
        sizes = re.findall(r"font(?:-size)?: (?:bold )?(\d+(?:\.\d+)?)px", svg)
        assert sizes
        # The view box is 270 units wide for 360 pixels.
        assert min(map(float, sizes)) * 360 / 270 >= 11
        assert 'viewBox="0 0 270 ' in svg


def test_figures_have_a_colour_for_light_and_dark_paper() -> None:
    """A fixed black text cannot be read on a dark page."""
    svg = dots("a", "one", {"mixed": [Dot(Spread(1.0, 1.0, 1.0), style("java"))]}, "rows/s")
    colours = set(re.findall(r"(?:fill|stroke): (#\w+|var\(--[\w-]+)", svg))
    assert colours == {"var(--ink", "var(--line"}
    assert all(palette().count(f"--{name[6:]}:") == 2 for name in colours)


def test_terminal_shows_the_medians(tmp_path: Path) -> None:
    """Whoever runs the benchmark wants the result before the report."""
    runs = [
        *throughput("mixed", "embedded-row", [100, 300]),
        *throughput("mixed", "process-row", [10, 30]),
        *throughput("mixed", "embedded-row", [150], parallelism=2),
        *latency("mixed", "process-row", [5000]),
    ]
    text = terminal_table(load(write_results(tmp_path, runs)))
    lines = [line.split() for line in text.splitlines()]
    assert lines[1] == ["embedded-row", "200", "150", "10.0", "6,670", "-"]
    assert lines[2] == ["process-row", "20.0", "-", "1.00", "66,700", "5,000"]
    assert max(map(len, text.splitlines())) <= 100


def test_terminal_shows_nothing_of_failures(tmp_path: Path) -> None:
    """An empty table would look like a result."""
    runs = [failure("mixed", "embedded-row", "no Java")]
    assert terminal_table(load(write_results(tmp_path, runs))) == ""


def test_head_names_machine_and_commit(tmp_path: Path) -> None:
    """Numbers are meaningless without the machine and the commit."""
    runs = throughput("mixed", "embedded-row", [100])
    text = report(tmp_path, runs, uncommitted_changes=["a.py"], gc=["G1 Young", "G1 Old"])
    facts = {each["value"] for each in rows_under(text, "Machine, versions and settings")}
    assert {"commit 0123456789ab with changes", "a.py", "Example CPU, 2 CPUs"} <= facts
    assert {"2026-01-02T03:04:05+00:00", "8.00 GB", "2.3.0", "G1 Young G1 Old"} <= facts
    assert load(tmp_path).versions == {"pyflink_ml_embedded": "0.1.0", "apache-flink": "2.3.0"}


def test_contenders_look_different_in_plots() -> None:
    """A legend with two equal entries would be ambiguous."""
    coming = {"embedded-row-python", "embedded-batch-python", "java-onnx-batch"}
    names = {*CONTENDERS, *coming}
    looks = {tuple(style(name)[key] for key in ("color", "marker")) for name in names}
    assert len(looks) == len(names)


def test_jmh_results_are_shown_as_ratios(tmp_path: Path) -> None:
    """The cost of a call is compared with PemJa's."""
    write_results(tmp_path, throughput("mixed", "embedded-row", [100]))
    entries = [
        {
            "benchmark": f"a.b.CallBenchmark.{method}",
            "params": {"columns": "32"},
            "primaryMetric": {"score": score, "scoreError": error, "scoreUnit": "ns/op"},
        }
        for method, score, error in (("pemja", 9000.0, 100.0), ("embedded", 600.0, "NaN"))
    ]
    (tmp_path / "jmh.json").write_text(json.dumps(entries))
    write_full_report(tmp_path)
    (found,) = rows_under((tmp_path / "report.md").read_text(), "The call from Java (JMH)")
    assert found == {
        "columns": "32",
        "embedded": "600",
        "pemja": "9,000 ± 100",
        "pemja / embedded": "15.0",
    }


def test_missing_file_is_named(tmp_path: Path) -> None:
    """An incomplete copy of a results directory must be detected."""
    write_results(tmp_path, [])
    (tmp_path / "workloads.json").unlink()
    with pytest.raises(ResultsError, match=r"workloads\.json: No such file"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"kind": "thr', "not JSON"),
        ("{}", "no 'kind'"),
        (json.dumps({**throughput("mixed", "embedded-row", [1])[0], "kind": "x"}), "kind 'x'"),
        (json.dumps(throughput("mixed", "pemja", [1], rows_per_second=0)[0]), "rows_per_second"),
        (json.dumps(throughput("mixed", "nobody", [1])[0]), "contender 'nobody'"),
        (json.dumps(throughput("other", "embedded-row", [1])[0]), "workload 'other'"),
        (json.dumps(throughput("mixed", "embedded-row", [1])[0]), "occurs twice"),
    ],
)
def test_broken_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    """A run that is killed while it writes leaves an incomplete line."""
    write_results(tmp_path, throughput("mixed", "embedded-row", [1]))
    with (tmp_path / "runs.jsonl").open("a") as runs:
        runs.write(line + "\n")
    with pytest.raises(ResultsError, match=f"runs.jsonl, line 2: .*{message}"):
        load(tmp_path)
