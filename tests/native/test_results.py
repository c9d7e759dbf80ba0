# SPDX-License-Identifier: Apache-2.0
"""Valid results of predict reach Flink, and failures of predict become errors."""

from __future__ import annotations

import collections
import contextvars
import decimal
import gc
import itertools
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pyflink.common
import pytest

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import OpenFunction

from .columns import Function, column, open_function

TWO = [column("label", "STRING"), column("score", "DOUBLE")]
ONE = [column("score", "DOUBLE")]
X = [column("x", "BIGINT")]
Named = collections.namedtuple("Named", ["label", "score"])


def emitted(result: Any, outputs: list[dict[str, Any]] = TWO) -> list[tuple[Any, ...]]:
    """Returns the rows that come out where predict returns ``result``."""
    return [tuple(row) for row in open_function(lambda row: result, X, outputs)([1])]


@pytest.mark.parametrize(
    "result",
    [
        [Row("a", 0.5)],
        [Row(score=0.5, label="a")],
        [pyflink.common.Row("a", 0.5)],
        [pyflink.common.Row(score=0.5, label="a")],
        [("a", 0.5)],
        [["a", 0.5]],
        [{"score": 0.5, "label": "a"}],
        [Named("a", 0.5)],
        (("a", 0.5),),
        iter([("a", 0.5)]),
        (row for row in [("a", 0.5)]),
        collections.deque([("a", 0.5)]),
        {("a", 0.5)},
        Row("a", 0.5),
        {"label": "a", "score": 0.5},
        pyflink.common.Row("a", 0.5),
    ],
    ids=lambda result: type(result).__name__,
)
def test_every_documented_shape_is_one_row(result: Any) -> None:
    """docs/write-a-model.md lists them."""
    assert emitted(result) == [("a", 0.5)]


@pytest.mark.parametrize("result", [None, [], (), iter(()), {}.keys()])
def test_nothing_drops_the_row(result: Any) -> None:
    """As a table function that emits nothing."""
    assert emitted(result) == []


@pytest.mark.parametrize(
    "result", [[0.5, 1.5], (0.5, 1.5), [(0.5,), [1.5]], [Row(0.5), {"score": 1.5}]]
)
def test_scalars_are_rows_of_one_output(result: Any) -> None:
    """A regression returns numbers."""
    assert emitted(result, ONE) == [(0.5,), (1.5,)]


def test_row_of_the_input_is_matched_by_position() -> None:
    """Its names are those of the input, which say nothing about the output."""
    opened = open_function(lambda row: [row], [column("a", "BIGINT"), column("b", "BIGINT")],
                    [column("b", "BIGINT"), column("c", "BIGINT")])  # fmt: skip
    assert [tuple(row) for row in opened((1, 2))] == [(1, 2)]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([("a",)], r"got a row of 1 values, the model's OUTPUT has 2 \(label, score\)"),
        ([("a", 0.5, 1)], "got a row of 3 values"),
        ([Row("a")], "got a row of 1 values"),
        ([{"label": "a"}], "column 'score': missing in the dict"),
        ([{"label": "a", "score": 1, "x": 2}], "got a row of 3 values"),
        ([{"label": "a", "sorce": 1}], "column 'score': missing in the dict"),
        (["a"], "got str as a row"),
        (("a", 0.5), "got str as a row"),
        ("ab", "predict returned str; it must return a list of rows"),
        (b"ab", "predict returned bytes"),
        (5, "predict returned int; it must return a list of rows"),
        ([None], "got NoneType as a row"),
    ],
)
def test_wrong_shape_says_what_is_valid(result: Any, message: str) -> None:
    """The message is all that the user of a cluster sees."""
    with pytest.raises(ConversionError, match=message):
        emitted(result)


class Raising:
    """An object of which every conversion raises."""

    def __index__(self) -> int:
        raise ZeroDivisionError("from __index__")

    def __float__(self) -> float:
        raise ZeroDivisionError("from __float__")


@pytest.mark.parametrize("sql_type", ["INT", "DOUBLE", "DECIMAL(10, 2)"])
def test_error_in_a_conversion_is_the_cause(sql_type: str) -> None:
    """The user needs the traceback of his own code."""
    with pytest.raises(ConversionError, match="column 'y'") as error:
        emitted([Raising()], [column("y", sql_type)])
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_list_that_shrinks_while_it_is_read_is_refused() -> None:
    """__index__ is user code, and reading on would read freed memory."""
    outputs = [column(name, "INT") for name in "abc"]
    values: list[Any] = []

    class Shrinking:
        def __index__(self) -> int:
            del values[1:]
            gc.collect()
            return 1

    values[:] = [Shrinking(), object(), object()]
    with pytest.raises(ConversionError, match="got a row of 1 values"):
        emitted([values], outputs)


