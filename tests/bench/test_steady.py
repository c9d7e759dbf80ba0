# SPDX-License-Identifier: Apache-2.0
"""Rates and latencies of a job, from the reports of its source and sink."""

import json

import numpy as np
import pytest

from pyflink_ml_embedded.bench.measure.steady import (
    all_emit_since,
    first_arrival,
    read_latencies,
    rows_at,
    steady_since,
    whole_window,
    window_between,
)

SECOND = 1_000_000_000


def write_source(report, subtask, first):
    """Writes the report of a source."""
    source = {"first_nanos": first, "paces": []}
    (report / f"source-{subtask}.json").write_text(json.dumps(source))


def write_pairs(report, name, pairs):
    """Writes the pairs of a sink."""
    np.array(pairs, "<i8").tofile(report / name)


def rows_over_time(rates):
    """Returns samples at each tenth of a second, with a rate in rows per second for each."""
    times = np.arange(len(rates) + 1) * SECOND // 10
    return list(zip(times, 1 + np.cumsum([0, *rates]) // 10, strict=True))


def test_rows_are_those_of_all_sinks_at_each_moment(tmp_path):
    """Between two samples, rows arrive evenly; behind the last one, none do."""
    assert rows_at(tmp_path, [0, 5]).tolist() == [0, 0]
    write_pairs(tmp_path, "sink-0.samples", [(0, 0), (10, 100)])
    write_pairs(tmp_path, "sink-1.samples", [(0, 0), (20, 10)])

    assert rows_at(tmp_path, [0, 5, 10, 30]).tolist() == [0, 52.5, 105, 110]


def test_window_leaves_out_the_warm_up_and_the_drain(tmp_path):
    """Slow rows at the start and a burst at the end would change the rate."""
    rows = rows_over_time([10] * 15 + [1000] * 25 + [100_000])
    write_pairs(tmp_path, "sink-0.samples", rows)
    window = window_between(tmp_path, 1.5 * SECOND, 4 * SECOND)
    assert window.start >= 1.5 * SECOND
    assert window.end == 4 * SECOND
    assert window.rows / window.seconds == pytest.approx(1000)


def test_rows_that_arrive_in_bundles_are_counted_from_bundle_to_bundle(tmp_path):
    """A window that cuts through the wait for a bundle, or through one, would be wrong by it."""
    bundles = []
    for second in range(1, 11):
        bundles += [
            (second * SECOND, 1000 * second - 700),
            (second * SECOND + SECOND // 100, 1000 * second - 100),
            (second * SECOND + SECOND // 50, 1000 * second),
        ]
    write_pairs(tmp_path, "sink-0.samples", bundles)
    window = window_between(tmp_path, 2.01 * SECOND, 9.9 * SECOND)
    assert (window.start, window.end) == (3 * SECOND, 9 * SECOND)
    assert window.rows / window.seconds == 1000


def test_stall_is_part_of_the_window(tmp_path):
    """A collection of garbage is not a gap between bundles."""
    rows = [row for row in rows_over_time([1000] * 50) if not 2 < row[0] / SECOND < 3]
    write_pairs(tmp_path, "sink-0.samples", rows)
    assert window_between(tmp_path, SECOND, 5 * SECOND).seconds == pytest.approx(3.9)


def test_subtasks_are_added_up_while_all_of_them_run(tmp_path):
    """The rate of a job is the sum of its subtasks while all are warm."""
    write_source(tmp_path, 0, 0)
    write_source(tmp_path, 1, SECOND)
    assert all_emit_since(tmp_path) == SECOND
    times = [tenth * SECOND // 10 for tenth in range(51)]
    write_pairs(tmp_path, "sink-0.samples", [(time, time // 10**7) for time in times])
    write_pairs(tmp_path, "sink-1.samples", [(time, 2 * time // 10**7) for time in times])
    window = window_between(tmp_path, 2 * SECOND, 4 * SECOND)
    assert (window.start, window.end) == (21 * SECOND // 10, 4 * SECOND)
    assert window.rows / window.seconds == pytest.approx(300)


def test_too_few_rows_have_no_window(tmp_path):
    """A rate needs some bundles."""
    assert window_between(tmp_path, 0, 9 * SECOND) is None
    bundles = [(second * SECOND, 1000 * second) for second in range(6)]
    write_pairs(tmp_path, "sink-0.samples", bundles[:5])
    assert window_between(tmp_path, 0, 9 * SECOND) is None
    write_pairs(tmp_path, "sink-0.samples", bundles)
    assert window_between(tmp_path, 0, 9 * SECOND) is not None


def test_whole_job_lasts_from_its_first_result_to_its_last(tmp_path):
    """A job of a few rows must have a rate, however slow the machine is."""
    write_pairs(tmp_path, "sink-0.samples", [(SECOND, 1), (3 * SECOND, 30)])
    write_pairs(tmp_path, "sink-1.samples", [(2 * SECOND, 34)])
    window = whole_window(tmp_path)
    assert (window.rows, window.seconds) == (64, 2)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([1000] * 30, 1.5),
        ([100] * 15 + [1000] * 15, 1.5),
        ([1000] * 15, None),  # too early
        (list(range(100, 3100, 100)), None),  # the compiler is at work
        ([600, 1400] * 15, 1.5),  # noise
        ([1000] * 25 + [2000] * 5, None),
    ],
)
def test_rate_is_steady_since_its_slope_is_flat(rates, expected, tmp_path):
    """A window in the warm-up would measure the compiler."""
    write_pairs(tmp_path, "sink-0.samples", rows_over_time(rates))
    start = None if expected is None else expected * SECOND
    assert steady_since(tmp_path, 1.5) == start


def test_longer_windows_must_be_steady_as_a_whole(tmp_path):
    """The window that is measured is the one that is tested."""
    write_pairs(tmp_path, "sink-0.samples", rows_over_time([100] * 15 + [1000] * 15))
    assert steady_since(tmp_path, 1.0) == 2 * SECOND
    assert steady_since(tmp_path, 2.0) is None


def test_rate_of_rare_bundles_is_steady_after_some(tmp_path):
    """A slow model emits a batch every few seconds, and most parts of a second have no rows."""
    bundles = [(2 * second * SECOND, 1000 * second) for second in range(1, 8)]
    write_pairs(tmp_path, "sink-0.samples", bundles[:6])
    assert steady_since(tmp_path, 1.5) is None
    write_pairs(tmp_path, "sink-0.samples", bundles)
    since = steady_since(tmp_path, 1.5)
    assert since == 6 * SECOND
    assert window_between(tmp_path, since, 14 * SECOND).rows == 3000


def test_job_without_results_yet_is_not_steady(tmp_path):
    """The reports are read from the start of the job on."""
    assert first_arrival(tmp_path) is None
    (tmp_path / "sink-0.samples").write_bytes(b"\0" * 15)
    assert first_arrival(tmp_path) is None
    assert steady_since(tmp_path, 1.5) is None


def test_latency_counts_from_when_a_row_was_due(tmp_path):
    """Rows belong to the load at which they were due, not to that at which they arrived."""
    write_source(tmp_path, 0, 0)
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
    write_source(tmp_path, 0, 0)
    write_pairs(tmp_path, "sink-0.latencies", [(0, 9)])
    with pytest.raises(ValueError, match="no rows arrived at load 1"):
        read_latencies(tmp_path, [(0, SECOND), (SECOND, 2 * SECOND)])
