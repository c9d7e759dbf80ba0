# SPDX-License-Identifier: Apache-2.0
"""Reads the files of a results directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import Any, TypeVar

from ..contenders import CONTENDERS
from ..results_format import PERCENTILES, WORKLOADS

__all__ = [
    "CASE",
    "MACHINE_KEYS",
    "ResultsError",
    "read_json",
    "read_machine",
    "read_records",
    "read_runs",
]

_REQUIRED_OF_MACHINE = (
    *("time", "commit", "uncommitted_changes", "cpu", "cpus", "memory_bytes"),
    *("load_average", "system", "java", "python", "python_cflags", "settings"),
)
MACHINE_KEYS = frozenset({*_REQUIRED_OF_MACHINE, "jvm_arguments", "gc", "jit"})
"""The keys of a machine that are not packages with their versions."""

CASE = ("kind", "workload", "contender", "parallelism", "repetition")
"""The keys of all runs."""

_ROWS_ABOVE_PERCENTILE = 10  # fewer rows above a percentile make it unreliable
_KEPT_UP = 0.98  # of the offered rate


class ResultsError(Exception):
    """A results directory cannot be read; names the file, and the line or key."""


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


def read_records(
    file: Path, keys: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Returns the objects of an array with these keys; an optional one that is missing is None.

    Raises:
        ResultsError: The file is missing or broken.
    """

    def make() -> list[dict[str, Any]]:
        return [
            {**{key: each[key] for key in keys}, **{key: each.get(key) for key in optional}}
            for each in read_json(file)
        ]

    return _checked(file, make)


def read_machine(file: Path) -> dict[str, Any]:
    """Returns the machine, with its time in UTC.

    Raises:
        ResultsError: The file is missing or broken.
    """
    return _checked(file, lambda: _machine(read_json(file)))


def _machine(found: dict[str, Any]) -> dict[str, Any]:
    known = {key: found[key] for key in _REQUIRED_OF_MACHINE}
    time = datetime.fromisoformat(found["time"].replace("Z", "+00:00"))  # 3.10 does not parse the Z
    known["time"] = (
        time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)
    )
    return {**found, **known}


def read_runs(file: Path, workloads: list[str]) -> Iterator[dict[str, Any]]:
    """Yields the runs, those that failed with an ``error``.

    Raises:
        ResultsError: The file is missing, or a line is broken.
    """
    found = set()
    for number, line in enumerate(_text(file).splitlines(), 1):
        where = f"{file}, line {number}"
        record = _parsed(where, line)
        run = _checked(where, partial(_run, record))
        if run["workload"] not in workloads:
            raise ResultsError(f"{where}: workload '{run['workload']}' is not in {WORKLOADS}")
        case = tuple(run[key] for key in (*CASE, "load", "share"))
        if "error" not in run and case in found:
            raise ResultsError(f"{where}: repetition {run['repetition']} occurs twice")
        found.add(case)
        yield run


def _run(record: dict[str, Any]) -> dict[str, Any]:
    if record["kind"] not in ("throughput", "latency"):
        raise ValueError(f"kind '{record['kind']}' is neither throughput nor latency")
    if record["contender"] not in CONTENDERS:
        raise ValueError(f"contender '{record['contender']}' is unknown")
    run = {key: record[key] for key in CASE}
    run |= {"load": record.get("load"), "share": record.get("share")}
    if "error" in record:
        return {**run, "error": record["error"]}
    run |= {"rows": record["rows"], "mean_batch_rows": record.get("mean_batch_rows") or nan}
    run |= {key: record.get(key) for key in ("steady", "other_cpus")}
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