def test_result_list_that_is_cleared_while_it_is_read_ends_there() -> None:
    """A for loop over the list would end in the same way."""
    rows: list[Any] = []

    class Clearing:
        def __index__(self) -> int:
            rows.clear()
            return 7

    rows[:] = [(Clearing(),), (1,), (2,)]
    assert emitted(rows, [column("y", "INT")]) == [(7,)]


def test_row_whose_value_is_replaced_while_it_is_read_keeps_it_alive() -> None:
    """The old value must live until it has been written."""
    row = Row(None, 5)

    class Replacing:
        def __index__(self) -> int:
            row[0] = None
            row[1] = 6
            gc.collect()
            return 3

    row[0] = Replacing()
    assert emitted([row], [column("a", "INT"), column("b", "INT")]) == [(3, 6)]


def test_predict_that_calls_itself_is_refused() -> None:
    """The columns hold the row that is being predicted."""
    opened = open_function(lambda row: opened([2]), X, X)
    with pytest.raises(RuntimeError, match="predict was called while it was running"):
        opened([1])


def test_function_is_usable_after_a_failure() -> None:
    """Flink restarts jobs, but a test or a user may go on with the same function."""
    results: Iterator[Any] = iter([[("bad",)], ValueError("boom"), [(7,)]])

    def predict(row: Row) -> Any:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    opened = open_function(predict, X, [column("y", "INT", nullable=False)])
    with pytest.raises(ConversionError):
        opened([1])
    with pytest.raises(ValueError, match="boom"):
        opened([1])
    assert opened([1]) == [Row(y=7)]
    assert opened.rows == 3


def test_closed_function_refuses_to_predict() -> None:
    """Its columns are gone."""
    opened = open_function(lambda row: [row], X, X)
    opened.close()
    with pytest.raises(RuntimeError, match="predict was called after close"):
        opened([1])


class Resources:
    """Notes when it is closed, and whether the function is still there then."""

    def __init__(self) -> None:
        self.closed: list[bool] = []
        self.function: weakref.ref[Any] = weakref.ref(self)

    def close(self) -> None:
        self.closed.append(self.function() is None)


def test_resources_are_closed_once_and_after_the_function_is_gone() -> None:
    """They are the modules that its class is from, and the directory of its files."""
    resources = Resources()
    function = Function(lambda row: [row])
    resources.function = weakref.ref(function)
    opened = OpenFunction(function, "m", X, X, contextvars.Context(), resources=resources)
    del function
    opened.close()
    opened.close()
    assert resources.closed == [True]


def test_error_of_the_resources_leaves_the_function_closed() -> None:
    """A second close must not fail for the same reason again."""

    class Failing:
        def close(self) -> None:
            raise OSError("disk")

    function = Function(lambda row: [row])
    opened = OpenFunction(function, "m", X, X, contextvars.Context(), resources=Failing())
    with pytest.raises(OSError, match="disk"):
        opened.close()
    opened.close()
    assert opened.function is None


def test_context_variables_last_from_row_to_row() -> None:
    """decimal's and numpy's settings live in them, and Java threads come and go."""
    counter: contextvars.ContextVar[int] = contextvars.ContextVar("counter", default=0)

    def predict(row: Row) -> Any:
        counter.set(counter.get() + 1)
        return [(counter.get(),)]

    opened, other = open_function(predict, X, X), open_function(predict, X, X)
    assert [opened([1])[0][0] for _ in range(3)] == [1, 2, 3]
    assert other([1]) == [Row(x=1)]
    assert counter.get() == 0


@pytest.mark.parametrize(
    "predict",
    [
        lambda row: [row, row],
        lambda row: [{"x": 1, "s": "text", "d": decimal.Decimal("1.5")}],
        lambda row: [pyflink.common.Row(x=1, s="text", d=None)],
        lambda row: (item for item in [row]),
        lambda row: [(1, "text")],
        lambda row: [(Raising(), "text", None)],
        lambda row: 1 / 0,
        lambda row: [(1, "\ud800", None)],
    ],
)
def test_calls_leave_objects_and_references_as_they_were(predict: Callable[[Row], Any]) -> None:
    """One leaked object per row ends every long job."""
    columns = [column("x", "BIGINT"), column("s", "STRING"), column("d", "DECIMAL(10, 2)")]
    opened = open_function(predict, columns, columns)
    singletons = (None, True, opened, opened.function, predict, decimal.Decimal)

    calls = 400

    def work() -> list[int]:
        for _ in range(calls):
            try:
                opened((1, "text", decimal.Decimal("2.50")))
            except Exception:  # the failing calls are counted like the others
                continue
        gc.collect()
        return [*map(sys.getrefcount, singletons), len(gc.get_objects())]

    work()
    rounds = [work() for _ in range(4)]
    # A leak shows in each round; leftovers of other tests do not.
    for counts in zip(*rounds, strict=True):
        assert min(abs(b - a) for a, b in itertools.pairwise(counts)) < calls / 2, counts
