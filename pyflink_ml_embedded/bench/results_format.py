# SPDX-License-Identifier: Apache-2.0
"""The format of a results directory, which ``measure`` writes and ``report`` reads."""

from __future__ import annotations

__all__ = ["EXCLUSIONS", "LOADS", "MACHINE", "PERCENTILES", "RUNS", "SHARES", "WORKLOADS"]

MACHINE = "machine.json"
"""The machine, versions and settings: an object."""

WORKLOADS = "workloads.json"
"""The workloads, with the same rows for all contenders: an array of objects."""

EXCLUSIONS = "exclusions.json"
"""Contenders that cannot run a workload, with the reason: an array of objects."""

RUNS = "runs.jsonl"
"""A run on each line: its figures, or the error that ended it."""

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}
"""The percentiles of a latency, which also has a ``max``."""

LOADS = ("slowest", "own")
"""Latency is measured at shares of the slowest contender's maximum and of the contender's own."""

SHARES = (0.1, 0.5, 0.8)
"""The shares of a maximum."""
