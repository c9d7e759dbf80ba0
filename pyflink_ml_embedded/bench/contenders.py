# SPDX-License-Identifier: Apache-2.0
"""The systems that the benchmark compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

__all__ = [
    "ALTERNATIVES",
    "BATCH_CONTENDERS",
    "CONTENDERS",
    "EMBEDDED",
    "LIMITS",
    "VARIANTS",
    "Contender",
]

_BUNDLE_SIZE = "python.fn-execution.bundle.size"
_BUNDLE_TIME = "python.fn-execution.bundle.time"
_ARROW_BATCH_SIZE = "python.fn-execution.arrow.batch.size"
_ONE_BY_ONE = {_BUNDLE_SIZE: "1", _BUNDLE_TIME: "1", _ARROW_BATCH_SIZE: "1"}
_MANY = {_BUNDLE_SIZE: "10000", _ARROW_BATCH_SIZE: "10000"}
_DEFAULT_BUNDLE = 1000  # of PyFlink


@dataclass(frozen=True)
class Contender:
    """One way to run a model.

    Attributes:
        title: what ``bench --list`` shows.
        way: ``loop`` without Flink, ``model`` of ML_PREDICT, ``udtf`` or ``udf`` of PyFlink.
        method: the method of the Python class that it calls, or None.
        asynchronous: whether Flink calls it asynchronously.
        execution_mode: that of generic-python.
        properties: more properties of the model.
        options: Flink's configuration.
        most_rows: capacity of a batch or bundle; None if it has none.
    """

    title: str
    way: str
    method: str | None = None
    asynchronous: bool = False
    execution_mode: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    most_rows: int | None = None


def _rows(mode: str, title: str) -> Contender:
    return Contender(f"generic-python, {title}row by row", "model", "predict", execution_mode=mode)


def _batches(mode: str, title: str, size: int) -> Contender:
    return Contender(
        f"generic-python, {title}in batches of at most {size:,}",
        "model",
        "predict_batch",
        asynchronous=True,
        execution_mode=mode,
        most_rows=size,
    )


def _in_python(contender: Contender) -> Contender:
    title = f"{contender.title}, ONNX in Python instead of C"
    return replace(contender, title=title, properties={"engine": "python"})


def _process(title: str, way: str, options: Mapping[str, str]) -> Contender:
    return Contender(
        title,
        way,
        "predict" if way == "udtf" else "predict_batch",
        options={"python.execution-mode": "process", **options},
        most_rows=int(options.get(_BUNDLE_SIZE, _DEFAULT_BUNDLE)),
    )


# In the order of all tables and plots.
CONTENDERS: Mapping[str, Contender] = {
    "embedded-row": _rows("thread", ""),
    "embedded-batch": _batches("thread", "", 1024),
    "embedded-batch-16": _batches("thread", "", 16),
    "embedded-batch-128": _batches("thread", "", 128),
    "embedded-row-python": _in_python(_rows("thread", "")),
    "embedded-batch-python": _in_python(_batches("thread", "", 1024)),
    "worker-row": _rows("process", "process mode, "),
    "worker-batch": _batches("process", "process mode, ", 1024),
    "worker-batch-128": _batches("process", "process mode, ", 128),
    "process-row": _process("PyFlink, process mode", "udtf", {}),
    "process-row-latency": _process("PyFlink, process mode, bundles of 1", "udtf", _ONE_BY_ONE),
    "process-row-throughput": _process("PyFlink, process mode, bundles of 10,000", "udtf", _MANY),
    "process-pandas": _process("PyFlink, pandas UDF", "udf", {}),
    "process-pandas-latency": _process("PyFlink, pandas UDF, bundles of 1", "udf", _ONE_BY_ONE),
    "process-pandas-throughput": _process("PyFlink, pandas UDF, bundles of 10,000", "udf", _MANY),
    "thread": Contender(
        "PyFlink, thread mode", "udtf", "predict", options={"python.execution-mode": "thread"}
    ),
    "pemja": Contender("PemJa's invokeMethod, row by row", "model", "predict"),
    "http": Contender("a model server over HTTP", "model", "predict", asynchronous=True),
    "java-onnx": Contender("ONNX Runtime's Java API, row by row", "model"),
    "java-onnx-batch": Contender(
        "ONNX Runtime's Java API, in batches of at most 1,024",
        "model",
        asynchronous=True,
        most_rows=1024,
    ),
    "loop-row": Contender("the model in a Python loop, row by row", "loop", "predict"),
    "loop-batch": Contender(
        "the model in a Python loop, in batches", "loop", "predict_batch", most_rows=1024
    ),
    "java": Contender("a Java function that does nothing", "model"),
    "java-async": Contender(
        "an asynchronous Java function that does nothing", "model", asynchronous=True
    ),
}
EMBEDDED = ("embedded-row", "embedded-batch")
LIMITS = ("loop-row", "loop-batch", "java", "java-async")
ALTERNATIVES = tuple(
    name
    for name, contender in CONTENDERS.items()
    if name not in LIMITS and contender.execution_mode is None
)
# A system with another size of its batches or bundles, or another engine.
VARIANTS = frozenset(
    name
    for name in CONTENDERS
    if name.endswith(("-16", "-128", "-latency", "-throughput", "-python"))
)
BATCH_CONTENDERS = frozenset(
    name
    for name, contender in CONTENDERS.items()
    if contender.method == "predict_batch" or name == "java-onnx-batch"
)
