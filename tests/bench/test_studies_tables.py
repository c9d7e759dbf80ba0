# SPDX-License-Identifier: Apache-2.0
"""The sections of the benchmarks that answer one question each."""

import json

import pytest
from report import write_full_report

from .reading import row, rows_under
from .synthetic import throughput, write_results


@pytest.fixture
def report(tmp_path):
    """Returns the report of a directory with some more files."""

    def of(**files):
        write_results(tmp_path, throughput("mixed", "embedded-row", [100]))
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        write_full_report(tmp_path)
        return (tmp_path / "report.md").read_text()

    return of


def _run(models, way, repetition, rate):
    return {
        "models": models,
        "way": way,
        "repetition": repetition,
        "predictions_per_second": rate,
        "cpu_seconds_per_million_predictions": 1e6 / rate,
    }


def test_two_models_are_compared_with_the_mean_of_each_alone(report):
    """The models of a pair differ, and the machine is not as fast in each repetition."""
    runs = [
        _run(["a"], "alone", 0, 100),
        _run(["a"], "alone", 1, 200),
        _run(["b"], "alone", 0, 300),
        _run(["b"], "alone", 1, 400),
        _run(["a", "b"], "two jobs", 0, 400),
        _run(["a", "b"], "two jobs", 1, 300),
    ]
    found = rows_under(report(two_models={"runs": runs}), "Two models in one TaskManager")
    assert row(found, models="b") == {
        "models": "b",
        "way": "alone",
        "predictions/s": "350 (300..400)",
        "/ alone": "1.00",
        "CPU s per million": "2,920 (2,500..3,330)",
    }
    both = row(found, models="a + b")
    assert (both["predictions/s"], both["/ alone"]) == ("350 (300..400)", "1.50 (1.00..2.00)")


def test_a_window_of_new_versions_is_compared_with_the_one_before(report):
    """The latency of all windows drifts, and the difference must not."""
    windows = [
        {"model": model, "milliseconds": {"p50": p50, "p99": 2 * p50, "max": 10 * p50}}
        for model, p50 in (("the same", 1), ("replaced", 3), ("the same", 5), ("replaced", 9))
    ]
    found = rows_under(report(reload={"windows": windows}), "Hot reload")
    assert row(found, model="replaced")["p50, ms"] == "6.00 (3.00..9.00)"
    assert row(found, model="difference")["p99, ms"] == "6.00 (4.00..8.00)"


def test_what_was_not_run_has_no_section(report):
    """An empty table would be read as a failure."""
    text = report()
    assert "Two models" not in text
    assert "Hot reload" not in text
