# SPDX-License-Identifier: Apache-2.0
"""Batches between the columns that Java writes and predict_batch, without a JVM."""

from __future__ import annotations

import contextvars
import gc
import itertools
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pyflink_ml_embedded import BatchPredictFunction, ConversionError, PredictFunction, Row
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._native import Columns, OpenFunction

from .columns import SCALAR_TYPES, column
from .columns import Function as RowFunction

NESTED_TYPES = [
    "ARRAY<INT>",
    "ARRAY<STRING>",
    "MAP<STRING, DOUBLE>",
    "ROW<a INT, b ARRAY<STRING>>",
    "ARRAY<ROW<a INT, b STRING>>",
]


class Batches(BatchPredictFunction):
    """A batch function that calls a callable."""

    def __init__(self, predict_batch: Callable[[Any], Any]) -> None:
        self._call = predict_batch

    def predict_batch(self, batch: Any) -> Any:
        return self._call(batch)


def in_format(batch_format: str) -> type[Batches]:
    """Returns a class of batch functions with that format."""
    return type("InFormat", (Batches,), {"batch_format": batch_format})


def open_batches(
    function: Any,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
    batch_size: int = 8,
    length_column: str | None = None,
) -> OpenFunction:
    """Opens a function of batches or of rows for batches."""
    make = partial(BatchCaller, function, length_column=length_column)
    make = make if isinstance(function, BatchPredictFunction) else None
    context = contextvars.Context()
    return OpenFunction(function, "m", inputs, outputs, context, False, batch_size, make)


def caller_of(
    function: BatchPredictFunction, inputs: list[dict[str, Any]], rows: list[tuple[Any, ...]]
) -> tuple[BatchCaller, Columns, Columns]:
    """Returns a caller with its INPUT, which has these rows, and its OUTPUT of one DOUBLE."""
    written, outputs = Columns(inputs), Columns([column("y", "DOUBLE")])
    written.write(rows)
    return BatchCaller(function, outputs), written, outputs


VALUES = {
    "BOOLEAN": [True, None, False],
    "STRING": ["", None, "zoë"],
    "BYTES": [b"", None, b"\0\xff"],
    "DECIMAL(10, 2)": [Decimal("-1.50"), None, Decimal("99999999.99")],
    "ARRAY<INT>": [[1, None], None, []],
    "ARRAY<STRING>": [["a", None], None, []],
    "MAP<STRING, DOUBLE>": [{"a": 1.0}, None, {}],
    "ROW<a INT, b ARRAY<STRING>>": [(1, ["x"]), None, (None, None)],
    "ARRAY<ROW<a INT, b STRING>>": [[(1, "x"), None], None, []],
}


def values_of(sql_type: str) -> list[Any]:
    """Returns three values, the middle one None; for other types those that need no care."""
    if sql_type in VALUES:
        return VALUES[sql_type]
    columns = Columns([column("x", sql_type)])
    for value in (1, Decimal(1), np.datetime64(1, "s"), np.datetime64(1, "D")):
        try:
            columns.write([(value,)])
        except ConversionError:
            continue
        return [columns.rows()[0][0], None, columns.rows()[0][0]]
    from datetime import datetime, time, timezone

    zoned = sql_type.startswith("TIMESTAMP_LTZ")
    value = datetime(2020, 2, 3, tzinfo=timezone.utc) if zoned else time(1, 2, 3)
    return [value, None, value]


@pytest.mark.parametrize("sql_type", [*SCALAR_TYPES, *NESTED_TYPES])
def test_batch_that_comes_back_is_the_same(sql_type: str) -> None:
    """Java and Arrow share one memory layout, in both directions."""
    rows = [(value,) for value in values_of(sql_type)]
    function = open_batches(
        Batches(lambda batch: batch), [column("x", sql_type)], [column("y", sql_type)]
    )
    echoed = function.predict_batch(rows)
    by_row = open_batches(
        RowFunction(lambda row: [(row[0],)]), [column("x", sql_type)], [column("y", sql_type)]
    ).predict_batch(rows)
    assert echoed == by_row
    assert [result[0][0] is None for result in echoed] == [False, True, False]


@pytest.mark.parametrize("sql_type", [*SCALAR_TYPES, *NESTED_TYPES])
@pytest.mark.parametrize("start", range(9))
def test_rows_behind_others_are_a_batch_too(sql_type: str, start: int) -> None:
    """A batch may start after other rows, so its validity bits may start inside a byte."""
    values = values_of(sql_type) * 4
    seen: list[pa.RecordBatch] = []
    caller, inputs, _ = caller_of(
        Batches(lambda batch: seen.append(batch) or [0.0] * len(batch)),
        [column("x", sql_type)],
        [(value,) for value in values],
    )
    caller(inputs, start, 3)
    seen[0].validate(full=True)
    whole = pa.record_batch(inputs)
    assert seen[0].num_rows == 3
    assert seen[0].to_pylist() == whole.to_pylist()[start : start + 3]


