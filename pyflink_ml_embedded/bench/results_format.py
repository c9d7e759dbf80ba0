"""The files of a results directory, which measuring writes and reporting reads."""

from __future__ import annotations

__all__ = ["EXCLUSIONS", "MACHINE", "PERCENTILES", "RUNS", "WORKLOADS"]

MACHINE = "machine.json"
"""Where and how it was measured: an object."""

WORKLOADS = "workloads.json"
"""The rows that all contenders get: an array of objects."""

EXCLUSIONS = "exclusions.json"
"""Contenders that cannot run a workload, with the reason: an array of objects."""

RUNS = "runs.jsonl"
"""A run on each line: what was measured, or the error that ended it."""

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}
"""Of a latency, which also has a ``max``."""
