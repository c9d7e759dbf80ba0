# SPDX-License-Identifier: Apache-2.0
"""Sorts the stacks that perf has sampled in a job by the steps of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["STEPS", "Sample", "read_samples", "step_of", "thread_of"]

_EMBEDDED = r"io\.github\.pyflink\.ml\.embedded\."
_FLINK_ASYNC = (
    r"\.operators\.async\.|\.mailbox\.|AsyncMLPredict|AsyncPredictFunction\$|AsyncTableResultFuture"
    r"|CompletableFuture"
)

# Thread -> step -> pattern of the functions that belong to it. A sample belongs to the step of the
# innermost function on its stack that one of the patterns matches, and otherwise to the step
# without a pattern. Steps are in the order of tables, and patterns are tried in it.
STEPS: dict[str, dict[str, str | None]] = {
    "task, row path": {
        "Flink: source, operators and sink": None,
        "provider in Java: version, counters, metrics": rf"{_EMBEDDED}(?!arrow|python|bench)",
        "columns written": rf"{_EMBEDDED}arrow\.(InputColumns|\w*Writer|Column\b|ColumnMemory)",
        "call from Java to C and back": rf"{_EMBEDDED}python|^native_predict|_by_engine$",
        "turn and GIL": r"^turns_|_gil$|^PyEval_(Restore|Save)Thread|^PyGILState_|^stack_limit",
        "call: context, checks, objects freed": r"^(open_function_|predict_row$|call_|PyContext_)",
        "Row created, its fields read": r"^(row_(?!to_arrow)|rows?_from_|read_|tuple_from_bits)",
        "predict()": r"^_PyEval_|^method_vectorcall|^PyObject_Vectorcall",
        "result checked and written": r"_to_arrow$|^write_|^append_|^value_of_|^columns_(try_)?res",
        "columns read": rf"{_EMBEDDED}arrow\.(OutputColumns|\w*Reader)",
    },
    "task, batch path": {
        "Flink: source, operators and sink": None,
        "Flink's asynchronous operator: queue, futures, mailbox": _FLINK_ASYNC,
        "provider in Java: future, lock, batch": rf"{_EMBEDDED}(?!arrow|bench)",
        "columns written": rf"{_EMBEDDED}arrow\.",
        "threads that wait and wake": r"Unsafe_(Park|Unpark)|\.park\(|\.unpark\(|Monitor|_futex$",
    },
    "Python, batch path": {
        "provider in Java: batches and their schedule": None,
        "threads that wait and wake": r"Unsafe_(Park|Unpark)|\.park\(|\.unpark\(|Monitor|_futex$",
        "call from Java to C and back, GIL": r"predictBatch|^native_predict|_gil$|^PyEval_(Re|Sa)",
        "columns exported, RecordBatch created": r"_import_from_c$|^columns_(arrow_c|export)",
        "predict_batch(), and the checks of its result": r"^_PyEval_|^_?PyObject_|^predict_batch",
        "result written": r"^columns_write|^arrays_|^import_array|_to_arrow$",
        "results read, rows created": rf"{_EMBEDDED}(arrow\.|BatchPredictor\.complete)",
        "Flink's asynchronous operator: futures, joined rows, mails": _FLINK_ASYNC,
    },
}
OTHERS = "others: garbage collector, compiler, Flink"

_HEADER = re.compile(r"(?P<thread>\S.*?)\s+\d+\s+(?P<seconds>\d+\.\d+):\s+(?P<period>\d+)\s*$")
_FRAME = re.compile(r"\s*[0-9a-f]+ (?P<function>.*) \((?P<file>\S*)\)$")
_PATTERNS = {
    thread: [(step, re.compile(pattern)) for step, pattern in steps.items() if pattern]
    for thread, steps in STEPS.items()
}


@dataclass(frozen=True)
class Sample:
    """A sample of perf.

    Attributes:
        thread: the name of the thread, of which Linux keeps 15 characters.
        moment: nanoseconds of the monotonic clock.
        period: the nanoseconds of CPU time that it stands for.
        functions: the names of the functions on the stack, innermost first.
    """

    thread: str
    moment: float
    period: int
    functions: Sequence[str]


def read_samples(text: str) -> Iterator[Sample]:
    """Reads the output of ``perf script -F comm,tid,time,period,ip,sym,dso``."""
    for block in text.split("\n\n"):
        header, *lines = block.strip("\n").split("\n")
        found = _HEADER.match(header)
        if found is not None:
            frames = filter(None, map(_FRAME.match, lines))
            functions = [_name(frame["function"], frame["file"]) for frame in frames]
            moment = float(found["seconds"]) * 1e9
            yield Sample(found["thread"], moment, int(found["period"]), functions)


def _name(function: str, file: str) -> str:
    """Returns the name of a function, without the types that Java's have."""
    return function.partition("(")[0].rpartition(" ")[2] if file.endswith(".map") else function


def thread_of(sample: Sample, is_batch: bool) -> str:
    """Returns the key of ``STEPS`` for the thread, or ``OTHERS``."""
    if sample.thread.startswith("Source: "):
        return "task, batch path" if is_batch else "task, row path"
    if is_batch and sample.thread.startswith("default_catalog"):  # the model's name
        return "Python, batch path"
    return OTHERS


def step_of(sample: Sample, thread: str) -> str:
    """Returns the step of a thread that a sample belongs to."""
    for function in sample.functions:
        for step, pattern in _PATTERNS[thread]:
            if pattern.search(function):
                return step
    return next(step for step, pattern in STEPS[thread].items() if pattern is None)
