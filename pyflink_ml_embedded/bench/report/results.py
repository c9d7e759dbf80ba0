# SPDX-License-Identifier: Apache-2.0
"""Reads a results directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, partial
from math import inf, nan
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from ..contenders import CONTENDERS
from ..results_format import EXCLUSIONS, LOADS, MACHINE, PERCENTILES, RUNS, WORKLOADS

__all__ = ["Results", "ResultsError", "load", "read_json"]

_MACHINE_KEYS = (
    *("time", "commit", "uncommitted_changes", "cpu", "cpus", "memory_bytes"),
    *("load_average", "system", "java", "python", "python_cflags", "settings"),
)
_WORKLOAD_KEYS = ("name", "title", "input", "output", "columns", "row_bytes")
_EXCLUSION_KEYS = ("workload", "contender", "reason")
_CASE_KEYS = ("kind", "workload", "contender", "parallelism", "repetition")
_THROUGHPUT_KEYS = ("rows_per_second", "cpu_seconds_per_million_rows", "peak_bytes")
_ROWS_ABOVE_PERCENTILE = 10  # fewer rows above a percentile make it unreliable
_KEPT_UP = 0.98  # of the offered rate


class ResultsError(Exception):
    """A results directory cannot be read; names the file, and the line or key."""


@dataclass(frozen=True)
class Results:
    """A results directory.

    Attributes:
        directory: the path of the directory.
        machine: where, when and how the runs were made. Unknown keys are packages, with
            their versions.
        workloads: the rows that all contenders get, by name.
        exclusions: contenders that were not run, and why.
        runs: a row for each run that ended well. Contenders, workloads and loads are categories
            in the order of reports; a column is NaN for runs of the other kind.
        failures: the other runs, with the last lines of their output as ``error``.
    """

    directory: Path
    machine: dict[str, Any]
    workloads: pd.DataFrame
    exclusions: pd.DataFrame
    runs: pd.DataFrame
    failures: pd.DataFrame

    @cached_property
    def parallelisms(self) -> tuple[int, ...]:
        """The parallelisms of the jobs, smallest first, without the bare loops."""
        jobs = self.runs[~self.runs["contender"].str.startswith("loop-")]
        return tuple(sorted(set(jobs["parallelism"].tolist()))) or (1,)

    @property
    def code(self) -> str:
        """The commit, and whether there were uncommitted changes."""
        if not self.machine["commit"]:
            return "no checkout"
        changes = " with changes" if self.machine["uncommitted_changes"] else ""
        return f"commit {self.machine['commit'][:12]}{changes}"

    @property
    def versions(self) -> dict[str, str]:
        """The versions of packages, by name."""
        return {key: value for key, value in self.machine.items() if key not in _MACHINE_KEYS}

    def throughput(self, measure: str, parallelism: int | None = None) -> pd.DataFrame:
        """Returns a measure of the saturated jobs by workload and repetition.

        Args:
            measure: a column of ``runs``.
            parallelism: the parallelism of the jobs; None for the smallest.

        Returns:
            a column for each contender, NaN if it was not measured.
        """
        runs = self.runs[
            (self.runs["kind"] == "throughput")
            & (self.runs["parallelism"] == (parallelism or self.parallelisms[0]))
        ]
        return _by_contender(runs, measure)

    @property
    def latency(self) -> pd.DataFrame:
        """The paced jobs at the smallest parallelism."""
        runs = self.runs
        return runs[(runs["kind"] == "latency") & (runs["parallelism"] == self.parallelisms[0])]

    def paced(self, measure: str, load: str, share: float, kept_up: bool = False) -> pd.DataFrame:
        """Returns a measure of the paced jobs by workload and repetition.

        Args:
            measure: a column of ``runs``.
            load: one of ``LOADS``.
            share: the share of that maximum.
            kept_up: whether to exclude runs that did not keep up, which measure the queue.

        Returns:
            a column for each contender, NaN if it was not measured.
        """
        runs = self.latency
        runs = runs[(runs["load"] == load) & (runs["share"] == share)]
        return _by_contender(runs[runs["kept_up"]] if kept_up else runs, measure)


def _by_contender(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    keys = ["workload", "repetition", "contender"]
    table = runs.set_index(keys)[measure].unstack("contender")
    return table.reindex(columns=list(CONTENDERS)).astype(float)


def load(directory: Path) -> Results:
    """Reads a results directory.

    Raises:
        ResultsError: A file is missing or broken.
    """
    machine = _checked(directory / MACHINE, lambda: _machine(read_json(directory / MACHINE)))
    workloads = _table(directory / WORKLOADS, _WORKLOAD_KEYS)
    names = workloads["name"].tolist()
    runs = list(_runs(directory / RUNS, names))
    measured = [run for run in runs if "error" not in run]
    return Results(
        directory,
        machine,
        workloads.set_index("name"),
        _table(directory / EXCLUSIONS, _EXCLUSION_KEYS),
        _frame(measured, names),
        _frame([run for run in runs if "error" in run], names),
    )


def _frame(runs: list[dict[str, Any]], workloads: list[str]) -> pd.DataFrame:
    percentiles = [*PERCENTILES, "max", "offered_rows_per_second", "mean_batch_rows"]
    columns = [*_CASE_KEYS, "load", "share", "error", "rows", *_THROUGHPUT_KEYS, "cold", "warm"]
    frame = pd.DataFrame(runs, columns=[*columns, *percentiles, "kept_up"])
    frame["kept_up"] = frame["kept_up"].eq(True)
    for name, values in (
        ("contender", list(CONTENDERS)),
        ("workload", workloads),
        ("load", list(LOADS)),
    ):
        frame[name] = pd.Categorical(frame[name], values)
    return frame


_T = TypeVar("_T")


def _checked(where: object, make: Callable[[], _T]) -> _T:
    try:
        return make()
    except KeyError as error:
        raise ResultsError(f"{where}: no {error}") from error
    except (TypeError, ValueError) as error:
        raise ResultsError(f"{where}: {error}") from error


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
    """Returns the content of a file.

    Raises:
        ResultsError: The file is missing, or not JSON.
    """
    return _parsed(file, _text(file))


def _table(file: Path, keys: tuple[str, ...]) -> pd.DataFrame:
    def make() -> pd.DataFrame:
        records = [{key: each[key] for key in keys} for each in read_json(file)]
        return pd.DataFrame(records, columns=keys)

    return _checked(file, make)


def _machine(found: dict[str, Any]) -> dict[str, Any]:
    known = {key: found[key] for key in _MACHINE_KEYS}
    time = datetime.fromisoformat(found["time"].replace("Z", "+00:00"))  # 3.10 does not parse the Z
    known["time"] = (
        time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)
    )
    return {**found, **known}


def _runs(file: Path, workloads: list[str]) -> Iterator[dict[str, Any]]:
    found = set()
    for number, line in enumerate(_text(file).splitlines(), 1):
        where = f"{file}, line {number}"
        record = _parsed(where, line)
        run = _checked(where, partial(_run, record))
        if run["workload"] not in workloads:
            raise ResultsError(f"{where}: workload '{run['workload']}' is not in {WORKLOADS}")
        case = tuple(run[key] for key in (*_CASE_KEYS, "load", "share"))
        if "error" not in run and case in found:
            raise ResultsError(f"{where}: repetition {run['repetition']} occurs twice")
        found.add(case)
        yield run


def _run(record: dict[str, Any]) -> dict[str, Any]:
    if record["kind"] not in ("throughput", "latency"):
        raise ValueError(f"kind '{record['kind']}' is neither throughput nor latency")
    if record["contender"] not in CONTENDERS:
        raise ValueError(f"contender '{record['contender']}' is unknown")
    run = {key: record[key] for key in _CASE_KEYS}
    run |= {"load": record.get("load"), "share": record.get("share")}
    if "error" in record:
        return {**run, "error": record["error"]}
    run |= {"rows": record["rows"], "mean_batch_rows": record.get("mean_batch_rows") or nan}
    run["rows_per_second"] = _positive(record, "rows_per_second")
    if record["kind"] == "throughput":
        first_row = record["first_row_seconds"] or {}
        run["cpu_seconds_per_million_rows"] = _positive(record, "cpu_seconds_per_million_rows")
        run["peak_bytes"] = record["peak_bytes"]
        return {**run, "cold": first_row.get("cold"), "warm": first_row.get("warm")}
    run["offered_rows_per_second"] = _positive(record, "offered_rows_per_second")
    latencies = record["microseconds"]
    run["kept_up"] = _kept_up(run, _positive(latencies, "p50"))
    for name, percent in PERCENTILES.items():
        above = round(record["rows"] * (1 - percent / 100), 6)
        run[name] = _positive(latencies, name) if above >= _ROWS_ABOVE_PERCENTILE else nan
    return {**run, "max": _positive(latencies, "max")}


def _kept_up(run: dict[str, Any], p50: float) -> bool:
    """Returns whether rows were emitted as fast as they were offered, or with a steady delay.

    If a job falls behind, the last row is twice as late as the median one.
    """
    rows, rate, offered = run["rows"], run["rows_per_second"], run["offered_rows_per_second"]
    seconds_behind = rows / rate - rows / offered
    return bool(rate >= _KEPT_UP * offered or seconds_behind * 1e6 <= p50)


def _positive(record: dict[str, Any], name: str) -> float:
    """Returns a number that can be a divisor and a position on a log axis."""
    value = float(record[name])
    if not 0 < value < inf:
        raise ValueError(f"{name} is {value}")
    return value
