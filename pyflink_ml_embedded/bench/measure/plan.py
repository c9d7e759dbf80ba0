# SPDX-License-Identifier: Apache-2.0
"""Plans the runs of a benchmark and their order."""

from __future__ import annotations

import importlib.util
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from ..contenders import CONTENDERS, EMBEDDED, LIMITS, VARIANTS
from ..results_format import SHARES
from .built_in import WORKLOADS
from .workload import Workload

__all__ = [
    "KEY_WORKLOADS",
    "Case",
    "Load",
    "loads_of",
    "reason_to_exclude",
    "reason_to_leave_out",
    "sessions",
    "with_floors",
]

KEY_WORKLOADS = ("doubles_1", "mixed", "json_100", "onnx_mlp")
"""One built-in workload of each kind, which is measured in every way."""

_SIZES = frozenset(name for name in VARIANTS if not name.endswith("-python"))
_OTHER_CALLS = frozenset({"worker-row", "worker-batch", "pemja", "http"})

# Types that JSON does not have.
_NOT_JSON = ("BINARY", "BYTES", "DATE", "DECIMAL", "TIME", "VARBINARY")


@dataclass(frozen=True)
class Case:
    """A measurement that runs once in each repetition."""

    workload: str
    contender: str
    parallelism: int


class Load(NamedTuple):
    """A pace: a share of a maximum.

    Attributes:
        name: ``slowest`` for the maximum of the slowest contender, or ``own``.
        share: the share of it.
        rows_per_second: the pace; None for ``own``, whose maximum the job measures itself.
    """

    name: str
    share: float
    rows_per_second: float | None


def sessions(cases: Sequence[Case], repetitions: int) -> Iterator[tuple[int, list[Case]]]:
    """Yields repetitions, and the cases that share a JVM, which are those of a contender.

    The contenders run one after the other, in an order that rotates, and so do the workloads.
    """
    contenders: dict[str, dict[str, list[Case]]] = {}
    for case in cases:
        contenders.setdefault(case.contender, {}).setdefault(case.workload, []).append(case)
    for repetition in range(repetitions):
        for workloads in _rotated(list(contenders.values()), repetition):
            rotated = _rotated(list(workloads.values()), repetition)
            yield repetition, [case for found in rotated for case in found]


def _rotated(items: Sequence[Any], repetition: int) -> list[Any]:
    start = repetition % max(1, len(items))  # the rules may leave out all cases of a measure
    return [*items[start:], *items[:start]]


def with_floors(contenders: Sequence[str]) -> list[str]:
    """Adds the Java functions that do nothing, the least that Flink's ways of calling take."""
    models = [CONTENDERS[name] for name in contenders if CONTENDERS[name].way == "model"]
    floors = {"java-async" if model.asynchronous else "java" for model in models}
    return [*contenders, *sorted(floors - set(contenders))]


def loads_of(case: Case, runs: Sequence[Mapping[str, Any]]) -> list[Load]:
    """Returns the loads of a latency run.

    Only generic-python in thread mode and the Java functions also have loads that are shares of
    their own maximum.

    Args:
        case: the case to run.
        runs: the throughput runs, including those of the case.

    Returns:
        an empty list if the throughput of the case is unknown.
    """
    speeds: dict[str, list[float]] = {}
    for run in runs:
        same = run["workload"] == case.workload and run["parallelism"] == case.parallelism
        if same and "error" not in run and CONTENDERS[run["contender"]].way != "loop":
            speeds.setdefault(run["contender"], []).append(run["rows_per_second"])
    if case.contender not in speeds:
        return []
    slowest = min(map(median, speeds.values()))
    loads = [Load("slowest", share, share * slowest) for share in SHARES]
    if case.contender in {*LIMITS, *EMBEDDED}:
        loads += [Load("own", share, None) for share in SHARES]
    return loads


def reason_to_exclude(
    name: str, workload: Workload, methods: Container[str], has_onnx_jar: bool
) -> str | None:
    """Returns why a contender cannot run a workload, or None if it can.

    Args:
        name: the name of the contender.
        workload: the workload to run.
        methods: the methods of its class, from ``find_methods``.
        has_onnx_jar: whether the jar of ONNX Runtime's Java API is available.
    """
    method = CONTENDERS[name].method
    if method is not None and method not in methods and name != "embedded-row":
        return f"the model has no {method}"
    if name == "http":
        for column in (*workload.inputs, *workload.outputs):
            if column.type.startswith(_NOT_JSON):
                return f"the server's JSON has no {column.type}"
    if "engine" in CONTENDERS[name].properties and workload.onnx_file is None:
        return "only an ONNX file has an engine"
    if name.startswith("java-onnx") and workload.onnx_file is None:
        return "the model is not an ONNX file with one matrix"
    if name.startswith("java-onnx") and not has_onnx_jar:
        return "no onnxruntime-*.jar was found; set --onnx-jar"
    if name == "http" and importlib.util.find_spec("uvicorn") is None:
        return "uvicorn is not installed: pip install 'pyflink-ml-embedded[bench]'"
    return None


def reason_to_leave_out(case: Case, measure: str) -> str | None:
    """Returns why a case would not inform a decision, or None if it would.

    Args:
        case: the case.
        measure: ``throughput`` or ``latency``.
    """
    if case.workload in WORKLOADS and case.workload not in KEY_WORKLOADS:
        key = ", ".join(KEY_WORKLOADS)
        if measure == "latency":
            return f"latency is measured on {key}"
        if case.parallelism > 1:
            return f"parallelism is compared on {key}"
        if case.contender in _SIZES:
            return f"sizes of batches and bundles are compared on {key}"
        if case.contender in _OTHER_CALLS:
            return f"what this way adds to a row is measured on {key}"
    if case.parallelism > 1 and case.contender in {*VARIANTS, "http", "pemja", "java-async"}:
        return "it compares ways of calling, at parallelism 1"
    if measure == "latency" and case.contender.endswith("-throughput"):
        return "large bundles wait longer for rows than default ones"
    return None
