# SPDX-License-Identifier: Apache-2.0
"""Rates and latencies of a job, from the reports of its source and sink."""

import json

import numpy as np
import pytest

from pyflink_ml_embedded.bench.measure.steady import (
    arrivals_since,
    first_arrival,
    is_steady,
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
    window = steady_window(tmp_path, 1.5 * SECOND)
    assert (window.rows, window.seconds) == (200, 2)
    assert first_arrival(tmp_path) == 0
    assert arrivals_since(tmp_path, 3 * SECOND) == 3


def test_rows_that_arrive_in_bundles_are_counted_from_bundle_to_bundle(tmp_path):
    """A window that cuts through the wait for a bundle would be wrong by a bundle."""
    write_source(tmp_path, 0, 0, 49 * SECOND // 10)
    bundles = [(second * SECOND, 1000 * second) for second in range(1, 6)]
    write_pairs(tmp_path, "sink-0.samples", bundles)
    window = steady_window(tmp_path, 1.5 * SECOND)
    assert window.rows / window.seconds == 1000


def test_subtasks_are_added_up_while_all_of_them_run(tmp_path):
    """The rate of a job is the sum of its subtasks while all are warm."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    write_source(tmp_path, 1, SECOND, 5 * SECOND)
    times = [tenth * SECOND // 10 for tenth in range(51)]
    write_pairs(tmp_path, "sink-0.samples", [(time, time // 10**7) for time in times])
    write_pairs(tmp_path, "sink-1.samples", [(time, 2 * time // 10**7) for time in times])
    window = steady_window(tmp_path, 2 * SECOND)
    assert (window.start, window.end) == (2 * SECOND, 4 * SECOND)
    assert window.rows / window.seconds == 300


def test_too_few_rows_are_an_error(tmp_path):
    """A rate needs at least two bundles."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    write_pairs(tmp_path, "sink-0.samples", [(0, 0), (2 * SECOND, 1000)])
    with pytest.raises(ValueError, match="increase --seconds"):
        steady_window(tmp_path, SECOND)


def test_whole_job_lasts_from_its_first_result_to_its_last(tmp_path):
    """A job of a few rows must have a rate, however slow the machine is."""
    write_pairs(tmp_path, "sink-0.samples", [(SECOND, 1), (3 * SECOND, 30)])
    write_pairs(tmp_path, "sink-1.samples", [(2 * SECOND, 34)])
    window = whole_window(tmp_path)
    assert (window.rows, window.seconds) == (64, 2)


def rows_over_time(rates):
    """Returns samples at each tenth of a second, with a rate in rows per second for each."""
    times = np.arange(len(rates) + 1) * SECOND // 10
    return list(zip(times, 1 + np.cumsum([0, *rates]) // 10, strict=True))


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([1000] * 30, True),
        ([100] * 15 + [1000] * 15, True),
        ([1000] * 15, False),  # too early
        (list(range(100, 3100, 100)), False),  # the compiler is at work
        ([600, 1400] * 15, True),  # noise
        ([1000] * 25 + [2000] * 5, False),
    ],
)
def test_rate_is_steady_if_its_latest_slope_is_flat(rates, expected, tmp_path):
    """A window in the warm-up would measure the compiler."""
    write_pairs(tmp_path, "sink-0.samples", rows_over_time(rates))
    assert is_steady(tmp_path) == expected


def test_rate_of_rare_bundles_is_steady_after_four(tmp_path):
    """A slow model emits a batch every few seconds, and most parts of a second have no rows."""
    bundles = [(2 * second * SECOND, 1000 * second) for second in range(1, 7)]
    write_pairs(tmp_path, "sink-0.samples", bundles[:4])
    assert not is_steady(tmp_path)
    write_pairs(tmp_path, "sink-0.samples", bundles)
    assert is_steady(tmp_path)


def test_job_without_results_yet_is_not_steady(tmp_path):
    """The reports are read from the start of the job on."""
    assert first_arrival(tmp_path) is None
    (tmp_path / "sink-0.samples").write_bytes(b"\0" * 15)
    assert first_arrival(tmp_path) is None
    assert not is_steady(tmp_path)


def test_latency_counts_from_when_a_row_was_due(tmp_path):
    """Rows belong to the load at which they were due, not to that at which they arrived."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    pairs = [(0, 9), (SECOND, 50_000), (2 * SECOND, 100), (3 * SECOND, SECOND), (5 * SECOND, 7)]
    write_pairs(tmp_path, "sink-0.latencies", pairs)
    (first, window), (second, _) = read_latencies(
        tmp_path, [(3 * SECOND // 2, 4 * SECOND), (9 * SECOND // 2, 6 * SECOND)]
    )
    assert first.tolist() == [100, SECOND]
    assert (window.rows, window.seconds) == (2, 2)
    assert second.tolist() == [7]


def test_load_without_rows_is_an_error(tmp_path):
    """A percentile of nothing would be NaN."""
    write_source(tmp_path, 0, 0, 4 * SECOND)
    write_pairs(tmp_path, "sink-0.latencies", [(0, 9)])
    with pytest.raises(ValueError, match="no rows arrived at load 1"):
        read_latencies(tmp_path, [(0, SECOND), (SECOND, 2 * SECOND)])
