# SPDX-License-Identifier: Apache-2.0
"""The README and the plot of a run."""

import os
import platform
from collections import Counter
from itertools import groupby
from pathlib import Path

from pyflink_ml_embedded.bench.report.figures import figure_of, svg_of

from .log import Log
from .verdict import GROWTH, growth

_LABELS = {"rss_mb": "Resident memory (MB)", "threads": "Threads", "descriptors": "Descriptors"}


def write_report(directory: Path, log: Log) -> None:
    """Writes README.md and resources.svg."""
    (directory / "resources.svg").write_text(_plot(log))
    (directory / "README.md").write_text(_readme(log))


def _plot(log: Log) -> str:
    samples = sorted(log.of("sample"), key=lambda sample: (sample["pid"], sample["seconds"]))
    with figure_of(len(_LABELS), height=2.8) as (figure, panels):
        for axes, (name, label) in zip(panels, _LABELS.items(), strict=True):
            for _, group in groupby(samples, key=lambda sample: sample["pid"]):
                of_process = list(group)
                spared = of_process[0]["spared"]
                axes.plot(
                    [sample["seconds"] / 60 for sample in of_process],
                    [sample[name] for sample in of_process],
                    color="#d55e00" if spared else "#0072b2",
                    linewidth=2 if spared else 1,
                )
            for fault in log.of("fault"):
                axes.axvline(fault["seconds"] / 60, ymax=0.03, color="#1c1f24", linewidth=0.8)
            axes.set_title(label, loc="left")
            axes.set_xlabel("Minutes")
            axes.set_ylim(bottom=0)
        return svg_of(figure, "resources")


def _readme(log: Log) -> str:
    start, jobs = log.of("start")[0], log.of("job")
    problems = log.of("verdict")[0]["problems"]
    text = [
        "# Jobs under faults",
        "",
        f"`SOAK_MINUTES={start['minutes']:g} SOAK_SEED={start['seed']} make soak` on"
        f" {os.cpu_count()} CPUs ({platform.machine()}), Linux {platform.release()},"
        f" Python {platform.python_version()}. There are two TaskManagers with two slots, and two"
        " jobs at a time: one with parallelism 3, one with 1, both with checkpoints every 300 ms."
        " `log.jsonl` has each job, fault and sample.",
        "",
        "**" + ("It failed." if problems else "It passed: no result was lost or doubled.") + "**",
        "",
        *(f"- {problem}" for problem in problems),
        *([""] if problems else []),
        "| Jobs | Number | Rows in | Rows out | Lost | Doubled or wrong |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    by_kind = sorted(jobs, key=lambda job: job["kind"])
    for kind, group in groupby(by_kind, key=lambda job: job["kind"]):
        of_kind = list(group)
        counts = [
            sum(job[name] for job in of_kind) for name in ("rows_in", "rows_out", "lost", "doubled")
        ]
        cells = [kind, len(of_kind), *(f"{count:,}" for count in counts)]
        text.append("| " + " | ".join(map(str, cells)) + " |")
    text += ["", "| Fault | Times |", "| --- | --- |"]
    faults = Counter(fault["name"] for fault in log.of("fault"))
    text += [f"| {name} | {times} |" for name, times in sorted(faults.items())]
    text += [
        "",
        "The TaskManager that no fault ends, in the second and in the last sixth of the run:",
        "",
        "| Resource | Before | After | Largest growth allowed |",
        "| --- | --- | --- | --- |",
    ]
    spared = [sample for sample in log.of("sample") if sample["spared"]]
    for name, (before, after) in growth(spared).items():
        text.append(f"| {_LABELS[name]} | {before:g} | {after:g} | {GROWTH[name]} |")
    text += [
        "",
        "![Resident memory, threads and descriptors over time](resources.svg)",
        "",
        "Orange is the TaskManager that is spared, blue are those that were killed or crashed."
        " Marks along the axis are faults.",
    ]
    return "\n".join(text) + "\n"
