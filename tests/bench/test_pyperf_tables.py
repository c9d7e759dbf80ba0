"""The tables of what pyperf measured."""

import pyperf
from pyperf_tables import pyperf_tables


def benchmark(name, seconds, cells):
    """Returns what pyperf would have kept of three values."""
    metadata = {"name": name, "cells": cells}
    return pyperf.Benchmark([pyperf.Run(seconds, metadata=metadata, collect_metadata=False)])


def tables_of(directory, *benchmarks):
    """Returns the tables of a file of these benchmarks."""
    file = directory / "pyperf.json"
    pyperf.BenchmarkSuite(benchmarks).dump(str(file))
    return pyperf_tables(file)


def test_conversions_are_told_by_the_cell(tmp_path):
    """Workloads differ in size; what a reader knows is the number of cells."""
    found = tables_of(
        tmp_path,
        benchmark("from Arrow: INT: embedded", [1e-6, 2e-6, 3e-6], 100),
        benchmark("from Arrow: INT: to_pylist", [40e-6, 40e-6, 40e-6], 100),
        benchmark("from Arrow: INT: to_numpy().tolist()", [3e-6, 3e-6, 5e-6], 100),
        benchmark("from Arrow: INT: pyflink Row", [1e-9, 1e-9, 1e-9], 100),
        benchmark("to Arrow: INT: embedded", [2e-6, 2e-6, 2e-6], 100),
        benchmark("to Arrow: INT: embedded as batch", [1e-9, 1e-9, 1e-9], 100),
        benchmark("to Arrow: INT: from_pylist", [1e-6, 1e-6, 1e-6], 100),
    )
    assert found == "\n".join(
        [
            "### from Arrow",
            "",
            "| columns | embedded, ns a cell | fastest other way | it, ns a cell | it / embedded "
            "| to_pylist / embedded |",
            "| --- | --: | --: | --: | --: | --: |",
            "| INT | 20.0 (15.0..25.0) | `to_numpy().tolist()` | 30.0 (30.0..40.0) | 1.50 "
            "| 20.00 |",
            "",
            "### to Arrow",
            "",
            "| columns | embedded, ns a cell | fastest other way | it, ns a cell | it / embedded "
            "| from_pylist / embedded |",
            "| --- | --: | --: | --: | --: | --: |",
            "| INT | 20.0 (20.0..20.0) | `from_pylist` | 10.0 (10.0..10.0) | 0.50 | 0.50 |",
        ]
    )


def test_steps_are_told_by_the_batch(tmp_path):
    """Most of a step's cost does not depend on the number of rows."""
    found = tables_of(
        tmp_path,
        benchmark("batch in: 16 rows: embedded", [2e-6, 2e-6, 2e-6], 512),
        benchmark("batch in: 16 rows: from_arrays", [3e-6, 3e-6, 3e-6], 512),
        benchmark("batch in and out: 16 rows: embedded", [7e-6, 8e-6, 9e-6], 544),
    )
    assert found == "\n".join(
        [
            "### steps of a batch",
            "",
            "| step | embedded, us a batch | fastest other way | it, us a batch | it / embedded |",
            "| --- | --: | --: | --: | --: |",
            "| batch in, 16 rows | 2.0 (2.0..2.0) | `from_arrays` | 3.0 (3.0..3.0) | 1.50 |",
            "| batch in and out, 16 rows | 8.0 (7.5..8.5) |  |  |  |",
        ]
    )
