# SPDX-License-Identifier: Apache-2.0
"""Runs the contenders on the workloads, and stores every run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contenders import CONTENDERS
from ..results_format import EXCLUSIONS, MACHINE, RUNS, WORKLOADS
from .busy import describe_others
from .child import Task, TaskCase
from .machine import describe_machine
from .model import find_methods
from .plan import (
    Case,
    Load,
    loads_of,
    reason_to_exclude,
    reason_to_leave_out,
    sessions,
    with_floors,
)
from .process import TaskError, run_task
from .progress import Progress
from .workload import Workload

__all__ = ["OtherMachineError", "Settings", "run"]

_CASE_SECONDS = 600.0  # before a process that hangs is killed
_MAY_DIFFER = {"load_average", "time", "uncommitted_changes"}  # when results are completed


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        contenders: keys of ``CONTENDERS``.
        measures: ``throughput``, ``latency`` or both.
        parallelisms: parallelisms of the jobs; latency is measured at the first.
        repetitions: number of runs of each case.
        seconds: measured seconds of each job, or of each of its paces.
        warm_up: the most seconds to wait for a steady rate.
        rows: number of rows of each job, which makes it a check, not a measurement.
        all_cases: whether to measure cases that the rules leave out.
        options: more options of the model of embedded-batch.
        jar: the jar of the benchmark.
        onnx_jar: the jar of ONNX Runtime's Java API, or None if it is not available.
        command: the command line, for the report.
    """

    contenders: Sequence[str]
    measures: Sequence[str]
    parallelisms: Sequence[int]
    repetitions: int
    seconds: float
    warm_up: float
    rows: int | None
    all_cases: bool
    options: Mapping[str, str]
    jar: str
    onnx_jar: str | None
    command: str


class OtherMachineError(Exception):
    """The results directory holds results that are not comparable with new ones."""


