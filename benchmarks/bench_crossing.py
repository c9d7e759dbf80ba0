"""What does a batch cost on its way into Python and out again, without a JVM?

Rows of 32 DOUBLEs come in, and ``predict_batch`` returns a float32 matrix of two columns that was
made before. The steps, and next to each the least that another way must do:

- in: the columns that Java writes become a RecordBatch, through the C Data Interface.
  Beside it: ``RecordBatch.from_arrays`` of ready arrays.
- matrix: ``feature_matrix(batch)`` makes float32 of all columns.
  Beside it: ``numpy.stack`` of the columns as numpy arrays.
- out: the result is checked and written to the columns that Java reads.
  Beside it: ``numpy.copyto`` of its transpose, into a ready array of doubles.
- all: in and out, with the call of ``predict_batch``, which looks at nothing.

The results of all are checked before they are timed. Steps alternate, in an order that rotates each
round; a turn lasts about 20 ms. Time is CPU time. Figures are medians with quartiles.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from _common import (
    BENCHMARKS,
    Summary,
    describe_machine,
    format_machine,
    format_markdown,
    save_results,
)
from _onnx import FEATURES, features

from pyflink_ml_embedded import BatchPredictFunction
from pyflink_ml_embedded._batch import BatchCaller
from pyflink_ml_embedded._batch_results import ResultWriter
from pyflink_ml_embedded._feature_matrix import feature_matrix
from pyflink_ml_embedded._native import Columns

sys.path.append(str(BENCHMARKS.parent / "tests"))
from native.columns import column

_ROWS = (1, 16, 256, 1024)
_OUTPUTS = 2
_TURN_SECONDS = 0.02

_Steps = dict[str, Callable[[], Any]]


class _Ready(BatchPredictFunction):
    """Returns the same result for each batch."""

    def __init__(self, result: npt.NDArray[np.float32]) -> None:
        self._result = result

    def predict_batch(self, batch: Any) -> npt.NDArray[np.float32]:
        return self._result


def _doubles(prefix: str, count: int) -> Columns:
    return Columns([column(f"{prefix}{index}", "DOUBLE") for index in range(count)])


def _make_steps(rows: int) -> _Steps:
    """Returns the steps for batches of so many rows, once their results are right."""
    inputs, outputs = _doubles("x", FEATURES), _doubles("y", _OUTPUTS)
    matrix = features(rows)
    inputs.write(matrix.tolist())
    schema = pa.schema(inputs)
    result = np.ascontiguousarray(matrix[:, :_OUTPUTS])
    ready = np.empty((_OUTPUTS, rows))
    caller = BatchCaller(_Ready(result), outputs)
    writer = ResultWriter(outputs)

    def lend() -> pa.RecordBatch:
        return pa.RecordBatch._import_from_c(inputs.lend(0, rows), schema)

    def stack() -> npt.NDArray[np.float32]:
        arrays = [array.to_numpy() for array in batch.columns]
        return np.stack(arrays, axis=1, dtype=np.float32, casting="same_kind")

    batch = lend()
    arrays = batch.columns
    steps = {
        "in": lend,
        "in: from_arrays": lambda: pa.RecordBatch.from_arrays(arrays, schema=schema),
        "matrix": lambda: feature_matrix(batch),
        "matrix: stack": stack,
        "out": lambda: writer.write(result, rows),
        "out: copyto": lambda: np.copyto(ready, result.T),
        "all": lambda: caller(inputs, 0, rows),
    }
    for name in ("in", "in: from_arrays"):
        assert steps[name]().to_pydict() == pa.record_batch(inputs).to_pydict(), name
    for name in ("matrix", "matrix: stack"):
        np.testing.assert_array_equal(steps[name](), matrix)
    for name in ("out", "all"):
        outputs.write([])
        steps[name]()
        np.testing.assert_array_equal(feature_matrix(pa.record_batch(outputs)), result)
    steps["out: copyto"]()
    np.testing.assert_array_equal(ready.T, result)
    return steps


def _time(step: Callable[[], Any], calls: int) -> float:
    """Returns the CPU microseconds of one of so many calls."""
    start = time.process_time()
    for _ in range(calls):
        step()
    return (time.process_time() - start) / calls * 1e6


def _measure(steps: _Steps, rounds: int) -> dict[str, list[float]]:
    """Returns the microseconds of each step in each round."""
    calls = {}
    for name, step in steps.items():
        _time(step, 10)
        calls[name] = max(1, round(_TURN_SECONDS * 1e6 / max(_time(step, 100), 0.1)))
    found: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for _ in range(rounds):
        for name in names:
            found[name].append(_time(steps[name], calls[name]))
        names.append(names.pop(0))
    return found


def _table(found: dict[int, dict[str, list[float]]]) -> str:
    """Returns a Markdown table of microseconds a batch."""
    header = ["step", *(f"{rows:,} rows" for rows in _ROWS), "ns a further row"]
    table = []
    for name in found[_ROWS[0]]:
        summaries = [Summary.of_quartiles(found[rows][name]) for rows in _ROWS]
        more = (summaries[-1].median - summaries[0].median) / (_ROWS[-1] - _ROWS[0]) * 1e3
        table.append([name, *(summary.format(2) for summary in summaries), f"{more:.1f}"])
    return format_markdown(header, table)


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-crossing.json and .md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    if args.rounds < 2:
        parser.error("--rounds: quartiles need at least 2")
    machine = describe_machine()
    found = {rows: _measure(_make_steps(rows), args.rounds) for rows in _ROWS}
    results = {"question": __doc__, "machine": machine, "us_per_batch": found}
    path = save_results("bench-crossing", results)
    report = (
        "# What a batch costs to cross\n\n"
        "Written by `make bench-crossing`; `benchmarks/bench_crossing.py` says what the steps "
        f"are.\n\n{format_machine(machine, 'pyarrow', 'numpy')}; {args.rounds} rounds. "
        f"Microseconds a batch; medians, quartiles stand in brackets.\n\n{_table(found)}\n"
    )
    path.with_suffix(".md").write_text(report)
    print(f"{report}\nAll rounds are in {path}.")


if __name__ == "__main__":
    main()
