# SPDX-License-Identifier: Apache-2.0
"""The tables of the pyperf results."""

import pyperf
from micro_tables import pyperf_tables


def benchmark(name, seconds, cells):
    """Returns a benchmark of three values in the format of pyperf."""
    metadata = {"name": name, "cells": cells}
    return pyperf.Benchmark([pyperf.Run(seconds, metadata=metadata, collect_metadata=False)])


def tables_of(directory, *benchmarks):
    """Returns the table rows for a file of these benchmarks, by title."""
    file = directory / "pyperf.json"
    pyperf.BenchmarkSuite(benchmarks).dump(str(file))
    return {
        title: table.fillna("-").reset_index().to_dict("records")
        for title, table in pyperf_tables(file).items()
    }


def test_conversions_are_reported_per_cell(tmp_path):
    """Workloads differ in size, and readers compare the time per cell."""
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
    assert found == {
        "from Arrow": [
            {
                "columns": "INT",
                "embedded, ns a cell": "20.0 (15.0..25.0)",
                "fastest alternative": "to_numpy().tolist()",
                "alternative, ns a cell": "30.0 (30.0..40.0)",
                "alternative / embedded": "1.50",
                "to_pylist / embedded": "20.00",
            }
        ],
        "to Arrow": [
            {
                "columns": "INT",
                "embedded, ns a cell": "20.0 (20.0..20.0)",
                "fastest alternative": "from_pylist",
                "alternative, ns a cell": "10.0 (10.0..10.0)",
                "alternative / embedded": "0.50",
                "from_pylist / embedded": "0.50",
            }
        ],
    }


def test_steps_are_reported_per_batch(tmp_path):
    """Most of a step's cost does not depend on the number of rows."""
    found = tables_of(
        tmp_path,
        benchmark("batch in: 16 rows: embedded", [2e-6, 2e-6, 2e-6], 512),
        benchmark("batch in: 16 rows: from_arrays", [3e-6, 3e-6, 3e-6], 512),
        benchmark("batch in and out: 16 rows: embedded", [7e-6, 8e-6, 9e-6], 544),
    )
    assert found == {
        "steps of a batch": [
            {
                "step": "batch in, 16 rows",
                "embedded, us a batch": "2.0 (2.0..2.0)",
                "fastest alternative": "from_arrays",
                "alternative, us a batch": "3.0 (3.0..3.0)",
                "alternative / embedded": "1.50",
            },
            {
                "step": "batch in and out, 16 rows",
                "embedded, us a batch": "8.0 (7.5..8.5)",
                "fastest alternative": "-",
                "alternative, us a batch": "-",
                "alternative / embedded": "-",
            },
        ]
    }
