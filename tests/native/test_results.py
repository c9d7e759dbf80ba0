# SPDX-License-Identifier: Apache-2.0
"""Valid results of predict reach Flink, and failures of predict become errors."""

from __future__ import annotations

import collections
import contextvars
import dataclasses
import decimal
import gc
import itertools
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pydantic
import pyflink.common
import pytest

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import OpenFunction

from .columns import Function, column, open_function

TWO = [column("label", "STRING"), column("score", "DOUBLE")]
ONE = [column("score", "DOUBLE")]
TEXT = [column("label", "STRING")]
VECTOR = [column("vector", "ARRAY<DOUBLE>")]
MATRIX = [column("matrix", "ARRAY<ARRAY<DOUBLE>>")]
COUNTS = [column("counts", "MAP<STRING, INT>")]
PAIR = [column("p_fraud", "DOUBLE"), column("p_ok", "DOUBLE")]
X = [column("x", "BIGINT")]
Named = collections.namedtuple("Named", ["label", "score"])
Swapped = collections.namedtuple("Swapped", ["score", "label"])


@dataclasses.dataclass
class Data:
    score: float
    label: str


@attrs.define
class Attrs:
    score: float
    label: str


class Model(pydantic.BaseModel):
    score: float

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def label(self) -> str:
        return "a"


class Typed(NamedTuple):
    score: float
    label: str


