# SPDX-License-Identifier: Apache-2.0
"""Plans the runs of a benchmark and their order."""

from __future__ import annotations

import importlib.util
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..contenders import CONTENDERS
from ..results_format import LOADS, SHARES
from .workload import Workload

__all__ = ["Case", "loads_of", "reason_to_exclude", "turns"]

# Types that JSON does not have.
_NOT_JSON = ("BINARY", "BYTES", "DATE", "DECIMAL", "TIME", "VARBINARY")


@dataclass(frozen=True)
class Case:
    """A measurement that runs once in each repetition."""

    workload: str
    contender: str
    parallelism: int


def turns(cases: Sequence[Case], repetitions: int) -> Iterator[tuple[int, Case]]:
    """Yields repetitions and cases, so that compared contenders alternate.

    The contenders of a workload run one after the other, in an order that rotates.
    """
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.workload, case.parallelism), []).append(case)
    for repetition in range(repetitions):
        for group in groups.values():
            start = repetition % len(group)
            for case in (*group[start:], *group[:start]):
                yield repetition, case


def loads_of(case: Case, runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """Returns the loads of a latency run: the name, the share and the rows per second.

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
    maxima = {contender: median(found) for contender, found in speeds.items()}
    slowest = min(maxima.values())
    return [
        (load, share, share * most)
        for load, most in zip(LOADS, (slowest, maxima[case.contender]), strict=True)
        for share in SHARES
    ]


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
