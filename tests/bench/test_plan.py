# SPDX-License-Identifier: Apache-2.0
"""The order of the runs, and the loads of the paced ones."""

import pytest

from pyflink_ml_embedded.bench.measure.plan import (
    Case,
    loads_of,
    reason_to_leave_out,
    sessions,
    with_floors,
)


def test_contenders_alternate_in_an_order_that_rotates():
    """Otherwise the last contender would always run on a hotter machine."""
    cases = [
        Case("mixed", "java", 1),
        Case("mixed", "java", 2),
        Case("json_100", "java", 1),
        Case("mixed", "thread", 1),
    ]
    first, second = (
        [found for repetition, found in sessions(cases, 2) if repetition == number]
        for number in (0, 1)
    )
    assert first == [cases[:3], cases[3:]]
    assert second == [cases[3:], [cases[2], *cases[:2]]]


def test_measure_whose_cases_are_all_left_out_has_no_sessions():
    """The latency of doubles_8 alone is not measured."""
    assert list(sessions([], 2)) == []


def test_floors_are_those_of_the_ways_of_calling():
    """A latency is judged by what Flink takes to call a function that does nothing."""
    assert with_floors(["embedded-row"]) == ["embedded-row", "java"]
    assert with_floors(["http", "java"]) == ["http", "java", "java-async"]
    assert with_floors(["process-row", "loop-row"]) == ["process-row", "loop-row"]


@pytest.mark.parametrize(
    ("case", "measure", "reason"),
    [
        (Case("doubles_1", "embedded-row", 4), "throughput", None),
        (Case("own", "embedded-batch-16", 1), "throughput", None),
        (Case("own", "embedded-row", 2), "throughput", None),
        (Case("own", "process-row", 1), "latency", None),
        (Case("doubles_8", "embedded-row", 1), "throughput", None),
        (Case("onnx_lr", "embedded-row-python", 1), "throughput", None),
        (Case("doubles_8", "embedded-row", 2), "throughput", "parallelism is compared on"),
        (Case("doubles_8", "embedded-row", 1), "latency", "latency is measured on"),
        (Case("doubles_8", "embedded-batch-16", 1), "throughput", "sizes of batches"),
        (Case("doubles_8", "worker-row", 1), "throughput", "what this way adds to a row"),
        (Case("doubles_8", "process-row", 1), "throughput", None),
        (Case("doubles_1", "embedded-batch-16", 2), "throughput", "at parallelism 1"),
        (Case("own", "http", 2), "throughput", "at parallelism 1"),
        (Case("doubles_1", "process-row-throughput", 1), "latency", "large bundles wait"),
    ],
)
def test_cases_that_do_not_inform_a_decision_are_left_out(case, measure, reason):
    """A run of all cases would take more than a day."""
    found = reason_to_leave_out(case, measure)
    assert found is None if reason is None else reason in found


def _run(contender, speed, **other):
    run = {"workload": "a", "contender": contender, "parallelism": 1, "rows_per_second": speed}
    return {**run, **other}


def test_loads_are_shares_of_the_slowest_and_of_their_own_maximum():
    """Contenders are compared at a load that all sustain, and also measured at their own."""
    runs = [
        _run("java", 900.0),
        _run("java", 1000.0),
        _run("java", 1100.0),
        _run("process-row", 100.0),
        _run("loop-row", 1.0),
        _run("thread", 1.0, workload="b"),
        {"workload": "a", "contender": "http", "parallelism": 1, "error": "no server"},
    ]
    loads = loads_of(Case("a", "java", 1), runs)
    assert loads == [
        ("slowest", 0.1, pytest.approx(10)),
        ("slowest", 0.5, pytest.approx(50)),
        ("slowest", 0.8, pytest.approx(80)),
        ("own", 0.1, None),  # of what the job measures
        ("own", 0.5, None),
        ("own", 0.8, None),
    ]


def test_systems_of_others_have_no_loads_of_their_own():
    """How generic-python degrades at its own limit is of interest, and so is Flink's part in it."""
    runs = [_run("java", 1000.0), _run("process-row", 100.0)]
    loads = loads_of(Case("a", "process-row", 1), runs)
    assert [load.name for load in loads] == ["slowest"] * 3


def test_contender_without_throughput_has_no_loads():
    """A load is a share of a measured maximum."""
    assert loads_of(Case("a", "thread", 1), [_run("java", 900.0)]) == []
