# SPDX-License-Identifier: Apache-2.0
"""Performs a task of one contender on one workload, in this process."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..contenders import CONTENDERS
from ..results_format import PERCENTILES
from .check import check
from .counting import read_batches
from .loop import Loop
from .steady import first_result, read_latencies, steady_window, whole_window
from .usage import Usage
from .workload import Workload, load, save_expected

__all__ = ["Task", "perform"]

_COLD_SECONDS = 0.2
_CHECKED_ROWS = 256  # of a job, because PyFlink takes milliseconds to collect a row


@dataclass(frozen=True)
class Task:
    """The task of a process.

    Attributes:
        kind: ``expect`` saves the results of the model without Flink; ``throughput`` and
            ``latency`` measure.
        workload: the directory of the workload.
        contender: a key of ``CONTENDERS``.
        parallelism: parallelism of the jobs.
        seconds: measured seconds of each job.
        warm_up: seconds of each job before these.
        rows: number of rows of each job, which makes it a check, not a measurement.
        jars: the jars of the benchmark and of ONNX Runtime.
        rates: for ``latency``, the rows per second of each job.
        options: more options of the model of embedded-batch.
    """

    kind: str
    workload: str
    contender: str
    parallelism: int
    seconds: float
    warm_up: float
    rows: int | None
    jars: list[str]
    rates: list[float]
    options: dict[str, str]


def _expect(workload: Workload, contender: str) -> dict[str, Any]:
    save_expected(workload, _open_loop(workload, contender).collect())
    return workload.describe()


def _open_loop(workload: Workload, contender: str) -> Loop:
    return Loop(workload, CONTENDERS[contender].most_rows or 0)


def _measure_loop(task: Task, workload: Workload) -> dict[str, Any]:
    loop = _open_loop(workload, task.contender)
    check(loop.collect(), workload.expected(), workload.outputs.names)
    if task.rows is None:
        loop.run(task.warm_up)
    start = time.process_time()
    rows, seconds = loop.run(task.seconds if task.rows is None else 0, task.rows or 1)
    cpu_seconds = time.process_time() - start
    return {
        **_speed(rows, seconds, cpu_seconds),
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
    """The jobs of a task, each with its own report."""

    def __init__(self, task: Task, workload: Workload, directory: Path, url: str) -> None:
        from .job import Job  # starts the JVM

        self._directory = directory
        self._reports = 0
        self.batches = directory / "batches"
        jars = [Path(jar) for jar in task.jars]
        self.job = Job(
            task.contender, workload, task.parallelism, jars, url, self.batches, task.options
        )

    def run(self, options: Mapping[str, str]) -> Path:
        """Runs a job with these source options; returns its report."""
        self._reports += 1
        report = self._directory / str(self._reports)
        self.job.run(options, report)
        return report

    def run_saturated(self, options: Mapping[str, str]) -> tuple[Path, float]:
        """Runs a job; returns its report, and the seconds until its first result."""
        submitted = time.monotonic_ns()
        report = self.run(options)
        return report, (first_result(report) - submitted) / 1e9

    def run_for(self, seconds: float) -> tuple[Path, float]:
        """Runs a saturated job whose source ends after some seconds."""
        return self.run_saturated({"duration": f"{round(seconds * 1e3)} ms"})


@contextlib.contextmanager
def _jobs(task: Task, workload: Workload) -> Iterator[_Jobs]:
    from .server import model_server

    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if task.contender == "http":
            url = stack.enter_context(model_server(workload.directory))
        yield _Jobs(task, workload, directory, url)


def _check_job(jobs: _Jobs, task: Task, workload: Workload) -> None:
    if task.contender not in ("java", "java-async"):
        expected = workload.expected()[: min(_CHECKED_ROWS, task.rows or _CHECKED_ROWS)]
        check(jobs.job.collect(len(expected)), expected, workload.outputs.names)


def _measure_throughput(task: Task, workload: Workload) -> dict[str, Any]:
    with Usage() as usage, _jobs(task, workload) as jobs:
        _, cold = jobs.run_for(_COLD_SECONDS)
        _check_job(jobs, task, workload)
        read_batches(jobs.batches)
        report, warm = jobs.run_for(task.warm_up + task.seconds)
        window = steady_window(report, task.warm_up)
        batch_rows = read_batches(jobs.batches)
    return {
        **_speed(window.rows, window.seconds, usage.cpu_seconds(window.start, window.end)),
        "peak_bytes": usage.peak_bytes,
        "first_row_seconds": {"cold": cold, "warm": warm},
        "mean_batch_rows": batch_rows,
    }


def _try_throughput(task: Task, workload: Workload) -> dict[str, Any]:
    """Runs a job of a few rows to its end; its CPU time includes its start."""
    with Usage() as usage, _jobs(task, workload) as jobs:
        start = time.monotonic_ns()
        report, cold = jobs.run_saturated({"number-of-rows": str(task.rows)})
        batch_rows = read_batches(jobs.batches)
        _check_job(jobs, task, workload)
        window = whole_window(report)
    return {
        **_speed(window.rows, window.seconds, usage.cpu_seconds(start, window.end)),
        "peak_bytes": usage.peak_bytes,
        "first_row_seconds": {"cold": cold, "warm": None},
        "mean_batch_rows": batch_rows,
    }


def _measure_latency(task: Task, workload: Workload) -> list[dict[str, Any]]:
    with _jobs(task, workload) as jobs:
        _check_job(jobs, task, workload)
        found = [_run_paced(jobs, task, rate) for rate in (max(task.rates), *task.rates)]
    return found[1:]  # the first one warmed the JVM


def _run_paced(jobs: _Jobs, task: Task, rate: float) -> dict[str, Any]:
    read_batches(jobs.batches)
    pace = max(1, round(rate / task.parallelism))
    rows = task.rows or round(pace * task.parallelism * (task.warm_up + task.seconds))
    report = jobs.run(
        {"stamp": "due", "rows-per-second": str(pace), "number-of-rows": str(max(rows, 1))}
    )
    nanos, window = read_latencies(report, task.warm_up if task.rows is None else 0)
    return {
        "offered_rows_per_second": pace * task.parallelism,
        "rows_per_second": window.rows / window.seconds,
        "rows": len(nanos),
        "microseconds": {
            name: float(np.percentile(nanos, q)) / 1e3
            for name, q in {**PERCENTILES, "max": 100.0}.items()
        },
        "mean_batch_rows": read_batches(jobs.batches),
    }


def perform(task: Task) -> Any:
    """Performs a task in this process; returns its findings."""
    workload = load(task.workload)
    if task.kind == "expect":
        return _expect(workload, task.contender)
    if task.kind == "latency":
        return _measure_latency(task, workload)
    if CONTENDERS[task.contender].way == "loop":
        return _measure_loop(task, workload)
    if task.rows is not None:
        return _try_throughput(task, workload)
    return _measure_throughput(task, workload)


def main() -> None:
    """Performs the task in the first argument (JSON) and writes the file in the second."""
    found = perform(Task(**json.loads(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
