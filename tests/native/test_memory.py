# SPDX-License-Identifier: Apache-2.0
"""Buffers grow, are reused and shrink, and exhausted memory only raises an error."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyflink.common
import pytest

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import Columns

from .allocations import Call, Check, assert_survives_failed_allocations
from .columns import SCALAR_TYPES, column, open_function
from .test_types import UTC, same

MEGABYTE = 2**20
SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")


SIZES = [0, 1, 255, 256, 257, 3000, 300_000, 3, 30_000, 0, 300_000, 1]


@pytest.mark.parametrize(
    ("sql_type", "make"),
    [
        ("STRING", lambda size: "é" * size),
        ("BYTES", lambda size: b"x" * size),
        ("ARRAY<DOUBLE>", lambda size: [float(i) for i in range(size)]),
        ("ARRAY<STRING>", lambda size: ["x", None, "yz"] * (size // 3)),
        ("ARRAY<ARRAY<INT>>", lambda size: [[], [1, None], None] * (size // 30)),
        ("MAP<INT, STRING>", lambda size: {i: str(i) for i in range(size // 10)}),
        ("ROW<a ARRAY<BYTES>, b STRING>", lambda size: Row(a=[b"x"] * (size // 3), b="y" * size)),
        ("ARRAY<ROW<a STRING, b ARRAY<BIGINT>>>",
         lambda size: [Row(a=str(i), b=[i]) for i in range(size // 30)]),
    ],
)  # fmt: skip
def test_values_of_changing_size_cross_unchanged(sql_type: str, make: Callable[[int], Any]) -> None:
    """Growing keeps existing values, and shrunken buffers can grow again."""
    columns = [column("before", "STRING"), column("x", sql_type), column("after", sql_type)]
    opened = open_function(lambda row: [row, row], columns, columns)
    written = Columns(columns)
    for size in SIZES:
        row = ("text", make(size), make(min(size, 5)))
        assert same([tuple(result) for result in opened(row)], [row, row])
        written.write([row, (None, None, row[2]), row])
        assert same([tuple(r) for r in written.rows()], [row, (None, None, row[2]), row])


VALUES: dict[str, Callable[[int], Any]] = {
    "STRING": lambda size: "x" * size,
    "BYTES": lambda size: b"x" * size,
    "ARRAY<DOUBLE>": lambda size: np.arange(size / 8),
    "ARRAY<STRING>": lambda size: ["x" * (size // 64)] * 64,
    "ARRAY<ARRAY<BIGINT>>": lambda size: [np.arange(size // 512)] * 64,
}


def is_same(left: Any, right: Any) -> bool:
    """Whether arrays are equal, also in a list, or texts: faster than ``same``."""
    if isinstance(left, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    equal = np.array_equal(left, right) if isinstance(left, np.ndarray) else left == right
    return type(left) is type(right) and bool(equal)


@pytest.mark.parametrize("sql_type", VALUES)
def test_memory_shrinks_after_a_row_of_64_megabytes(
    sql_type: str, held_megabytes: Callable[[], int]
) -> None:
    """One giant document must not hold its size in each task for the rest of the job."""
    columns = [column("x", sql_type)]
    seen: list[Any] = []
    opened = open_function(lambda row: seen.append(row.x), columns, [], numpy_arrays=True)
    results = Columns(columns, numpy_arrays=True)

    def cross(value: Any) -> bool:
        opened((value,))
        results.write([(value,)])
        return is_same(seen.pop(), value) and is_same(results.rows()[0].x, value)

    large, small = VALUES[sql_type](64 * MEGABYTE), VALUES[sql_type](512)
    first = held_megabytes()
    assert cross(large)
    assert held_megabytes() >= first + 2 * 64
    assert all([cross(small), cross(small)])
    assert held_megabytes() == first
    assert cross(large)


def test_memory_of_many_rows_is_kept_for_the_next_call(held_megabytes: Callable[[], int]) -> None:
    """A function that emits many rows per call must not allocate in each call."""
    columns = Columns([column("x", "BIGINT"), column("s", "STRING")])
    columns.write([(1, "text" * 10)] * 100_000)
    first = held_megabytes()
    assert first > 0
    columns.write([(1, "text" * 10)] * 90_000)
    assert held_megabytes() == first


def buffer_addresses(columns: Columns) -> list[list[int]]:
    """Returns the addresses of the buffers of each column."""
    batch = pa.record_batch(columns)
    return [[b.address for b in array.buffers() if b is not None] for array in batch.columns]


def test_columns_stay_where_they_are_from_row_to_row() -> None:
    """Java keeps its views of them, and a row of usual size must allocate nothing."""
    columns = Columns([column(t, t) for t in SCALAR_TYPES] + [column("l", "ARRAY<INT>")])
    columns.write([(None,) * len(SCALAR_TYPES) + ([1] * 64,)])
    first = buffer_addresses(columns)
    for i in range(100):
        columns.write([(None,) * len(SCALAR_TYPES) + ([i] * (i % 64),)])
        assert buffer_addresses(columns)[:-1] == first[:-1]
    assert buffer_addresses(columns)[-1][-1:] == first[-1][-1:]


def test_buffers_of_an_export_are_not_written_again() -> None:
    """While somebody holds them, the next row goes elsewhere; then it stays there."""
    columns = Columns([column("x", "BIGINT")])
    columns.write([(1,)])
    held = pa.record_batch(columns)
    first = buffer_addresses(columns)
    columns.write([(2,)])
    second = buffer_addresses(columns)
    assert first != second
    del held
    columns.write([(3,)])
    assert buffer_addresses(columns) == second


def test_shrinking_of_elements_reads_only_their_memory() -> None:
    """Another column that stays large makes each call look again; sanitizers see a wrong read."""
    columns = [column("a", "ARRAY<STRING>"), column("b", "STRING")]
    opened = open_function(lambda row: [row], columns, columns)
    for row in (
        (["x"] * 200_000, "x"),
        (["x"] * 5_000, "x" * (2 * MEGABYTE)),
        (["x", "y"], "x" * (2 * MEGABYTE)),
        (["x"], "x"),
    ):
        assert [tuple(result) for result in opened(row)] == [row]


ZEROS = np.zeros(2**31, "i1")  # pages that nobody writes to take no memory


@pytest.mark.parametrize(
    ("sql_type", "make", "message"),
    [
        (
            "BYTES",
            lambda: memoryview(ZEROS),
            "a value of 2147483648 bytes is too long for BYTES",
        ),
        ("ARRAY<TINYINT>", lambda: ZEROS, "the values of one call take more than 2147483647 bytes"),
        ("ARRAY<DOUBLE>", lambda: ZEROS.view("f8"), "take more than 2147483647 bytes"),
        ("ARRAY<ARRAY<DOUBLE>>", lambda: [ZEROS.view("f8")], "take more than 2147483647 bytes"),
        ("MAP<INT, ARRAY<INT>>", lambda: {1: ZEROS.view("i4")}, "take more than 2147483647 bytes"),
    ],
)
def test_value_that_no_buffer_can_hold_is_refused(
    sql_type: str, make: Callable[[], Any], message: str
) -> None:
    """Arrow's offsets and Java's views end at 2 GiB; wrapping round would be a wrong value."""
    columns = Columns([column("x", sql_type)])
    with pytest.raises(ConversionError, match=r"column 'x(\.value)?(\[\])*': ") as error:
        columns.write([(make(),)])
    assert message in str(error.value)
    columns.write([(None,)])
    assert columns.rows() == [Row(x=None)]


@pytest.mark.skipif(SANITIZED, reason="takes two gigabytes, and sanitizers twice as many")
@pytest.mark.parametrize(
    ("sql_type", "make"),
    [
        ("BYTES", lambda: [(memoryview(ZEROS)[2**30 :],)] * 2),
        ("ARRAY<STRING>", lambda: [(["x" * 2**28] * 8,)]),
    ],
)
def test_values_that_no_buffer_can_hold_together_are_refused(
    sql_type: str, make: Callable[[], Any]
) -> None:
    """Each fits, but the offset after the last would be negative."""
    columns = Columns([column("x", sql_type)])
    with pytest.raises(ConversionError, match="have more than 2147483647 bytes"):
        columns.write(make())
    columns.write([(None,)])
    assert columns.rows() == [Row(x=None)]


# The n-th allocation fails, for every n. This runs in a separate process, where no test runner
# allocates meanwhile, and where a crash ends one test.

SCALARS: dict[str, Any] = {
    "BOOLEAN": True,
    "TINYINT": 5,
    "SMALLINT": -600,
    "INT": 70_000,
    "BIGINT": 2**60,
    "FLOAT": 1.5,
    "DOUBLE": -0.25,
    "STRING": "é" * 400,
    "BYTES": b"x" * 500,
    "DATE": dt.date(2024, 2, 29),
    "DECIMAL(10, 2)": Decimal("1.25"),
    "DECIMAL(38, 18)": Decimal("-12345678901234567890.123456789012345678"),
}
for _type in SCALAR_TYPES:
    if _type.startswith("TIMESTAMP"):
        SCALARS[_type] = dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC if "LTZ" in _type else None)
    elif _type.startswith("TIME"):
        SCALARS[_type] = dt.time(1, 2, 3)
NESTED = {
    "ARRAY<ROW<a INT, b STRING, m MAP<STRING, ARRAY<BIGINT>>>>": [
        *(Row(a=i + 1000, b=f"text {i}", m={"key": [i, None]}) for i in range(3)),
        None,
    ],
    "ROW<x INT, y ROW<z STRING, w ARRAY<STRING>>>": Row(x=1, y=Row(z="z", w=["a", None])),
    "MULTISET<STRING>": {"a": 3000},
    "ARRAY<DOUBLE>": [0.5, -0.0],
}
FIELDS = [column(f"c{i}", sql_type) for i, sql_type in enumerate([*SCALARS, *NESTED])]
STRUCT = f"c{len(SCALARS) + 1}"  # the name of the ROW
ROW = Row(**{f"c{i}": value for i, value in enumerate([*SCALARS.values(), *NESTED.values()])})


def is_same_as(expected: Any) -> Check:
    """Returns a check that a result is as expected."""
    return lambda result: same(result, expected)


# CPython 3.12 crashes where a function cannot be allocated: the calls make none.
def once(row: Row) -> Any:
    """Predicts the row."""
    return [row]


def twice(row: Row) -> Any:
    """Predicts the row, two times."""
    return [row, row]


def opened_once() -> tuple[Call, Check]:
    """One row through a function that is open."""
    opened = open_function(lambda row: [row], FIELDS, FIELDS)
    return lambda: opened(ROW), is_same_as([ROW])


def opened_each_time() -> tuple[Call, Check]:
    """A function is opened, used for one row and closed."""

    def call() -> Any:
        opened = open_function(once, FIELDS, FIELDS)
        results = opened(ROW)
        opened.close()
        return results

    return call, is_same_as([ROW])


def growing_function() -> tuple[Call, Check]:
    """A new function whose second row outgrows its buffers and whose third is short again."""
    types = ["STRING", "BYTES", "ARRAY<BIGINT>", "ARRAY<STRING>", "MAP<INT, ARRAY<STRING>>"]
    fields = [column(f"c{i}", sql_type) for i, sql_type in enumerate(types)]
    values = ["é" * 600, b"x" * 900, [1, None] * 35, ["x"] * 70, {i: ["y"] for i in range(65)}]
    short, long = ("", b"", [1], ["x"], {}), tuple(values)

    def call() -> Any:
        opened = open_function(twice, fields, fields)
        return [tuple(row) for values in (short, long, short) for row in opened(values)]

    expected = [short, short, long, long, short, short]
    return call, lambda results: results == expected


def written_columns() -> tuple[Call, Check]:
    """Columns are created, written and read."""

    def call() -> Any:
        columns = Columns(FIELDS)
        columns.write([ROW] * 3)
        return columns.rows()

    return call, is_same_as([ROW] * 3)


def columns_again() -> tuple[Call, Check]:
    """Columns that are exported are written again, while the export is held."""
    columns = Columns(FIELDS)
    columns.write([ROW] * 100)
    capsules = [columns.__arrow_c_array__()]

    def call() -> Any:
        columns.write([ROW, ROW])
        capsules[0] = columns.__arrow_c_array__()
        columns.write([ROW])
        return columns.rows()

    return call, is_same_as([ROW])


class Handed:
    """Hands capsules on to a consumer."""

    def __init__(self, capsules: Any) -> None:
        self._capsules = capsules

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._capsules


def export() -> tuple[Call, Check]:
    """Columns are written and exported."""
    columns = Columns(FIELDS)

    def call() -> Any:
        columns.write([ROW] * 3)
        return columns.__arrow_c_array__()

    def is_right(capsules: Any) -> bool:
        batch = pa.record_batch(Handed(capsules))
        batch.validate(full=True)
        return bool(batch.num_rows == 3 and batch.column(3).to_pylist() == [70_000] * 3)

    return call, is_right


def numpy_results() -> tuple[Call, Check]:
    """What predict gets and returns are numpy arrays, of the column's dtype and others."""
    types = {"d": "ARRAY<DOUBLE>", "i": "ARRAY<INT>", "s": "ARRAY<STRING>",
             "l": "ARRAY<ARRAY<BIGINT>>"}  # fmt: skip
    outputs = [column(name, sql_type) for name, sql_type in types.items()]
    inputs = [column("a", "ARRAY<DOUBLE>"), column("b", "ARRAY<ARRAY<INT>>")]
    integers, texts, grid = np.arange(3), np.array(["a", "b"]), np.arange(4).reshape(2, 2)
    seen: list[Any] = [None]

    def predict(row: Row) -> Any:
        seen[0] = row
        return [(row.a, integers, texts, grid)]

    opened = open_function(predict, inputs, outputs, numpy_arrays=True)
    expected = Row(d=[0.5, 1.0], i=[0, 1, 2], s=["a", "b"], l=[[0, 1], [2, 3]])

    def is_right(results: Any) -> bool:
        return same(seen[0].a, np.array([0.5, 1.0])) and same(results, [expected])

    return lambda: opened(([0.5, 1.0], [[1, 2], [3]])), is_right


