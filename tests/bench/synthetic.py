# SPDX-License-Identifier: Apache-2.0
"""Results directories with known numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MACHINE: dict[str, Any] = {
    "time": "2026-01-02T03:04:05+00:00",
    "commit": "0123456789abcdef",
    "uncommitted_changes": [],
    "cpu": "Example CPU",
    "cpus": 2,
    "memory_bytes": 8_000_000_000,
    "load_average": [0.1, 0.2, 0.3],
    "system": "Linux-6.1",
    "java": ["openjdk 17.0.10"],
    "python": "3.11.7",
    "python_cflags": "-O3",
    "pyflink_ml_embedded": "0.1.0",
    "apache-flink": "2.3.0",
    "settings": {"repetitions": 3, "seconds": 10, "warm_up_seconds": 5, "arguments": []},
}


def workload(name: str) -> dict[str, Any]:
    """Returns an entry of workloads.json."""
    return {
        "name": name,
        "title": f"the title of {name}",
        "input": "x DOUBLE",
        "output": "y DOUBLE",
        "columns": 1,
        "row_bytes": 10.5,
    }


def throughput(
    workload: str, contender: str, rates: Iterable[float], **values: Any
) -> list[dict[str, Any]]:
    """Returns a run for each rate, in rows per second, from repetition 0 on."""
    return [
        {
            "kind": "throughput",
            "workload": workload,
            "contender": contender,
            "parallelism": 1,
            "repetition": repetition,
            "rows": int(rate * 10),
            "seconds": 10.0,
            "rows_per_second": rate,
            "cpu_seconds_per_million_rows": 1e6 / rate,
            "peak_bytes": 1_000_000_000,
            "first_row_seconds": {"cold": 2.0, "warm": 1.0},
            **values,
        }
        for repetition, rate in enumerate(rates)
    ]


def latency(
    workload: str,
    contender: str,
    p50s: Iterable[float],
    load: tuple[str, float] = ("slowest", 0.5),
    **values: Any,
) -> list[dict[str, Any]]:
    """Returns a run for each p50, in microseconds; p90 is 2, p99 3, p99.9 4 and max 5 times it."""
    return [
        {
            "kind": "latency",
            "workload": workload,
            "contender": contender,
            "parallelism": 1,
            "repetition": repetition,
            "load": load[0],
            "share": load[1],
            "offered_rows_per_second": 1000.0,
            "rows_per_second": 1000.0,
            "rows": 20_000,
            "microseconds": {
                "p50": p50,
                "p90": 2 * p50,
                "p99": 3 * p50,
                "p99.9": 4 * p50,
                "max": 5 * p50,
            },
            **values,
        }
        for repetition, p50 in enumerate(p50s)
    ]


def failure(workload: str, contender: str, error: str) -> dict[str, Any]:
    """Returns a throughput run of repetition 0 that failed."""
    return {
        "kind": "throughput",
        "workload": workload,
        "contender": contender,
        "parallelism": 1,
        "repetition": 0,
        "error": error,
    }


def write_results(
    directory: Path,
    runs: Iterable[dict[str, Any]],
    exclusions: Iterable[dict[str, Any]] = (),
    **machine: Any,
) -> Path:
    """Writes and returns a results directory with these runs and their workloads."""
    runs = list(runs)
    names = dict.fromkeys(run["workload"] for run in runs)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("machine.json", {**MACHINE, **machine}),
        ("workloads.json", [workload(name) for name in names]),
        ("exclusions.json", list(exclusions)),
    ):
        (directory / name).write_text(json.dumps(content))
    (directory / "runs.jsonl").write_text("".join(f"{json.dumps(run)}\n" for run in runs))
    return directory