def run(workloads: Sequence[Workload], settings: Settings, directory: Path) -> None:
    """Measures the runs that are missing in the results directory.

    Args:
        workloads: workloads that were written, each to its own directory.
        settings: how to measure.
        directory: the results directory.

    Raises:
        OtherMachineError: the results in the directory are not comparable with new ones.
        TaskError: a model cannot predict the rows of its workload.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _Benchmark(workloads, settings, directory).run()


class _Benchmark:
    def __init__(self, workloads: Sequence[Workload], settings: Settings, directory: Path) -> None:
        self._workloads = {workload.name: workload for workload in workloads}
        self._settings = settings
        self._directory = directory
        self._runs_file = directory / RUNS
        self._runs_file.touch()
        self._runs = [json.loads(line) for line in self._runs_file.read_text().splitlines()]

    def run(self) -> None:
        if (others := describe_others()) is not None:
            print(f"WARNING: {others}; figures will be worse, and differ more", flush=True)
        self._write_machine()
        methods = {name: find_methods(workload) for name, workload in self._workloads.items()}
        described = [self._expect(name, methods[name]) for name in self._workloads]
        self._merge(WORKLOADS, described, ("name",))
        cases = self._choose_cases(methods)
        self._progress = Progress(
            {
                kind: sum(len(missing) for _, missing in self._missing(kind, found))
                for kind, found in cases.items()
            }
        )
        for kind, chosen in cases.items():
            self._measure(kind, chosen)

    def _expect(self, workload: str, methods: Sequence[str]) -> Mapping[str, Any]:
        loop = "loop-row" if "predict" in methods else "loop-batch"
        (found,) = self._run("expect", {Case(workload, loop, 1): []}, is_checked=False)
        return dict(found)

    def _choose_cases(self, methods: Mapping[str, Sequence[str]]) -> dict[str, list[Case]]:
        """Returns the cases of each measure, and writes which ones are excluded and why."""
        settings = self._settings
        exclusions: list[dict[str, Any]] = []
        cases: dict[str, list[Case]] = {kind: [] for kind in settings.measures}
        has_onnx = settings.onnx_jar is not None
        contenders = list(settings.contenders)
        if "latency" in settings.measures:
            contenders = with_floors(contenders)
        for name, workload in self._workloads.items():
            for contender in contenders:
                subject = {"workload": name, "contender": contender}
                reason = reason_to_exclude(contender, workload, methods[name], has_onnx)
                if reason is not None:
                    exclusions.append({**subject, "reason": reason})
                    continue
                for kind, parallelism in self._ways(contender):
                    case = Case(name, contender, parallelism)
                    left = None if settings.all_cases else reason_to_leave_out(case, kind)
                    if left is None:
                        cases[kind].append(case)
                    else:
                        way = {"measure": kind, "parallelism": parallelism}
                        exclusions.append({**subject, **way, "reason": left})
        self._merge(EXCLUSIONS, exclusions, ("workload", "contender", "measure", "parallelism"))
        return cases

    def _ways(self, contender: str) -> Iterator[tuple[str, int]]:
        """Yields each measure and parallelism of a contender."""
        is_loop = CONTENDERS[contender].way == "loop"
        for kind in self._settings.measures:
            if kind == "latency":
                if not is_loop:
                    yield kind, self._settings.parallelisms[0]
            elif is_loop:
                yield kind, 1
            else:
                for parallelism in self._settings.parallelisms:
                    yield kind, parallelism

    def _missing(self, kind: str, cases: Sequence[Case]) -> Iterator[tuple[int, list[Case]]]:
        done = {(run["repetition"], _case(run)) for run in self._runs if run["kind"] == kind}
        for repetition, found in sessions(cases, self._settings.repetitions):
            missing = [case for case in found if (repetition, case) not in done]
            if missing:
                yield repetition, missing

    def _measure(self, kind: str, cases: Sequence[Case]) -> None:
        for repetition, missing in self._missing(kind, cases):
            failing = self._failing(kind)
            left = [case for case in missing if case not in failing]
            self._progress.leave_out(kind, len(missing) - len(left))
            while left:
                left = self._run_session(kind, repetition, left)

    def _failing(self, kind: str) -> set[Case]:
        """Returns the cases that ran and only failed, which would take minutes to fail again."""
        runs = [run for run in self._runs if run["kind"] == kind]
        worked = {_case(run) for run in runs if "error" not in run}
        return {_case(run) for run in runs} - worked

    def _run_session(self, kind: str, repetition: int, cases: Sequence[Case]) -> list[Case]:
        """Keeps the records of cases that share a JVM; returns those after one that failed."""
        loads = {case: self._loads(kind, case) for case in cases}
        for case in (case for case in cases if loads[case] is None):
            error = "latency needs the throughput of the same case, which is missing"
            self._keep(kind, repetition, case, [{"error": error}])
        given = {case: found for case, found in loads.items() if found is not None}
        left = list(given)
        try:
            for found in self._run(kind, given, is_checked=repetition == 0) if left else ():
                case = left.pop(0)
                records = found if kind == "latency" else [found]
                at = [{"load": load, "share": share} for load, share, _ in given[case]] or [{}]
                pairs = zip(at, records, strict=True)
                self._keep(kind, repetition, case, [{**load, **record} for load, record in pairs])
        except TaskError as error:
            if left:
                self._keep(kind, repetition, left.pop(0), [{"error": str(error)}])
            else:
                print(f"WARNING: after the last case of {cases[0].contender}: {error}", flush=True)
        return left

    def _loads(self, kind: str, case: Case) -> list[Load] | None:
        """Returns the loads of a latency run, none for throughput, or None if they are unknown."""
        if kind == "throughput":
            return []
        return loads_of(case, [run for run in self._runs if run["kind"] == "throughput"]) or None

    def _run(
        self, kind: str, loads: Mapping[Case, Sequence[Load]], is_checked: bool
    ) -> Iterator[Any]:
        settings = self._settings
        contender = next(iter(loads)).contender
        # It has 50 MB, which each job of the other contenders would send to the cluster.
        onnx_jar = settings.onnx_jar if contender.startswith("java-onnx") else None
        task = Task(
            kind=kind,
            contender=contender,
            cases=[
                TaskCase(
                    self._workloads[case.workload].directory,
                    case.parallelism,
                    found,
                )
                for case, found in loads.items()
            ],
            seconds=settings.seconds,
            warm_up=settings.warm_up,
            rows=settings.rows,
            is_checked=is_checked,
            jars=[settings.jar, *([onnx_jar] if onnx_jar else [])],
            options=dict(settings.options),
        )
        return run_task(task, _CASE_SECONDS + settings.warm_up + settings.seconds)

    def _keep(
        self, kind: str, repetition: int, case: Case, records: Sequence[Mapping[str, Any]]
    ) -> None:
        self._progress.count(kind)
        with self._runs_file.open("a") as file:
            for record in records:
                run = {"kind": kind, **vars(case), "repetition": repetition, **record}
                self._runs.append(run)
                file.write(json.dumps(run) + "\n")
                print(f"{self._progress}  {_describe(case, record)}", flush=True)

    def _merge(self, name: str, records: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
        """Writes records, and keeps the earlier records that have different keys."""
        file = self._directory / name
        earlier = json.loads(file.read_text()) if file.exists() else []
        merged = {tuple(record.get(k) for k in key): record for record in (*earlier, *records)}
        file.write_text(json.dumps(list(merged.values()), indent=1) + "\n")

    def _write_machine(self) -> None:
        """Writes the machine and settings, and adds the command to those of earlier runs.

        Raises:
            OtherMachineError: the earlier results were measured under different conditions.
        """
        file = self._directory / MACHINE
        found = describe_machine()
        if file.exists():
            earlier = json.loads(file.read_text())
            for key in sorted(found.keys() - _MAY_DIFFER):
                if found[key] != earlier.get(key):
                    raise OtherMachineError(
                        f"--results: {self._directory} was measured with {key} "
                        f"{earlier.get(key)}, not {found[key]}; use another directory"
                    )
            found = earlier
        commands = found.setdefault("settings", {}).setdefault("commands", [])
        if self._settings.command not in commands:
            commands.append(self._settings.command)
        file.write_text(json.dumps(found, indent=1) + "\n")


def _case(run: Mapping[str, Any]) -> Case:
    return Case(run["workload"], run["contender"], run["parallelism"])


def _describe(case: Case, record: Mapping[str, Any]) -> str:
    name = f"{case.workload}, {case.contender}, parallelism {case.parallelism}"
    if "error" in record:
        return f"{name}: FAILED: {record['error'].splitlines()[-1]}"
    if "load" not in record:
        return f"{name}: {record['rows_per_second']:,.0f} rows/s"
    microseconds = record["microseconds"]
    return (
        f"{name}, {record['offered_rows_per_second']:,.0f} rows/s: "
        f"p50 {microseconds['p50']:,.0f} us, p99 {microseconds['p99']:,.0f} us"
    )