def emitted_in_batch(result: Any, outputs: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Returns the rows that come out where predict is called for a row of a batch."""
    function = Function(lambda row: result)
    opened = OpenFunction(function, "m", X, outputs, contextvars.Context(), batch_size=2)
    (rows,) = opened.predict_batch([[1]])
    return [tuple(row) for row in rows]


def emitted(result: Any, outputs: list[dict[str, Any]] = TWO) -> list[tuple[Any, ...]]:
    """Returns the rows that come out where predict returns ``result``."""
    return [tuple(row) for row in open_function(lambda row: result, X, outputs)([1])]


PATHS = pytest.mark.parametrize("path", [emitted, emitted_in_batch])


@PATHS
@pytest.mark.parametrize(
    "make",
    [
        lambda: [Row("a", 0.5)],
        lambda: [Row(score=0.5, label="a")],
        lambda: [Row(SCORE=0.5, Label="a")],
        lambda: [Row(first="a", second=0.5)],
        lambda: [pyflink.common.Row("a", 0.5)],
        lambda: [pyflink.common.Row(score=0.5, label="a")],
        lambda: [("a", 0.5)],
        lambda: [["a", 0.5]],
        lambda: [{"score": 0.5, "label": "a"}],
        lambda: [{"SCORE": 0.5, "label": "a"}],
        lambda: [types.MappingProxyType({"score": 0.5, "label": "a"})],
        lambda: [Named("a", 0.5)],
        lambda: [Swapped(0.5, "a")],
        lambda: [Data(0.5, "a")],
        lambda: [Attrs(0.5, "a")],
        lambda: [Model(score=0.5)],
        lambda: (("a", 0.5),),
        lambda: iter([("a", 0.5)]),
        lambda: (row for row in [("a", 0.5)]),
        lambda: collections.deque([("a", 0.5)]),
        lambda: {("a", 0.5)},
        lambda: {"a": 0.5}.items(),
        lambda: np.array([["a", 0.5]], object),
        lambda: Row("a", 0.5),
        lambda: Row(score=0.5, label="a"),
        lambda: {"label": "a", "score": 0.5},
        lambda: collections.ChainMap({"label": "a"}, {"score": 0.5}),
        lambda: collections.UserDict(label="a", score=0.5),
        lambda: pyflink.common.Row("a", 0.5),
        lambda: Named("a", 0.5),
        lambda: Typed(0.5, "a"),
        lambda: Data(0.5, "a"),
        lambda: Attrs(0.5, "a"),
        lambda: Model(score=0.5),
        lambda: pd.DataFrame({"score": [0.5], "label": ["a"]}).itertuples(index=False),
        lambda: pa.table({"score": [0.5], "label": ["a"]}).to_pylist(),
    ],
)
def test_every_documented_shape_is_one_row(
    path: Callable[..., Any], make: Callable[[], Any]
) -> None:
    """docs/write-a-model.md lists them."""
    assert path(make(), TWO) == [("a", 0.5)]


@PATHS
@pytest.mark.parametrize(
    "make", [lambda: None, list, tuple, lambda: iter(()), lambda: {}.keys(), lambda: np.array([])]
)
def test_nothing_drops_the_row(path: Callable[..., Any], make: Callable[[], Any]) -> None:
    """As a table function that emits nothing."""
    assert path(make(), TWO) == []


@PATHS
@pytest.mark.parametrize(
    ("outputs", "make", "expected"),
    [
        (ONE, lambda: [0.5], [(0.5,)]),
        (ONE, lambda: [None], [(None,)]),
        (ONE, lambda: (0.5,), [(0.5,)]),
        (ONE, lambda: {0.5}, [(0.5,)]),
        (ONE, lambda: np.array([0.5]), [(0.5,)]),
        (ONE, lambda: np.array([[0.5]]), [(0.5,)]),
        (ONE, lambda: np.array([[0.5], [1.5]]), [(0.5,), (1.5,)]),
        (ONE, lambda: [np.array(0.5)], [(0.5,)]),
        (ONE, lambda: pd.Series([0.5]), [(0.5,)]),
        (ONE, lambda: [(0.5,), [1.5], Row(2.5), {"score": 3.5}], [(n + 0.5,) for n in range(4)]),
        (ONE, lambda: (n + 0.5 for n in range(2)), [(0.5,), (1.5,)]),
        (ONE, lambda: map(float, range(2)), [(0.0,), (1.0,)]),
        (TEXT, lambda: ["ab"], [("ab",)]),
        (TEXT, lambda: np.array(["ab"]), [("ab",)]),
        (PAIR, lambda: np.array([[0.5, 1.5]]), [(0.5, 1.5)]),
        (PAIR, lambda: np.array([[1, 2], [3, 4]], "f4"), [(1.0, 2.0), (3.0, 4.0)]),
        (VECTOR, lambda: [np.array([0.5, 1.5])], [([0.5, 1.5],)]),
        (VECTOR, lambda: [np.array([0.5]), np.array([1.5])], [([0.5],), ([1.5],)]),
        (VECTOR, lambda: np.array([[0.5, 1.5]]), [([0.5, 1.5],)]),
        (VECTOR, lambda: [([0.5, 1.5],)], [([0.5, 1.5],)]),
        (VECTOR, lambda: [[[0.5, 1.5]]], [([0.5, 1.5],)]),
        (VECTOR, lambda: {"vector": [0.5, 1.5]}, [([0.5, 1.5],)]),
        (MATRIX, lambda: np.array([[[0.5]]]), [([[0.5]],)]),
        (COUNTS, lambda: [({"a": 1},)], [({"a": 1},)]),
        (COUNTS, lambda: {"counts": {"a": 1}}, [({"a": 1},)]),
    ],
)
def test_result_of_one_meaning_is_accepted(
    path: Callable[..., Any], outputs: Any, make: Callable[[], Any], expected: Any
) -> None:
    """Most models have one column, and return a value, an array or a matrix for it."""
    assert path(make(), outputs) == expected


SEVERAL = (
    r"return \[\(v,\) for v in values\] for one row for each, or \[\(values,\)\] for one row whose "
    "ARRAY they are"
)
ONE_ARRAY = r"if it is the ARRAY of one row, return \[\(values,\)\]"


@PATHS
@pytest.mark.parametrize(
    ("outputs", "make", "message"),
    [
        (ONE, lambda: [0.5, 1.5], f"'score': predict returned 2 values in a list .*{SEVERAL}"),
        (ONE, lambda: (0.5, 1.5), f"returned 2 values in a tuple .*{SEVERAL}"),
        (ONE, lambda: {0.5, 1.5}, f"returned 2 values in a set .*{SEVERAL}"),
        (ONE, lambda: [None, None], SEVERAL),
        (ONE, lambda: [(0.5,), 1.5], SEVERAL),
        (ONE, lambda: {"a": 0.5, "b": 1.5}.values(), SEVERAL),
        (ONE, lambda: np.array([0.5, 1.5]), f"2 values in a numpy.ndarray .*{SEVERAL}"),
        (ONE, lambda: pd.Series([0.5, 1.5]), f"2 values in a Series .*{SEVERAL}"),
        (ONE, lambda: [np.array([0.5]), np.array([1.5])], SEVERAL),
        (TEXT, lambda: ["a", "b"], SEVERAL),
        (VECTOR, lambda: [0.5, 1.5], SEVERAL),
        (VECTOR, lambda: [[0.5, 1.5]], r"a list is a row: return \[\(value,\)\]"),
        (VECTOR, lambda: np.array([0.5, 1.5]), ONE_ARRAY),
        (VECTOR, lambda: np.array([]), ONE_ARRAY),
        (MATRIX, lambda: np.array([[0.5]]), ONE_ARRAY),
        (COUNTS, lambda: {"a": 1}, "got a dict whose names do not fit"),
        (COUNTS, lambda: [{"a": 1}], "got a dict whose names do not fit"),
        (PAIR, lambda: np.array([0.5, 1.5]), r"for one row return \[\(p_fraud, p_ok\)\]"),
        (PAIR, lambda: [np.array([0.5, 1.5])], r"for one row return \[\(p_fraud, p_ok\)\]"),
        (PAIR, lambda: np.array([[1.0, 2.0, 3.0]]), "got a row of 3 values"),
        (PAIR, lambda: np.zeros((1, 2, 2)), "predict returned numpy.ndarray; it must return"),
        (ONE, lambda: np.array(0.5), r"predict returned numpy.ndarray; .* \[\(score,\)\]"),
        (ONE, lambda: np.float64(0.5), r"predict returned numpy.float64; .* \[\(score,\)\]"),
        (ONE, lambda: bytearray(b"ab"), "predict returned bytearray"),
        (TEXT, lambda: pd.DataFrame({"label": ["a"]}), r"frame.itertuples\(index=False\)"),
        (TEXT, lambda: pa.table({"label": ["a"]}), r"return table.to_pylist\(\)"),
        (TEXT, lambda: pa.record_batch({"label": ["a"]}), r"return table.to_pylist\(\)"),
        (TWO, lambda: pd.Series({"label": "a", "score": 0.5}), "got str as a row"),
        (TWO, lambda: {"label": ["a"], "score": [0.5]}, "'label': expected STRING, got list"),
        (TWO, lambda: [("a",)], r"a row of 1 values, the model's OUTPUT has 2 \(label, score\)"),
        (TWO, lambda: [("a", 0.5, 1)], "got a row of 3 values"),
        (TWO, lambda: [Row("a")], "got a row of 1 values"),
        (TWO, lambda: [{"label": "a"}], "names do not fit: they must be 'label', 'score'$"),
        (TWO, lambda: [{"label": "a", "score": 1, "x": 2}], "got a row of 3 values"),
        (TWO, lambda: ["a"], "got str as a row"),
        (TWO, lambda: ("a", 0.5), r"got str as a row; .* for one row return \[\(label, score\)\]"),
        (TWO, lambda: "ab", "predict returned str; it must return a list of rows"),
        (TWO, lambda: b"ab", "predict returned bytes"),
        (TWO, lambda: 5, "predict returned int; it must return a list of rows"),
        (TWO, lambda: [None], "got NoneType as a row"),
    ],
)
def test_result_of_another_shape_says_what_to_return(
    path: Callable[..., Any], outputs: Any, make: Callable[[], Any], message: str
) -> None:
    """The message is all that the user of a cluster sees."""
    with pytest.raises(ConversionError, match=message):
        path(make(), outputs)


def test_frame_of_polars_says_what_to_return() -> None:
    """Its items are columns, as those of a frame of pandas."""
    polars = pytest.importorskip("polars")
    with pytest.raises(ConversionError, match=r"return frame.iter_rows\(named=True\)"):
        emitted(polars.DataFrame({"label": ["a"]}), TEXT)


NEAREST = "no name matches column 'score'; the nearest is 'sorce'"


@PATHS
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: [Row(label="a", sorce=1.0)], f"Row whose names do not fit: {NEAREST}"),
        (lambda: [Row(sorce=1.0, label="a")], NEAREST),
        (lambda: [pyflink.common.Row(label="a", sorce=1.0)], NEAREST),
        (lambda: [Row(label="a", LABEL="b")], "no name matches column 'score'"),
        (
            lambda: [{"label": "a", "sorce": 1.0}],
            r"got a dict whose names do not fit: they must be .*; the nearest: 'sorce'$",
        ),
        (
            lambda: {"lable": "a", "sorce": 1.0},
            "they must be 'label', 'score'; the nearest: 'lable', 'sorce'$",
        ),
        (
            lambda: [collections.namedtuple("Pair", ["label", "sorce"])("a", 1.0)],
            f"got a Pair whose names do not fit: {NEAREST}",
        ),
        (
            lambda: dataclasses.make_dataclass("Pair", ["label", "sorce"])("a", 1.0),
            "got a Pair whose names do not fit: they must be 'label', 'score'; the nearest: ",
        ),
        (
            lambda: dataclasses.make_dataclass("Pair", ["a", "b"])("a", 1.0),
            "got a Pair whose names do not fit: they must be",
        ),
    ],
)
def test_names_that_contradict_the_columns_are_refused(
    path: Callable[..., Any], make: Callable[[], Any], message: str
) -> None:
    """By position, a misspelt name would swap two columns of one type without a word."""
    with pytest.raises(ConversionError, match=message):
        path(make(), TWO)


def test_names_of_each_record_are_matched_again() -> None:
    """What is known of the names of one record does not hold for the next."""
    first = dataclasses.make_dataclass("First", ["p_ok", "p_fraud"])
    records = [
        *[Row(p_ok=0.25, p_fraud=0.75), Row(p_fraud=0.75, p_ok=0.25), Row(0.75, 0.25)],
        *[Row(P_OK=0.25, P_FRAUD=0.75), Row(a=0.75, b=0.25), first(0.25, 0.75)],
        *[{"P_OK": 0.25, "p_fraud": 0.75}, Row(p_ok=0.25, p_fraud=0.75), Row(a=0.75, b=0.25)],
    ]
    assert emitted([*records, *records[::-1]], PAIR) == [(0.75, 0.25)] * 18


def test_names_by_position_of_a_row_are_not_those_of_a_dict() -> None:
    """A Row has an order, and a dict has none."""
    rows = [Row(a=0.75, b=0.25), {"a": 0.75, "b": 0.25}]
    with pytest.raises(ConversionError, match="names do not fit: they must be 'p_fraud'"):
        emitted(rows, PAIR)


def test_keys_that_may_be_data_are_not_shown() -> None:
    """A model may return a dict from a text of the row to its score."""
    with pytest.raises(ConversionError) as error:
        emitted({"I hate my boss": 0.5, "label": "a"})
    assert "boss" not in str(error.value)


def test_row_of_the_input_is_matched_by_position_where_its_names_are_others() -> None:
    """Its names are those of the input, which say nothing about the output."""
    opened = open_function(lambda row: [row], [column("a", "BIGINT"), column("b", "BIGINT")],
                    [column("c", "BIGINT"), column("d", "BIGINT")])  # fmt: skip
    assert [tuple(row) for row in opened((1, 2))] == [(1, 2)]


def test_row_of_the_input_with_one_name_of_the_output_is_refused() -> None:
    """By position, b would get the value of a."""
    opened = open_function(lambda row: [row], [column("a", "BIGINT"), column("b", "BIGINT")],
                    [column("b", "BIGINT"), column("c", "BIGINT")])  # fmt: skip
    with pytest.raises(ConversionError, match="no name matches column 'c'"):
        opened((1, 2))


def test_class_of_a_result_is_not_kept() -> None:
    """It holds the modules of its model, which must go when the model is closed."""
    classes = [dataclasses.make_dataclass("Record", ["x"])]
    opened = open_function(lambda row: [classes[0](1)], X, X)
    assert opened([1]) == [Row(x=1)]
    gone = weakref.ref(classes.pop())
    opened.close()
    gc.collect()
    assert gone() is None


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


Record = dataclasses.make_dataclass("Record", ["x", "s", "d"])
RecordTuple = collections.namedtuple("RecordTuple", ["d", "s", "x"])


@pytest.mark.parametrize(
    "predict",
    [
        lambda row: [row, row],
        lambda row: [{"x": 1, "s": "text", "d": decimal.Decimal("1.5")}],
        lambda row: [pyflink.common.Row(x=1, s="text", d=None)],
        lambda row: (item for item in [row]),
        lambda row: [(1, "text")],
        lambda row: [(Raising(), "text", None)],
        lambda row: [Record(1, "text", None)],
        lambda row: RecordTuple(1, "text", None),
        lambda row: types.MappingProxyType({"X": 1, "s": "text", "d": None}),
        lambda row: [Row(X=1, s="text", d=None), Row(d=None, s="text", x=1)],
        lambda row: [{"x": 1, "s": "text", "e": None}],
        lambda row: np.array([[1, "text", None]], object),
        lambda row: [1, 2],
        lambda row: pd.DataFrame({"x": [1]}),
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
