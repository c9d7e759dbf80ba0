# SPDX-License-Identifier: Apache-2.0
"""Batches that are sorted by the lengths of their rows, and cut into several calls."""

from __future__ import annotations

import contextvars
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyflink_ml_embedded import BatchPredictFunction
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._native import Columns, OpenFunction

from .columns import column
from .test_batches import Batches, in_format
from .test_nested import tables
from .test_types import patient, same

# The type of a column, and how a value of a length is made; None where the length is not known.
LENGTHS = {
    "STRING": lambda length: "ß" * length,
    "VARCHAR(20)": lambda length: "x" * length,
    "BYTES": lambda length: b"\0" * length,
    "ARRAY<INT>": lambda length: list(range(length)),
    "ARRAY<STRING>": lambda length: ["text"] * length,
    "TINYINT": lambda length: length,
    "SMALLINT": lambda length: length,
    "INT": lambda length: length,
    "BIGINT": lambda length: length,
}


def open_sorted(
    function: BatchPredictFunction,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
    length_column: str,
    max_length: int | None,
) -> OpenFunction:
    """Opens a function as with the options batch-length-column and max-batch-length."""
    make = partial(BatchCaller, function, length_column=length_column, max_length=max_length)
    return OpenFunction(function, "m", inputs, outputs, contextvars.Context(), False, 64, make)


def echo(batch: pa.RecordBatch) -> Any:
    """Returns the numbers of the rows."""
    return {"y": batch["number"]}


@patient
@given(
    sql_type=st.sampled_from(list(LENGTHS)),
    lengths=st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=40),
    most=st.none() | st.integers(1, 60),
)
@example(sql_type="STRING", lengths=[None, 3, 0, 20, 20, 1, 7], most=20)
def test_every_row_has_its_own_result_and_every_call_is_within_the_limit(
    sql_type: str, lengths: list[int | None], most: int | None
) -> None:
    """A result in the wrong row is the worst that can happen, and a long call lacks memory."""
    calls: list[list[int]] = []

    def predict(batch: pa.RecordBatch) -> Any:
        calls.append([lengths[number] or 0 for number in batch["number"].to_pylist()])
        batch.validate(full=True)
        return echo(batch)

    inputs = [column("key", sql_type), column("number", "INT")]
    opened = open_sorted(Batches(predict), inputs, [column("y", "INT")], "key", most)
    make = LENGTHS[sql_type]
    rows = [
        (None if length is None else make(length), number) for number, length in enumerate(lengths)
    ]
    assert [[row.y for row in results] for results in opened.predict_batch(rows)] == [
        [number] for number in range(len(lengths))
    ]
    in_turn = [length for call in calls for length in call]
    assert in_turn == sorted((length or 0 for length in lengths), reverse=True)
    if most is None:
        assert len(calls) == 1
    else:
        assert all(len(call) == 1 or len(call) * call[0] <= most for call in calls)
        # No two calls could have been one.
        assert all(
            (len(call) + 1) * max(call[0], 1) > most or not following
            for call, following in zip(calls, [*calls[1:], []], strict=True)
        )
    opened.close()


@patient
@given(table=tables(null_keys=False), data=st.data())
def test_values_of_all_types_come_back_in_order(table: Any, data: Any) -> None:
    """Rows are gathered before a call and results after it, in Arrow's memory."""
    columns, rows = table
    lengths = data.draw(
        st.lists(st.integers(-1, 9), min_size=len(rows), max_size=len(rows)), label="lengths"
    )
    opened = open_sorted(
        Batches(lambda batch: batch.select([one["name"] for one in columns])),
        [*columns, column("length", "INT")],
        columns,
        "length",
        12,
    )
    if rows:
        found = opened.predict_batch([(*row, n) for row, n in zip(rows, lengths, strict=True)])
        assert [len(results) for results in found] == [1] * len(rows)
        assert same([tuple(row) for (row,) in found], rows)
    opened.close()