def pyflink_rows() -> tuple[Call, Check]:
    """What predict returns are Rows of PyFlink."""
    theirs = pyflink.common.Row
    result = theirs(r=theirs(x=1000, y=[theirs(z="text")]))
    columns = [column("r", "ROW<x INT, y ARRAY<ROW<z STRING>>>")]
    opened = open_function(lambda row: [result], columns, columns)
    expected = Row(r=Row(x=1000, y=[Row(z="text")]))
    return lambda: opened(expected), is_same_as([expected])


def row_methods() -> tuple[Call, Check]:
    """A row that was read is used."""
    (row,) = open_function(lambda data: [data], FIELDS, FIELDS)(ROW)

    def call() -> Any:
        fresh = open_function(once, FIELDS[:12], FIELDS[:12])(ROW[:12])[0]
        return (fresh[0:3], hash(fresh) != 0, list(fresh)[3], row.as_dict(True)[STRUCT]["x"],
                row == ROW, row._fields[0], row.get_fields_by_names(["c4"]),
                row.__reduce__()[1][3])  # fmt: skip

    return call, is_same_as(([True, 5, -600], True, 70_000, 1, True, "c0", [2**60], 70_000))


def wrong_values() -> tuple[Call, Check]:
    """The error for a wrong value is created.

    Not that for wrong names: code in Python makes it, in which CPython itself loses blocks.
    """
    columns = Columns([column("r", "ROW<a ARRAY<INT>, b DECIMAL(10, 2)>")])

    class Raising:
        def __index__(self) -> int:
            raise ZeroDivisionError

    rows = [[(([1, "x"], 1),)], [(([], Raising()),)], [((1,),)], [((5, 5),)], [5, 6]]

    def call() -> Any:
        messages = []
        for row in rows:
            try:
                columns.write(row)
            except ConversionError as error:
                if error.__cause__ is None or isinstance(error.__cause__, ZeroDivisionError):
                    messages.append(error.column)
                else:
                    raise
        return messages

    return call, is_same_as(["r.a[]", "r.b", "r", "r.a", "r"])


CASES = [opened_once, opened_each_time, growing_function, written_columns, columns_again, export,
         numpy_results, pyflink_rows, row_methods, wrong_values]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_failed_allocation_is_an_error_and_the_next_call_is_right(case: Any) -> None:
    """A task that runs out of memory must fail, not compute something else or take others along."""
    pytest.importorskip("_testcapi", reason="CPython was built without its test modules")
    assert_survives_failed_allocations(case)
