# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a run."""

from statistics import median
from typing import Any

from .log import Log

GROWTH = {"rss_mb": 200, "threads": 40, "descriptors": 40}
"""How much the TaskManager that is spared may grow after the first third of a run."""


def verdict(log: Log) -> list[str]:
    """Returns the problems of a run, none if it has passed."""
    problems = [f"{error['kind']} did not run: {error['text']}" for error in log.of("error")]
    for job in log.of("job"):
        if job["lost"] or job["doubled"]:
            problems.append(
                f"{job['kind']} at {job['began']} s: {job['lost']} results of"
                f" {job['rows_in']} rows were lost, {job['doubled']} were doubled or wrong"
            )
    spared = [sample for sample in log.of("sample") if sample["spared"]]
    if len({sample["pid"] for sample in spared}) > 1:
        problems.append("the TaskManager that is spared has ended")
    for name, (before, after) in growth(spared).items():
        if after - before > GROWTH[name]:
            problems.append(f"{name} has grown from {before} to {after}")
    return problems


def growth(samples: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Returns the medians in the second and in the last sixth of a run, by resource."""
    part = max(len(samples) // 6, 1)
    early, late = samples[part : 2 * part] or samples, samples[-part:]
    return {
        name: (median(s[name] for s in early), median(s[name] for s in late)) for name in GROWTH
    }