def test_format_is_what_the_class_asks_for() -> None:
    """Users must not have to convert batches for their library by hand."""
    expected = {"arrow": pa.RecordBatch, "pandas": pd.DataFrame, "numpy": dict}
    for batch_format, kind in expected.items():
        seen: list[Any] = []
        function = in_format(batch_format)(
            lambda batch, seen=seen: seen.append(batch) or np.zeros(2)
        )
        open_batches(function, [column("x", "DOUBLE")], [column("y", "DOUBLE")]).predict_batch(
            [(1.0,), (2.0,)]
        )
        assert type(seen[0]) is kind
        assert list(seen[0]["x"]) == [1.0, 2.0] or seen[0]["x"].to_pylist() == [1.0, 2.0]


def test_numbers_of_the_numpy_format_are_views_that_nobody_can_write() -> None:
    """No copy is made, and a retried row must be as Flink sent it."""
    seen: list[dict[str, Any]] = []
    function = in_format("numpy")(lambda batch: seen.append(batch) or np.zeros(2))
    inputs = [column("x", "DOUBLE"), column("n", "INT"), column("s", "STRING")]
    caller, columns, _ = caller_of(function, inputs, [(1.0, 1, "a"), (2.0, 2, None)])
    caller(columns, 0, 2)
    first = pa.record_batch(columns)
    assert seen[0]["x"].ctypes.data == first["x"].buffers()[1].address
    with pytest.raises(ValueError, match="read-only"):
        seen[0]["x"][0] = 7
    assert seen[0]["n"].ctypes.data == first["n"].buffers()[1].address
    assert seen[0]["s"].tolist() == ["a", None]


def test_unknown_format_fails_at_open() -> None:
    """The error must not wait for the first row."""
    with pytest.raises(ModelError, match="batch_format is 'polars'; valid are 'arrow', 'pandas'"):
        BatchCaller(in_format("polars")(lambda batch: batch), Columns([column("y", "INT")]))


def test_kept_batches_stay_as_they_were() -> None:
    """User code may keep a batch, so its memory must not be written again."""
    kept: list[pa.RecordBatch] = []
    function = open_batches(
        Batches(lambda batch: kept.append(batch) or batch),
        [column("x", "BIGINT"), column("s", "STRING")],
        [column("y", "BIGINT"), column("t", "STRING")],
    )
    for number in range(100):
        function.predict_batch([(number, f"row {number}"), (-number, None)])
    assert [batch.to_pylist() for batch in kept] == [
        [{"x": number, "s": f"row {number}"}, {"x": -number, "s": None}] for number in range(100)
    ]


def test_matrix_of_a_batch_is_that_of_its_columns() -> None:
    """The exported batch takes a shortcut, which must give the same matrix."""
    types = [*SCALAR_TYPES, "ARRAY<INT>"]
    inputs = [column(f"x{index}", sql_type) for index, sql_type in enumerate(types)]
    rows = list(zip(*(values_of(sql_type) * 30 for sql_type in types), strict=True))
    found: list[Any] = []

    class Matrix(BatchPredictFunction):
        def predict_batch(self, batch: pa.RecordBatch) -> Any:
            for dtype in ("float32", "float64"):
                found.append(self.feature_matrix(batch, dtype))
                found.append(self.feature_matrix(batch.slice(0), dtype))
            return np.zeros(len(batch))

    caller, columns, _ = caller_of(Matrix(), inputs, rows)
    for start, count in [(0, 90), (1, 70), (7, 64), (89, 1)]:
        caller(columns, start, count)
    for short, long in zip(found[::2], found[1::2], strict=True):
        assert short.dtype == long.dtype
        assert short.flags.c_contiguous
        np.testing.assert_array_equal(short, long)
    assert found[0].shape == (90, 8)


def test_matrix_after_the_call_is_that_of_the_kept_batch() -> None:
    """The columns already hold other rows by then."""
    kept: list[pa.RecordBatch] = []
    batches = Batches(lambda batch: kept.append(batch) or np.zeros(len(batch)))
    function = open_batches(batches, [column("x", "DOUBLE")], [column("y", "DOUBLE")])
    function.predict_batch([(1.0,), (2.0,)])
    function.predict_batch([(3.0,)])
    assert batches.feature_matrix(kept[0]).tolist() == [[1.0], [2.0]]
    kept_in_context: contextvars.Context = function.context.copy()
    assert kept_in_context.run(batches.feature_matrix, kept[0]).tolist() == [[1.0], [2.0]]


