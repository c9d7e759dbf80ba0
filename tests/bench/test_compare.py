# SPDX-License-Identifier: Apache-2.0
"""Which changes between two results directories are reported."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pyflink_ml_embedded import cli
from pyflink_ml_embedded.bench.report.compare import Comparison, compare

from .synthetic import MACHINE, failure, latency, throughput, write_results

BEFORE = [100.0, 101.0, 102.0, 103.0, 104.0]


def compared(
    directory: Path, a: Iterable[dict[str, Any]], b: Iterable[dict[str, Any]], **machine: Any
) -> Comparison:
    """Compares directories with these runs; the second can have a different machine."""
    first = write_results(directory / "a", a)
    return compare(first, write_results(directory / "b", b, **machine))


def the(comparison: Comparison, measure: str) -> Any:
    """Returns the only change of a measure."""
    (found,) = [each for each in comparison.changes.itertuples() if each.measure == measure]
    return found


@pytest.mark.parametrize("contender", ["embedded-row", "worker-batch"])
def test_slower_job_is_a_regression(tmp_path: Path, contender: str) -> None:
    """The command must fail if the provider became slower, in the JVM or in workers."""
    after = [each * 0.9 for each in BEFORE]
    found = compared(
        tmp_path,
        throughput("mixed", contender, BEFORE),
        throughput("mixed", contender, after),
    )
    rate = the(found, "rows/s")
    assert (rate.a, rate.b) == (102.0, pytest.approx(91.8))
    assert rate.percent == pytest.approx(-10)
    assert rate.p == pytest.approx(2 / 252)  # the most extreme of C(10, 5) orders, two sides
    assert rate.verdict == "regression"
    assert the(found, "CPU s / 1M rows").verdict == "regression"
    assert len(found.regressions) == 2
    assert not found.passes


def test_faster_job_is_an_improvement(tmp_path: Path) -> None:
    """More rows are better, and more microseconds are worse."""
    found = compared(
        tmp_path,
        [*throughput("mixed", "embedded-row", BEFORE), *latency("mixed", "embedded-row", BEFORE)],
        [
            *throughput("mixed", "embedded-row", [each * 2 for each in BEFORE]),
            *latency("mixed", "embedded-row", [each / 2 for each in BEFORE]),
        ],
    )
    assert dict(zip(found.changes["measure"], found.changes["verdict"], strict=True)) == {
        "rows/s": "improvement",
        "CPU s / 1M rows": "improvement",
        "p50, us": "improvement",
        "p99, us": "improvement",
    }
    assert found.regressions.empty


def test_slower_alternative_is_not_a_regression(tmp_path: Path) -> None:
    """This project cannot fix process mode."""
    found = compared(
        tmp_path,
        throughput("mixed", "process-row", BEFORE),
        throughput("mixed", "process-row", [each / 2 for each in BEFORE]),
    )
    assert the(found, "rows/s").verdict == "regression"
    assert found.regressions.empty


def test_small_change_has_no_verdict(tmp_path: Path) -> None:
    """A change of 4 % is not worth an investigation, however significant."""
    before = [100.0, 100.1, 100.2, 100.3, 100.4]
    found = compared(
        tmp_path,
        throughput("mixed", "embedded-row", before),
        throughput("mixed", "embedded-row", [each * 0.96 for each in before]),
    )
    rate = the(found, "rows/s")
    assert rate.p < 0.05
    assert rate.verdict == ""
    assert found.regressions.empty


def test_overlapping_repetitions_have_no_verdict(tmp_path: Path) -> None:
    """A large change of noisy values may be chance."""
    found = compared(
        tmp_path,
        throughput("mixed", "embedded-row", [50, 100, 150, 200, 250]),
        throughput("mixed", "embedded-row", [40, 90, 110, 120, 240]),
    )
    rate = the(found, "rows/s")
    assert rate.percent == pytest.approx(-100 * 40 / 150)
    # U is 9: b wins against (0, 1, 2, 2, 4) of a; the exact table gives p = 0.5476
    assert rate.p == pytest.approx(0.5476, abs=1e-4)
    assert rate.verdict == ""


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [(3, 3, "too few repetitions"), (3, 4, "too few repetitions"), (4, 4, "regression")],
)
def test_too_few_repetitions_are_named(tmp_path: Path, a: int, b: int, verdict: str) -> None:
    """With 3 against 3, p is at least 0.1; a missing verdict must not look like no change."""
    found = compared(
        tmp_path,
        throughput("mixed", "embedded-row", BEFORE[:a]),
        throughput("mixed", "embedded-row", [each / 2 for each in BEFORE[:b]]),
    )
    assert the(found, "rows/s").verdict == verdict
    is_untested = "No case of generic-python was tested" in str(found)
    assert is_untested == (verdict == "too few repetitions")
    assert not found.passes


def test_only_cases_of_both_are_compared(tmp_path: Path) -> None:
    """A different load or parallelism is a different case."""
    found = compared(
        tmp_path,
        [
            *throughput("mixed", "embedded-row", [1], parallelism=2),
            *latency("mixed", "embedded-row", [1], load=("own", 0.1)),
        ],
        [
            *throughput("mixed", "embedded-row", [1]),
            *latency("mixed", "embedded-row", [1], load=("own", 0.8)),
        ],
    )
    assert found.changes.empty
    assert not found.passes
    assert found.warnings == (
        "cases in one directory only, which are not compared: 2 in a, 2 in b",
    )
    assert "No case is in both directories, so nothing was compared." in str(found)


def test_different_machines_and_versions_cause_warnings(tmp_path: Path) -> None:
    """A difference between machines would pass for one between commits."""
    runs = throughput("mixed", "embedded-row", BEFORE)
    other = {
        "cpu": "Other CPU",
        "apache-flink": "2.2.0",
        "settings": {**MACHINE["settings"], "seconds": 3},
    }
    found = compared(tmp_path, runs, runs, **other)
    assert found.warnings == (
        "cpu differs: Example CPU and Other CPU",
        "apache-flink differs: 2.3.0 and 2.2.0",
        "setting 'seconds' differs: 10 and 3",
    )


def test_only_options_that_change_figures_are_compared(tmp_path: Path) -> None:
    """Each directory has its own name in its commands, which says nothing about figures."""
    runs = throughput("mixed", "embedded-row", BEFORE)
    a, b = (
        write_results(tmp_path / name, runs, settings={"commands": commands})
        for name, commands in (
            ("a", ["bench --results a --seconds 2", "bench --seconds=2 --results a --warm-up 1"]),
            ("b", ["bench --repetitions 4 --results b --seconds 2"]),
        )
    )
    (warning,) = compare(a, b).warnings
    assert warning == "setting '--warm-up' differs: 1, default and default"


def test_unchanged_results_pass(tmp_path: Path) -> None:
    """Newer results say more about a run than older ones, which changes no figure."""
    runs = throughput("mixed", "embedded-row", BEFORE)
    newer = [{**run, "steady": True, "warm_up_seconds": 3.0, "other_cpus": 0.1} for run in runs]
    found = compared(tmp_path, runs, newer)
    assert found.passes
    assert not found.warnings
    assert str(found).endswith("No regression of generic-python in 2 tests.\n")


def test_case_that_only_fails_is_not_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A system that no longer runs has no figures, and so no regression."""
    kept = throughput("mixed", "embedded-batch", BEFORE)
    found = compared(
        tmp_path,
        [*kept, *throughput("mixed", "embedded-row", BEFORE)],
        [*kept, failure("mixed", "embedded-row", "the last lines")],
    )
    (case,) = found.failures
    assert case == "mixed, embedded-row, parallelism 1, saturated"
    assert str(found).endswith(f"FAILED in b, but not in a: {case}\n")
    assert (
        cli.main(["bench", "compare", *map(str, (found.a.directory, found.b.directory)), "--json"])
        == 1
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["failures"] == [case]
    assert printed["regressions"] == []


def test_directory_may_have_no_latencies(tmp_path: Path) -> None:
    """A quick look at another commit measures throughput only."""
    runs = throughput("mixed", "embedded-row", BEFORE)
    found = compared(tmp_path, [*runs, *latency("mixed", "embedded-row", BEFORE)], runs)
    assert list(found.changes["measure"]) == ["rows/s", "CPU s / 1M rows"]
    assert found.warnings == (
        "cases in one directory only, which are not compared: 1 in a, 0 in b",
    )


def test_different_offered_rates_cause_a_warning(tmp_path: Path) -> None:
    """Higher latency at twice the rate is not a regression of the code."""
    found = compared(
        tmp_path,
        latency("mixed", "embedded-row", BEFORE),
        latency("mixed", "embedded-row", BEFORE, offered_rows_per_second=1200.0),
    )
    (warning,) = found.warnings
    assert warning.startswith("1 latency cases were offered rates that differ by more than 10%")


def test_text_ends_with_the_regressions(tmp_path: Path) -> None:
    """In a terminal, people read the last lines first."""
    after = [each / 2 for each in BEFORE]
    text = str(
        compared(
            tmp_path,
            [*throughput("mixed", "embedded-row", BEFORE), *throughput("mixed", "java", BEFORE)],
            [*throughput("mixed", "embedded-row", after), *throughput("mixed", "java", BEFORE)],
        )
    )
    assert "4 comparisons: 2 regressions, 0 improvements, 2 without a verdict" in text
    assert "in up to 0.200 of 4 tests" in text
    regressions = text[text.index("Regressions of generic-python: 2") :]
    assert "-50.0 %" in regressions
    assert "+100.0 %" in regressions
    assert "java" not in regressions
