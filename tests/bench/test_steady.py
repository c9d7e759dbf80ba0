# SPDX-License-Identifier: Apache-2.0
"""Rates and latencies of a job, from the reports of its source and sink."""

import json

import numpy as np
import pytest

from pyflink_ml_embedded.bench.measure.steady import (
    first_result,
    read_latencies,
    steady_window,
    whole_window,
)

SECOND = 1_000_000_000


def write_source(report, subtask, first, last):
    """Writes the report of a source."""
    source = {"first_nanos": first, "last_nanos": last, "rows": 1}
    (report / f"source-{subtask}.json").write_text(json.dumps(source))


def write_pairs(report, name, pairs):
    """Writes the pairs of a sink."""
    np.array(pairs, "<i8").tofile(report / name)


def test_window_leaves_out_the_warm_up_and_the_drain(tmp_path):
    """Slow rows at the start and a burst at the end would change the rate."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    rows = [(0, 1), (2 * SECOND, 10), (3 * SECOND, 110), (4 * SECOND, 210), (5 * SECOND, 9999)]
    write_pairs(tmp_path, "sink-0.samples", rows)
    window = steady_window(tmp_path, warm_up=1.5)
    assert (window.rows, window.seconds) == (200, 2)
    assert first_result(tmp_path) == 0


def test_rows_that_arrive_in_bundles_are_counted_from_bundle_to_bundle(tmp_path):
    """A window that cuts through the wait for a bundle would be wrong by a bundle."""
    write_source(tmp_path, 0, 0, 49 * SECOND // 10)
    bundles = [(second * SECOND, 1000 * second) for second in range(1, 6)]
    write_pairs(tmp_path, "sink-0.samples", bundles)
    window = steady_window(tmp_path, warm_up=1.5)
    assert window.rows / window.seconds == 1000


def test_subtasks_are_added_up_while_all_of_them_run(tmp_path):
    """The rate of a job is the sum of its subtasks while all are warm."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    write_source(tmp_path, 1, SECOND, 5 * SECOND)
    times = [tenth * SECOND // 10 for tenth in range(51)]
    write_pairs(tmp_path, "sink-0.samples", [(time, time // 10**7) for time in times])
    write_pairs(tmp_path, "sink-1.samples", [(time, 2 * time // 10**7) for time in times])
    window = steady_window(tmp_path, warm_up=1)
    assert (window.start, window.end) == (2 * SECOND, 4 * SECOND)
    assert window.rows / window.seconds == 300


def test_too_few_rows_are_an_error(tmp_path):
    """A rate needs at least two bundles."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    write_pairs(tmp_path, "sink-0.samples", [(0, 0), (2 * SECOND, 1000)])
    with pytest.raises(ValueError, match="increase --seconds"):
        steady_window(tmp_path, warm_up=1)


def test_whole_job_lasts_from_its_first_result_to_its_last(tmp_path):
    """A job of a few rows must have a rate, however slow the machine is."""
    write_pairs(tmp_path, "sink-0.samples", [(SECOND, 1), (3 * SECOND, 30)])
    write_pairs(tmp_path, "sink-1.samples", [(2 * SECOND, 34)])
    window = whole_window(tmp_path)
    assert (window.rows, window.seconds) == (64, 2)


def test_latency_counts_from_when_a_row_was_due(tmp_path):
    """The warm-up excludes rows by the time they were due, not by their arrival."""
    pairs = [(0, 9), (SECOND, 50_000), (2 * SECOND, 100), (3 * SECOND, SECOND)]
    write_pairs(tmp_path, "sink-0.latencies", pairs)
    nanos, window = read_latencies(tmp_path, warm_up=1.5)
    assert nanos.tolist() == [100, SECOND]
    assert (window.rows, window.seconds) == (2, 2)
