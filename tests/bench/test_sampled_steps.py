# SPDX-License-Identifier: Apache-2.0
"""Samples of perf count for the right step of a row."""

from __future__ import annotations

import pytest
from _sampled_steps import OTHERS, STEPS, read_samples, step_of, thread_of

JAVA = "(/tmp/perf-7.map)"
EMBEDDED = "io.github.pyflink.ml.embedded"
CALL = f"int {EMBEDDED}.python.NativeBridge.predict(long, long) {JAVA}"

ROW_PATH = {
    "columns written": [
        f"void {EMBEDDED}.arrow.InputColumns.write(int, org.apache.flink.GenericRowData) {JAVA}"
    ],
    "columns read": [f"java.util.List {EMBEDDED}.arrow.OutputColumns.read(int, int) {JAVA}"],
    "call from Java to C and back": [CALL],
    "provider in Java: version, counters, metrics": [
        f"java.util.Collection {EMBEDDED}.GenericPythonPredictFunction.predict(RowData) {JAVA}"
    ],
    "turn and GIL": [
        "pthread_mutex_lock (/lib/libc.so.6)",
        "take_gil (/lib/libpython3.11.so.1.0)",
        "PyEval_RestoreThread (/lib/libpython3.11.so.1.0)",
        "native_predict (/lib/_native.so)",
        CALL,
    ],
    "call: context, checks, objects freed": [
        "list_dealloc (/lib/libpython3.11.so.1.0)",
        "predict_row (/lib/_native.so)",
        CALL,
    ],
    "Row created, its fields read": [
        "PyFloat_FromDouble (/lib/libpython3.11.so.1.0)",
        "read_double (/lib/_native.so)",
        "row_get (/lib/_native.so)",
        "_PyEval_EvalFrameDefault (/lib/libpython3.11.so.1.0)",
        "predict_row (/lib/_native.so)",
        CALL,
    ],
    "predict()": [
        "tuple_alloc (/lib/libpython3.11.so.1.0)",
        "_PyEval_EvalFrameDefault (/lib/libpython3.11.so.1.0)",
        "predict_row (/lib/_native.so)",
        CALL,
    ],
    "result checked and written": [
        "write_double (/lib/_native.so)",
        "sequence_to_arrow (/lib/_native.so)",
        "predict_row (/lib/_native.so)",
        CALL,
    ],
    "Flink: source, operators and sink": [
        "clear_page_erms ([kernel.kallsyms])",
        f"void StreamExecCalc$1.processElement(org.apache.flink.StreamRecord) {JAVA}",
    ],
}


def block(thread: str, frames: list[str]) -> str:
    """Returns a sample as perf script prints it."""
    lines = [f"{thread}  1365  5021.250000:    1003009 ", *(f"\t  7fa5{frame}" for frame in frames)]
    return "\n".join(lines).replace("7fa5", "7fa5 ") + "\n\n"


@pytest.mark.parametrize("step", ROW_PATH)
def test_sample_belongs_to_the_step_of_its_innermost_known_function(step: str) -> None:
    """A step would otherwise have the time of the functions that it is called by."""
    (sample,) = read_samples(block("Source: t1[1] -", ROW_PATH[step]))
    assert (sample.thread, sample.moment, sample.period) == ("Source: t1[1] -", 5021.25e9, 1003009)
    assert step_of(sample, thread_of(sample, is_batch=False)) == step


def test_every_step_of_the_row_path_has_samples() -> None:
    """A pattern that matches nothing would show a step that takes no time."""
    assert set(ROW_PATH) == set(STEPS["task, row path"])


def test_type_of_a_result_is_not_a_function() -> None:
    """The time of the provider would otherwise be that of Flink's futures."""
    name = f"java.util.concurrent.CompletableFuture {EMBEDDED}.GenericPythonAsync.asyncPredict(Row)"
    (sample,) = read_samples(block("Source: t1[1] -", [f"{name} {JAVA}"]))
    assert step_of(sample, "task, batch path") == "provider in Java: future, lock, batch"


def test_threads_are_told_apart_by_their_names() -> None:
    """The garbage collector works beside the rows, not for one step of them."""
    names = ["Source: t1[1] -", "default_catalog", "GC Thread#1"]
    samples = list(read_samples("".join(block(name, [CALL]) for name in names)))
    found = [thread_of(sample, is_batch=True) for sample in samples]
    assert found == ["task, batch path", "Python, batch path", OTHERS]