FORMS = {
    "dict": lambda x: {"a": x, "b": [str(value) for value in x]},
    "columns": lambda x: [np.array(x), [str(value) for value in x]],
    "rows": lambda x: [(value, str(value)) for value in x],
    "dicts": lambda x: [{"b": str(value), "a": value} for value in x],
    "table": lambda x: pa.table({"b": [str(value) for value in x], "a": x}),
    "frame": lambda x: pd.DataFrame({"a": x, "b": [str(value) for value in x]}),
    "pair": lambda x: (
        {
            "a": [value for value in x for _ in range(value % 3)],
            "b": [str(value) for value in x for _ in range(value % 3)],
        },
        [row for row, value in enumerate(x) for _ in range(value % 3)],
    ),
    "sometimes a pair": lambda x: FORMS["pair" if x[0] % 2 else "rows"](x),
}


@pytest.mark.parametrize("batch_format", ["arrow", "pandas", "numpy"])
@pytest.mark.parametrize("form", FORMS)
def test_results_of_every_form_are_put_back(form: str, batch_format: str) -> None:
    """The calls of a batch may differ in the form and the number of their results."""
    calls: list[list[int]] = []

    def predict(batch: Any) -> Any:
        values = batch["x"]
        calls.append(values.to_pylist() if batch_format == "arrow" else values.tolist())
        return FORMS[form](calls[-1])

    opened = open_sorted(
        in_format(batch_format)(predict),
        [column("x", "INT", nullable=False)],
        [column("a", "INT"), column("b", "STRING")],
        "x",
        20,
    )
    numbers = [3, 9, 1, 4, 8, 2, 7, 5]
    found = opened.predict_batch([(value,) for value in numbers])
    assert calls == [[9, 8], [7, 5], [4, 3, 2, 1]]
    is_pair = dict.fromkeys(numbers, form == "pair")
    if form == "sometimes a pair":
        is_pair = {value: bool(call[0] % 2) for call in calls for value in call}
    assert [[tuple(row) for row in results] for results in found] == [
        [(value, str(value))] * (value % 3 if is_pair[value] else 1) for value in numbers
    ]


def test_matrix_of_features_has_the_rows_of_the_call() -> None:
    """feature_matrix reads the columns themselves where a batch is not sorted."""

    class Matrix(BatchPredictFunction):
        def predict_batch(self, batch: Any) -> Any:
            return self.feature_matrix(batch, "float64").sum(axis=1)

    inputs = [column("x", "INT"), column("z", "DOUBLE")]
    opened = open_sorted(Matrix(), inputs, [column("y", "DOUBLE")], "x", 6)
    for rows in ([(1, 0.5), (3, 0.25), (2, 0.0)], [(2, 0.5), (2, 0.25)]):
        found = opened.predict_batch(rows)
        assert [row.y for (row,) in found] == [x + z for x, z in rows]


def test_sorted_rows_are_not_copied() -> None:
    """A copy costs time and memory, and rows of one length need no order."""
    batches: list[pa.RecordBatch] = []
    inputs, outputs = Columns([column("number", "BIGINT")]), Columns([column("y", "BIGINT")])
    inputs.write([(3,), (2,), (2,)])
    place = pa.record_batch(inputs)["number"].buffers()[1].address

    def predict(batch: pa.RecordBatch) -> Any:
        batches.append(batch)
        return echo(batch)

    caller = BatchCaller(Batches(predict), outputs, length_column="number", max_length=9)
    assert caller(inputs, 0, 3) is None
    assert batches[0]["number"].buffers()[1].address == place


def test_failure_of_a_call_fails_the_batch() -> None:
    """The JVM then finds the row by parts of the batch, so no result may be left."""

    def predict(batch: pa.RecordBatch) -> Any:
        if 1 in batch["number"].to_pylist():
            raise ValueError("there is a 1")
        return echo(batch)

    opened = open_sorted(
        Batches(predict), [column("number", "INT")], [column("y", "INT")], "number", 4
    )
    with pytest.raises(ValueError, match="there is a 1"):
        opened.predict_batch([(1,), (2,), (3,), (4,)])
    assert [row.y for (row,) in opened.predict_batch([(2,), (4,), (3,)])] == [2, 4, 3]