def test_matrix_needs_no_attribute_of_the_function() -> None:
    """A user's class may have slots, or forbid that attributes are set."""
    found: list[Any] = []

    class Frozen(BatchPredictFunction):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

        def predict_batch(self, batch: pa.RecordBatch) -> Any:
            found.append(self.feature_matrix(batch).tolist())
            return np.zeros(len(batch))

    function = open_batches(Frozen(), [column("x", "DOUBLE")], [column("y", "DOUBLE")])
    function.predict_batch([(1.0,), (2.0,)])
    assert found == [[[1.0], [2.0]]]


def test_no_batch_has_no_matrix_between_two_calls() -> None:
    """The columns of the last batch must not be read for it."""
    batches = Batches(lambda batch: np.zeros(len(batch)))
    function = open_batches(batches, [column("x", "DOUBLE")], [column("y", "DOUBLE")])
    function.predict_batch([(1.0,)])
    with pytest.raises(TypeError, match="got NoneType"):
        function.context.run(batches.feature_matrix, None)


def test_rows_before_one_that_fails_keep_their_results() -> None:
    """Java completes them, and then continues after the failed row."""
    function = open_batches(
        RowFunction(lambda row: [1 / row[0]]), [column("x", "DOUBLE")], [column("y", "DOUBLE")]
    )
    with pytest.raises(ZeroDivisionError):
        function.predict_batch([(1.0,), (2.0,), (0.0,), (4.0,)])
    assert function.predict_batch([(4.0,)]) == [[Row(y=0.25)]]


def test_rows_have_any_number_of_results() -> None:
    """A row may have no result or several, as on the row path."""
    function = open_batches(
        RowFunction(lambda row: [(y,) for y in range(row[0])]),
        [column("n", "INT")],
        [column("y", "INT")],
    )
    assert function.predict_batch([(2,), (0,), (1,)]) == [
        [Row(y=0), Row(y=1)],
        [],
        [Row(y=0)],
    ]


def test_batch_function_predicts_one_row() -> None:
    """On the row path a batch has one row, and still any number of results."""
    function = Batches(lambda batch: ([1, 2, 3], [0, 0, 0]))
    opened = open_batches(function, [column("x", "INT")], [column("y", "INT")], batch_size=0)
    assert opened((5,)) == [Row(y=1), Row(y=2), Row(y=3)]


@pytest.mark.parametrize("count", [0, 9])
def test_batches_have_one_row_to_batch_size(count: int) -> None:
    """Functions must not have to handle an empty batch."""
    function = open_batches(PassesThrough(), [column("x", "INT")], [column("y", "INT")])
    with pytest.raises(ValueError, match="a batch has 1 to 8 rows"):
        function.predict_batch([(1,)] * count)


def test_offsets_of_another_number_than_rows_are_refused() -> None:
    """Java would read those of an earlier batch."""
    fields = [column("x", "INT")]

    def make(output: Columns) -> Callable[[Columns, int, int], Any]:
        return lambda inputs, start, count: np.zeros(count + 1, np.int32)

    function = OpenFunction(
        PassesThrough(), "m", fields, fields, contextvars.Context(), False, 8, make
    )
    with pytest.raises(RuntimeError, match="one offset for each row"):
        function.predict_batch([(1,)])


def test_negative_batch_size_is_refused() -> None:
    """It is the size of an allocation."""
    with pytest.raises(ValueError, match="batch_size is negative"):
        open_batches(PassesThrough(), [], [], batch_size=-1)


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, -1), (0, 2), (1, 1)])
def test_rows_outside_of_the_columns_are_not_exported(start: int, count: int) -> None:
    """Arrow would read memory of something else."""
    columns = Columns([column("x", "INT")])
    with pytest.raises(IndexError, match="outside of the columns"):
        columns.export(start, count)
    with pytest.raises(IndexError, match="outside of the columns"):
        columns.feature_matrix(start, count, np.empty, "float32")


class PassesThrough(PredictFunction):
    def predict(self, data: Row) -> list[Row]:
        return [data]


def test_batches_do_not_call_into_each_other() -> None:
    """The columns belong to the batch that is being predicted."""
    functions: list[OpenFunction] = []
    function = open_batches(
        Batches(lambda batch: functions[0].predict_batch([(1,)])),
        [column("x", "INT")],
        [column("y", "INT")],
    )
    functions.append(function)
    with pytest.raises(RuntimeError, match="predict was called while it was running"):
        function.predict_batch([(1,)])


