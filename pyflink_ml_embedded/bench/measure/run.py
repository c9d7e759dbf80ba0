# SPDX-License-Identifier: Apache-2.0
"""Runs the contenders on the workloads, and stores every run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contenders import CONTENDERS
from ..results_format import EXCLUSIONS, MACHINE, RUNS, WORKLOADS
from .child import Task
from .machine import describe_machine
from .model import find_methods
from .plan import Case, loads_of, reason_to_exclude, turns
from .process import TaskError, run_task
from .workload import Workload

__all__ = ["OtherMachineError", "Settings", "run"]

_START_SECONDS = 600.0  # before a process that hangs is killed
_JOBS = 8  # at most, in a process
_MAY_DIFFER = {"load_average", "time", "uncommitted_changes"}  # when results are completed


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        contenders: keys of ``CONTENDERS``.
        measures: ``throughput``, ``latency`` or both.
        parallelisms: parallelisms of the jobs; latency is measured at the first.
        repetitions: number of runs of each case.
        seconds: measured seconds of each job.
        warm_up: seconds of each job before these.
        rows: number of rows of each job, which makes it a check, not a measurement.
        options: more options of the model of embedded-batch.
        jars: the jar of the benchmark, and of ONNX Runtime if available.
        command: the command line, for the report.
    """

    contenders: Sequence[str]
    measures: Sequence[str]
    parallelisms: Sequence[int]
    repetitions: int
    seconds: float
    warm_up: float
    rows: int | None
    options: Mapping[str, str]
    jars: Sequence[str]
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
        self._write_machine()
        methods = {name: find_methods(workload) for name, workload in self._workloads.items()}
        described = [self._expect(name, methods[name]) for name in self._workloads]
        cases = self._choose_cases(methods)
        self._merge(WORKLOADS, described, ("name",))
        if "throughput" in self._settings.measures:
            self._measure("throughput", cases)
        if "latency" in self._settings.measures:
            first = self._settings.parallelisms[0]
            paced = [
                case
                for case in cases
                if case.parallelism == first and CONTENDERS[case.contender].way != "loop"
            ]
            self._measure("latency", paced)

    def _expect(self, workload: str, methods: Sequence[str]) -> Mapping[str, Any]:
        print(f"{workload}: the model's own results", flush=True)
        loop = "loop-row" if "predict" in methods else "loop-batch"
        found: Mapping[str, Any] = self._run("expect", Case(workload, loop, 1), [])
        return found

    def _choose_cases(self, methods: Mapping[str, Sequence[str]]) -> list[Case]:
        exclusions, cases = [], []
        has_onnx = any("onnxruntime" in Path(jar).name for jar in self._settings.jars)
        for name, workload in self._workloads.items():
            for contender in self._settings.contenders:
                reason = reason_to_exclude(contender, workload, methods[name], has_onnx)
                if reason is not None:
                    exclusion = {"workload": name, "contender": contender, "reason": reason}
                    exclusions.append(exclusion)
                    continue
                is_loop = CONTENDERS[contender].way == "loop"
                parallelisms = (1,) if is_loop else self._settings.parallelisms
                cases += [Case(name, contender, parallelism) for parallelism in parallelisms]
        self._merge(EXCLUSIONS, exclusions, ("workload", "contender"))
        return cases

    def _measure(self, kind: str, cases: Sequence[Case]) -> None:
        done = {
            (run["repetition"], Case(run["workload"], run["contender"], run["parallelism"]))
            for run in self._runs
            if run["kind"] == kind
        }
        missing = [turn for turn in turns(cases, self._settings.repetitions) if turn not in done]
        for number, (repetition, case) in enumerate(missing, 1):
            for record in self._measure_case(kind, case):
                self._keep({"kind": kind, **vars(case), "repetition": repetition, **record})
                print(f"{kind} {number}/{len(missing)}  {_describe(case, record)}", flush=True)

    def _measure_case(self, kind: str, case: Case) -> list[dict[str, Any]]:
        """Returns the records of a process."""
        throughput = [run for run in self._runs if run["kind"] == "throughput"]
        loads = loads_of(case, throughput) if kind == "latency" else []
        if kind == "latency" and not loads:
            return [{"error": "latency needs the throughput of the same case, which is missing"}]
        try:
            found = self._run(kind, case, [rate for _, _, rate in loads])
        except TaskError as error:
            return [{"error": str(error)}]
        if kind == "throughput":
            return [found]
        return [
            {"load": load, "share": share, **record}
            for (load, share, _), record in zip(loads, found, strict=True)
        ]

    def _run(self, kind: str, case: Case, rates: list[float]) -> Any:
        settings = self._settings
        task = Task(
            kind=kind,
            workload=self._workloads[case.workload].directory,
            contender=case.contender,
            parallelism=case.parallelism,
            seconds=settings.seconds,
            warm_up=settings.warm_up,
            rows=settings.rows,
            jars=list(settings.jars),
            rates=rates,
            options=dict(settings.options),
        )
        return run_task(task, _START_SECONDS + _JOBS * (settings.seconds + settings.warm_up))

    def _keep(self, record: dict[str, Any]) -> None:
        self._runs.append(record)
        with self._runs_file.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def _merge(self, name: str, records: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
        """Writes records, and keeps the earlier records that have different keys."""
        file = self._directory / name
        earlier = json.loads(file.read_text()) if file.exists() else []
        merged = {tuple(record[k] for k in key): record for record in (*earlier, *records)}
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


def _describe(case: Case, record: Mapping[str, Any]) -> str:
    name = f"{case.workload}, {case.contender}, parallelism {case.parallelism}"
    if "error" in record:
        return f"{name}: FAILED: {record['error'].splitlines()[-1]}"
    if "load" not in record:
        return f"{name}: {record['rows_per_second']:,.0f} rows/s"
    microseconds = record["microseconds"]
    return (
        f"{name}, {record['offered_rows_per_second']:,} rows/s: "
        f"p50 {microseconds['p50']:,.0f} us, p99 {microseconds['p99']:,.0f} us"
    )
