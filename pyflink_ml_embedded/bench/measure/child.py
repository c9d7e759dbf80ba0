# SPDX-License-Identifier: Apache-2.0
"""Performs the cases of a task one after the other, in this process."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contenders import CONTENDERS
from ..results_format import PERCENTILES
from .check import check
from .counting import mean_rows, read_batches
from .loop import Loop
from .steady import (
    first_arrival,
    read_latencies,
    read_paces,
    steady_since,
    whole_window,
    window_between,
)
from .usage import Usage, busy_seconds
from .workload import Workload, load, save_expected

if TYPE_CHECKING:
    from .job import Job

__all__ = ["Task", "TaskCase", "perform"]

_CHECKED_ROWS = 256  # of a job, because PyFlink takes milliseconds to collect a row
_POLL_SECONDS = 0.05
_LONGEST = 120_000_000_000  # nanoseconds that a slow model may need for its batches
# Nanoseconds.
_LATENCY_WARM_UP = 2_500_000_000  # with as many rows as the job accepts, before the paced ones
_SETTLE = 1_000_000_000  # of each pace, before it is measured
_LONG = "86400"  # seconds


@dataclass(frozen=True)
class TaskCase:
    """A workload to run.

    Attributes:
        workload: the directory of the workload.
        parallelism: the parallelism of the job.
        loads: for latency, the fields of each ``Load``.
    """

    workload: str
    parallelism: int
    loads: Sequence[tuple[str, float, float | None]] = ()


@dataclass(frozen=True)
class Task:
    """The task of a process.

    Attributes:
        kind: ``expect`` saves the results of the model without Flink; ``throughput`` and
            ``latency`` measure.
        contender: a key of ``CONTENDERS``.
        cases: the workloads, which share a JVM.
        seconds: measured seconds of each job, or of each pace.
        warm_up: the most seconds to wait for a steady rate.
        rows: number of rows of each job, which makes it a check, not a measurement.
        is_checked: whether results are compared with those of the model without Flink.
        jars: the jars of the benchmark and of ONNX Runtime.
        options: more options of the model of embedded-batch.
    """

    kind: str
    contender: str
    cases: Sequence[TaskCase]
    seconds: float
    warm_up: float
    rows: int | None
    is_checked: bool
    jars: Sequence[str]
    options: dict[str, str]

    @classmethod
    def from_json(cls, text: str) -> Task:
        """Reads the JSON text of a task's dictionary."""
        values = json.loads(text)
        return cls(**{**values, "cases": [TaskCase(**case) for case in values["cases"]]})


def perform(task: Task) -> Iterator[Any]:
    """Yields the findings on each case."""
    if task.kind == "expect":
        for case in task.cases:
            workload = load(case.workload)
            save_expected(workload, _open_loop(workload, task.contender).collect())
            yield workload.describe()
    elif CONTENDERS[task.contender].way == "loop":
        for case in task.cases:
            yield _measure_loop(task, load(case.workload))
    else:
        with _Jobs(task) as jobs:
            for case in task.cases:
                yield jobs.measure(case)


def _open_loop(workload: Workload, contender: str) -> Loop:
    return Loop(workload, CONTENDERS[contender].most_rows or 0)


def _measure_loop(task: Task, workload: Workload) -> dict[str, Any]:
    loop = _open_loop(workload, task.contender)
    check(loop.collect(), workload.expected(), workload.outputs.names)
    if task.rows is None:
        loop.run(task.seconds / 2)
    busy, used = busy_seconds(), time.process_time()
    rows, seconds = loop.run(task.seconds if task.rows is None else 0, task.rows or 1)
    used, busy = time.process_time() - used, busy_seconds() - busy
    return {
        **_speed(rows, seconds, used),
        "other_cpus": max(0.0, (busy - used) / seconds),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "first_row_seconds": None,
        "mean_batch_rows": None,
    }


def _speed(rows: float, seconds: float, cpu_seconds: float) -> dict[str, float]:
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": rows / seconds,
        "cpu_seconds_per_million_rows": cpu_seconds / rows * 1e6,
    }