@pytest.mark.parametrize("batch_format", ["arrow", "pandas", "numpy"])
def test_batches_leave_nothing_behind(batch_format: str) -> None:
    """A TaskManager predicts for months, so neither success nor failure may leak."""

    def halve(batch: Any) -> Any:
        if len(batch["x"]) == 3:
            raise ValueError("three rows")
        return {"y": [value / 2 for value in list(batch["n"])], "t": ["t"] * len(batch["x"])}

    function = open_batches(
        in_format(batch_format)(
            lambda batch: halve(batch.to_pydict() if batch_format == "arrow" else batch)
        ),
        [column("x", "STRING"), column("n", "DOUBLE"), column("l", "ARRAY<INT>")],
        [column("y", "DOUBLE"), column("t", "STRING")],
    )

    def work() -> int:
        for count in [1, 8, 2] * 50:
            function.predict_batch([("text", 1.0, [1, 2])] * count)
        for _ in range(50):
            with pytest.raises(ValueError, match="three rows"):
                function.predict_batch([("text", 1.0, [1, 2])] * 3)
        gc.collect()
        sys._clear_type_cache()  # it holds each str that an attribute was looked up with
        return sys.getallocatedblocks()

    work()
    blocks = [work() for _ in range(5)]
    # A leak shows in each round; a cache of pandas that fills up does not.
    assert min(b - a for a, b in itertools.pairwise(blocks)) <= 20, blocks


@pytest.mark.parametrize("first", [2, 4])
@pytest.mark.parametrize("length_column", [None, "x"])
@pytest.mark.parametrize(
    "by_column",
    [
        lambda x: np.stack([x, x * 10]),
        lambda x: [x.tolist(), (x * 10).tolist()],
        lambda x: [np.array([value, value * 10]) for value in x],
    ],
)
def test_batch_with_as_many_rows_as_columns_is_not_transposed(
    by_column: Callable[[Any], Any], length_column: str | None, first: int
) -> None:
    """The first batch of a job may have any length, and its results would be wrong."""
    function = in_format("numpy")(lambda batch: by_column(batch["x"]))
    opened = open_batches(
        function,
        [column("x", "BIGINT")],
        [column("a", "BIGINT"), column("b", "DOUBLE")],
        length_column=length_column,
    )
    for rows in (first, 2):
        with pytest.raises(ConversionError):
            opened.predict_batch([(number,) for number in range(rows)])


def test_first_row_is_apart_only_until_the_form_of_results_is_known() -> None:
    """Each call costs, and a row must not be predicted twice."""
    calls: list[list[int]] = []

    def predict(batch: Any) -> Any:
        calls.append(batch["x"].tolist())
        return [(x, x * 10) for x in calls[-1]]

    opened = open_batches(
        in_format("numpy")(predict),
        [column("x", "BIGINT")],
        [column("a", "BIGINT"), column("b", "BIGINT")],
    )
    for _ in range(2):
        found = opened.predict_batch([(1,), (2,)])
        assert [[tuple(row) for row in results] for results in found] == [[(1, 10)], [(2, 20)]]
    assert calls == [[1], [2], [1, 2]]


def test_arrays_are_predicted_and_leave_nothing_behind() -> None:
    """Files are predicted by it, in one long call after the other."""
    inputs = [column("x", "STRING"), column("n", "TIMESTAMP(9)"), column("l", "ARRAY<INT>")]

    def predict(batch: Any) -> Any:
        return (batch.take(pa.array([0, 0, 2])), [0, 0, 2]) if len(batch) == 3 else batch

    function = open_batches(Batches(predict), inputs, inputs)
    schema = pa.schema(Columns(inputs))
    times = [np.datetime64("2024-01-01T00:00:00.123456789", "ns") + i for i in range(8)]
    rows = [list("abcdefgh"), times, [[1], None, []] * 2 + [[4, 5], [6]]]
    arrays = [pa.array(values, field.type) for values, field in zip(rows, schema, strict=True)]

    def work() -> int:
        for _ in range(50):
            results, ends = function.predict_arrays([array[1:6] for array in arrays], 5)
            kept = pa.record_batch(results)
            assert memoryview(ends).cast("i").tolist() == [1, 2, 3, 4, 5]
            results, ends = function.predict_arrays([array[:3] for array in arrays], 3)
            assert memoryview(ends).cast("i").tolist() == [2, 2, 3]
            assert pa.record_batch(results).column(0).to_pylist() == ["a", "a", "c"]
            assert kept.equals(pa.record_batch([array[1:6] for array in arrays], schema=schema))
            with pytest.raises(ConversionError, match=r"^column 'l\[\]': expected INT, got str$"):
                function.predict_arrays([*arrays[:2], [["x"]] * 8], 8)
            with pytest.raises(ConversionError, match="INPUT has 3"):
                function.predict_arrays(arrays[:2], 8)
            with pytest.raises(ValueError, match="a batch has 1 to 8 rows, not 9"):
                function.predict_arrays(arrays, 9)
        gc.collect()
        sys._clear_type_cache()
        return sys.getallocatedblocks()

    work()
    blocks = [work() for _ in range(5)]
    assert min(b - a for a, b in itertools.pairwise(blocks)) <= 20, blocks
