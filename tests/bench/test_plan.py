# SPDX-License-Identifier: Apache-2.0
"""The order of the runs, and the loads of the paced ones."""

from pyflink_ml_embedded.bench.measure.plan import Case, loads_of, turns


def test_contenders_of_a_workload_alternate_in_an_order_that_rotates():
    """Otherwise the last contender would always run on a hotter machine."""
    cases = [Case("a", "java", 1), Case("b", "java", 1), Case("a", "thread", 1)]
    order = [(repetition, case.workload, case.contender) for repetition, case in turns(cases, 2)]
    assert order == [
        (0, "a", "java"),
        (0, "a", "thread"),
        (0, "b", "java"),
        (1, "a", "thread"),
        (1, "a", "java"),
        (1, "b", "java"),
    ]


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
    assert [(load, share, round(rate)) for load, share, rate in loads] == [
        ("slowest", 0.1, 10),
        ("slowest", 0.5, 50),
        ("slowest", 0.8, 80),
        ("own", 0.1, 100),
        ("own", 0.5, 500),
        ("own", 0.8, 800),
    ]


def test_contender_without_throughput_has_no_loads():
    """A load is a share of a measured maximum."""
    assert loads_of(Case("a", "thread", 1), [_run("java", 900.0)]) == []
