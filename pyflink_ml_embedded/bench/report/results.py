"""What a results directory holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from ..contenders import CONTENDERS
from .records import (
    PERCENTILES,
    Case,
    Exclusion,
    FailedRun,
    LatencyRun,
    Machine,
    Run,
    ThroughputRun,
    Workload,
)

__all__ = ["Results", "ResultsError", "load", "read_json"]


class ResultsError(Exception):
    """A results directory cannot be read; names the file, and the line or key."""


@dataclass(frozen=True)
class Results:
    """A loaded results directory; runs are in the order in which they ended."""

    directory: Path
    machine: Machine
    workloads: tuple[Workload, ...]
    exclusions: tuple[Exclusion, ...]
    throughput: dict[Case, dict[int, ThroughputRun]]
    latency: dict[Case, dict[int, LatencyRun]]
    failures: tuple[FailedRun, ...]

    @cached_property
    def parallelisms(self) -> tuple[int, ...]:
        """Of the jobs, smallest first; the bare loops, which are no jobs, do not count."""
        cases = (*self.throughput, *self.latency)
        found = {case.parallelism for case in cases if not case.contender.startswith("loop-")}
        return tuple(sorted(found)) or (1,)

    def throughput_of(
        self, workload: str, contender: str, parallelism: int | None = None
    ) -> dict[int, ThroughputRun]:
        """Returns the runs by repetition, at the smallest parallelism where none is given."""
        parallelism = parallelism or self.parallelisms[0]
        return self.throughput.get(Case("throughput", workload, contender, parallelism), {})

    def latency_of(
        self, workload: str, contender: str, load: str, share: float
    ) -> dict[int, LatencyRun]:
        """Returns the runs by repetition, at the smallest parallelism."""
        case = Case("latency", workload, contender, self.parallelisms[0], load, share)
        return self.latency.get(case, {})


def load(directory: Path) -> Results:
    """Reads a results directory.

    Raises:
        ResultsError: A file is missing or broken.
    """
    machine = _record(directory / "machine.json", read_json(directory / "machine.json"), _machine)
    workloads = _records(directory / "workloads.json", Workload)
    exclusions = _records(directory / "exclusions.json", Exclusion)
    names = {workload.name for workload in workloads}
    throughput: dict[Case, dict[int, ThroughputRun]] = {}
    latency: dict[Case, dict[int, LatencyRun]] = {}
    failures: list[FailedRun] = []
    for where, run in _runs(directory / "runs.jsonl"):
        if run.case.workload not in names:
            raise ResultsError(f"{where}: workload '{run.case.workload}' is not in workloads.json")
        if isinstance(run, FailedRun):
            failures.append(run)
        elif isinstance(run, ThroughputRun):
            _add(where, throughput.setdefault(run.case, {}), run)
        else:
            _add(where, latency.setdefault(run.case, {}), run)
    return Results(directory, machine, workloads, exclusions, throughput, latency, tuple(failures))


_RunT = TypeVar("_RunT", ThroughputRun, LatencyRun)


def _add(where: str, runs: dict[int, _RunT], run: _RunT) -> None:
    if run.repetition in runs:
        raise ResultsError(f"{where}: repetition {run.repetition} of {run.case} is there twice")
    runs[run.repetition] = run


_T = TypeVar("_T")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ResultsError(f"{file}: {error.strerror}") from error


def _parsed(where: object, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ResultsError(f"{where}: not JSON: {error}") from error


def read_json(file: Path) -> Any:
    """Returns what a file holds.

    Raises:
        ResultsError: The file is missing, or no JSON.
    """
    return _parsed(file, _text(file))


def _record(where: object, value: Any, make: Callable[[Any], _T]) -> _T:
    try:
        return make(value)
    except KeyError as error:
        raise ResultsError(f"{where}: no {error}") from error
    except (TypeError, ValueError) as error:
        raise ResultsError(f"{where}: {error}") from error


def _records(file: Path, record_class: type[_T]) -> tuple[_T, ...]:
    names = [field.name for field in fields(record_class)]  # type: ignore[arg-type]
    return tuple(
        _record(
            f"{file}, entry {number}",
            entry,
            lambda entry: record_class(**{name: entry[name] for name in names}),
        )
        for number, entry in enumerate(read_json(file), 1)
    )


def _runs(file: Path) -> Iterable[tuple[str, Run]]:
    for number, line in enumerate(_text(file).splitlines(), 1):
        where = f"{file}, line {number}"
        yield where, _record(where, _parsed(where, line), _run)


def _machine(values: dict[str, Any]) -> Machine:
    known = dict(values)
    return Machine(
        time=_utc(known.pop("time")),
        commit=known.pop("commit"),
        uncommitted_changes=tuple(known.pop("uncommitted_changes")),
        cpu=known.pop("cpu"),
        cpus=known.pop("cpus"),
        memory_bytes=known.pop("memory_bytes"),
        load_average=tuple(known.pop("load_average")),
        system=known.pop("system"),
        java=tuple(known.pop("java")),
        python=known.pop("python"),
        python_cflags=known.pop("python_cflags"),
        settings=known.pop("settings"),
        versions=known,
    )


def _utc(text: str) -> datetime:
    """Reads ISO 8601; a time without an offset is taken for UTC."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 does not read the Z
    return time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _run(record: dict[str, Any]) -> Run:
    kind = record["kind"]
    if kind not in ("throughput", "latency"):
        raise ValueError(f"kind '{kind}' is neither throughput nor latency")
    case = Case(
        kind,
        record["workload"],
        record["contender"],
        record["parallelism"],
        record.get("load"),
        record.get("share"),
    )
    if case.contender not in CONTENDERS:
        raise ValueError(f"contender '{case.contender}' is unknown")
    repetition = record["repetition"]
    if "error" in record:
        return FailedRun(case, repetition, record["error"])
    if kind == "throughput":
        first_row = record["first_row_seconds"] or {}
        return ThroughputRun(
            case,
            repetition,
            record["rows"],
            record["seconds"],
            _positive(record, "rows_per_second"),
            _positive(record, "cpu_seconds_per_million_rows"),
            record["peak_bytes"],
            first_row.get("cold"),
            first_row.get("warm"),
            record.get("mean_batch_rows"),
        )
    return LatencyRun(
        case,
        repetition,
        _positive(record, "offered_rows_per_second"),
        _positive(record, "rows_per_second"),
        record["rows"],
        {name: _positive(record["microseconds"], name) for name in (*PERCENTILES, "max")},
        record.get("mean_batch_rows"),
    )


def _positive(record: dict[str, Any], name: str) -> float:
    """Returns a number that can be divided by, and stand on a log axis."""
    value = float(record[name])
    if not 0 < value < inf:
        raise ValueError(f"{name} is {value}")
    return value