class _Jobs:
    """The jobs of a task, in a JVM of their own. A context."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._reports = 0
        self._opened: dict[str, Job] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Jobs:
        from ...table import provider_jar
        from .flink import Compiler, create_environment  # starts the JVM

        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._batches = self._directory / "batches"
        self._usage = self._stack.enter_context(Usage())
        jars = [provider_jar(), *map(Path, self._task.jars)]
        options = CONTENDERS[self._task.contender].options
        slots = max(case.parallelism for case in self._task.cases)
        self._environment = create_environment(jars, slots, options)
        self._compiler = Compiler()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def measure(self, case: TaskCase) -> Any:
        """Measures a case; returns the findings."""
        workload = load(case.workload)
        is_new = case.workload not in self._opened
        job = self._open(workload)
        if self._task.kind == "latency":
            found: Any = self._measure_latency(job, case)
        else:
            found = self._measure_throughput(job, case)
        if is_new and self._task.is_checked:
            self._check(job, workload)
        return found

    def _open(self, workload: Workload) -> Job:
        from .job import Job
        from .server import model_server

        if workload.directory not in self._opened:
            url = ""
            if self._task.contender == "http":
                url = self._stack.enter_context(model_server(workload.directory))
            self._opened[workload.directory] = Job(
                self._environment,
                self._task.contender,
                workload,
                url,
                self._batches,
                self._task.options,
            )
        return self._opened[workload.directory]

    def _check(self, job: Job, workload: Workload) -> None:
        if self._task.contender not in ("java", "java-async"):
            rows = min(_CHECKED_ROWS, self._task.rows or _CHECKED_ROWS)
            expected = workload.expected()[:rows]
            check(job.collect(len(expected)), expected, workload.outputs.names)
            read_batches(self._batches)

    def _measure_throughput(self, job: Job, case: TaskCase) -> dict[str, Any]:
        report = self._new_report()
        submitted = time.monotonic_ns()
        if self._task.rows is None:
            start, end, steady = self._run_steady(job, report, case.parallelism)
            window = window_between(report, start, end)
            if window is None:
                longest = _LONGEST // 1_000_000_000
                raise ValueError(
                    f"too few rows arrived in {longest} seconds to measure a rate; use smaller "
                    "batches or bundles"
                )
            used_from = window.start
        else:
            options = {"number-of-rows": str(self._task.rows)}
            job.start(options, report, case.parallelism).wait()
            start, steady = submitted, False
            window = whole_window(report)
            used_from = submitted
        first = first_arrival(report) or 0
        is_first = self._reports == 1
        cpu_seconds = self._usage.cpu_seconds(used_from, window.end)
        return {
            **_speed(window.rows, window.seconds, cpu_seconds),
            "other_cpus": self._usage.other_cpus(window.start, window.end),
            "peak_bytes": self._usage.peak_bytes if is_first else None,
            "first_row_seconds": {"cold" if is_first else "warm": (first - submitted) / 1e9},
            "mean_batch_rows": mean_rows(read_batches(self._batches), window.start, window.end),
            "warm_up_seconds": max(0, start - first) / 1e9,
            "steady": steady,
        }

    def _new_report(self) -> Path:
        self._reports += 1
        report = self._directory / str(self._reports)
        report.mkdir()
        return report

    def _run_steady(self, job: Job, report: Path, parallelism: int) -> tuple[int, int, bool]:
        """Runs a saturated job until it has been steady for the measured seconds.

        Returns:
            since when and until when it is to be measured, and whether it was steady.
        """
        stop, seconds = report / "stop", self._task.seconds
        running = job.start({"phases": f"0 {_LONG}", "stop-file": str(stop)}, report, parallelism)
        start = now = time.monotonic_ns()
        steady = False
        while not running.has_ended():
            time.sleep(_POLL_SECONDS)
            now, first = time.monotonic_ns(), first_arrival(report)
            self._compiler.look(now)
            if first is None:
                continue
            since = steady_since(report, seconds)
            if since is not None and self._compiler.was_idle_since(since):
                start, steady = since, True
                break
            start = first + round(self._task.warm_up * 1e9)
            if now < start:
                continue
            window = window_between(report, start, now)
            long_enough = window is not None and window.seconds >= seconds
            if long_enough or now - start >= _LONGEST:
                break
        stop.touch()
        running.wait()
        return start, now, steady

    def _measure_latency(self, job: Job, case: TaskCase) -> list[dict[str, Any]]:
        report = self._new_report()
        warm_up, settle, seconds = _LATENCY_WARM_UP, _SETTLE, self._task.seconds
        paces = [
            f"{100 * share:g}%" if rate is None else str(max(1, round(rate / case.parallelism)))
            for _, share, rate in case.loads
        ]
        if self._task.rows is not None:
            warm_up, settle, seconds = 0, 0, 1.0
            paces = [str(self._task.rows)] * len(paces)
        lengths = [settle + round(seconds * 1e9)] * len(paces)
        phases = zip(["0", *paces], [warm_up, *lengths], strict=True)
        options = {"phases": ";".join(f"{pace} {nanos / 1e9:.9f}" for pace, nanos in phases)}
        job.start({"stamp": "due", **options}, report, case.parallelism).wait()
        _, *offered = read_paces(report)
        ends = itertools.accumulate(lengths, initial=warm_up)
        parts = [(start + settle, end) for start, end in itertools.pairwise(ends)]
        batches = read_batches(self._batches)
        return [
            {
                "offered_rows_per_second": rate,
                "rows_per_second": window.rows / window.seconds,
                "rows": len(nanos),
                "microseconds": {
                    name: float(np.percentile(nanos, q)) / 1e3
                    for name, q in {**PERCENTILES, "max": 100.0}.items()
                },
                "mean_batch_rows": mean_rows(batches, window.start, window.end),
                "other_cpus": self._usage.other_cpus(window.start, window.end),
            }
            for rate, (nanos, window) in zip(offered, read_latencies(report, parts), strict=True)
        ]


def main() -> None:
    """Performs the task in the first argument, and writes a line for each case.

    The second argument is the number of the file descriptor to write to. Processes that this one
    starts do not get it.
    """
    task, descriptor = Task.from_json(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(descriptor, False)
    with open(descriptor, "w", buffering=1) as findings:
        for found in perform(task):
            findings.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
