# SPDX-License-Identifier: Apache-2.0
"""ARRAY, MAP, MULTISET and ROW cross exactly at every depth, and what does not fit is refused."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import functools
import gc
import itertools
import math
import pickle
import sys
import types as python_types
import weakref
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyflink.common
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import Columns

from .columns import SCALAR_TYPES, column, open_function, result_of
from .test_types import UTC, VALUES, patient, same

DEPTH = 3  # of what is around a scalar type


class Typed(NamedTuple):
    """A SQL type, with NOT NULL where it has it, and a strategy for its values."""

    sql: str
    values: st.SearchStrategy[Any]


def row_of(names: list[str], *values: Any) -> Row:
    """Returns a Row with names."""
    return Row(**dict(zip(names, values, strict=True)))


@st.composite
def types(draw: Any, depth: int = DEPTH, is_key: bool = False, null_keys: bool = True) -> Typed:
    """Draws a type; of a key, which must be hashable, one without ARRAY, MAP and MULTISET."""
    part = functools.partial(types, depth=depth - 1, null_keys=null_keys)
    roots = ["scalar", "ROW"] if is_key else ["scalar", "ARRAY", "MAP", "MULTISET", "ROW"]
    root = draw(st.sampled_from(roots)) if depth > 0 else "scalar"
    sql, values = draw(st.sampled_from(SCALAR_TYPES)), st.nothing()
    if root == "scalar":
        values = VALUES[sql]
    elif root == "ARRAY":
        item = draw(part())
        sql, values = f"ARRAY<{item.sql}>", st.lists(item.values, max_size=4)
    elif root == "MAP":
        key, value = draw(part(is_key=True)), draw(part())
        sql = f"MAP<{key.sql}, {value.sql}>"
        values = st.dictionaries(keys_of(key, null_keys), value.values, max_size=3)
    elif root == "MULTISET":
        key = draw(part(is_key=True))
        sql = f"MULTISET<{key.sql}>"
        values = st.dictionaries(keys_of(key, null_keys), st.integers(1, 2**31 - 1), max_size=3)
    else:
        fields = draw(st.lists(part(is_key=is_key), min_size=1, max_size=3))
        names = [f"f{i}" for i in range(len(fields))]
        sql = "ROW<{}>".format(", ".join(f"f{i} {field.sql}" for i, field in enumerate(fields)))
        values = st.builds(row_of, st.just(names), *(field.values for field in fields))
    if draw(st.integers(0, 3)) == 0:
        return Typed(f"{sql} NOT NULL", values)
    return Typed(sql, st.none() | values)


def keys_of(key: Typed, null_keys: bool) -> st.SearchStrategy[Any]:
    """Returns the values that may be keys: without null where Arrow knows no null key."""
    return key.values if null_keys else key.values.filter(lambda value: value is not None)


@st.composite
def tables(
    draw: Any, max_rows: int = 8, null_keys: bool = True
) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """Draws columns and rows of them."""
    drawn = draw(st.lists(types(null_keys=null_keys), min_size=1, max_size=4))
    columns = [column(f"c{i}", typed.sql) for i, typed in enumerate(drawn)]
    rows = st.lists(st.tuples(*(typed.values for typed in drawn)), max_size=max_rows)
    return columns, draw(rows)


@patient
@given(table=tables(max_rows=3))
def test_nested_values_cross_unchanged_in_both_directions(table: Any) -> None:
    """predict gets the values that Flink sends, and Flink gets the values that predict returns."""
    columns, rows = table
    seen: list[Row] = []

    def predict(row: Row) -> list[Row]:
        seen.append(row)
        return [row, row]

    opened = open_function(predict, columns, columns)
    results = [opened(values) for values in rows]
    opened.close()
    for values, kept, returned in zip(rows, seen, results, strict=True):
        assert len(returned) == 2
        assert all(same(tuple(row), values) for row in (kept, *returned)), (kept, values)


@patient
@given(table=tables())
def test_many_rows_of_nested_types_come_back_in_order(table: Any) -> None:
    """All rows of one call share the elements' memory, which grows while they are written."""
    columns, rows = table
    written = Columns(columns)
    for part in (rows, rows[:1], rows[::-1] * 20):
        assert written.write(part) == len(part) == len(written)
        assert same([tuple(row) for row in written.rows()], part)


BOUNDARIES: dict[str, list[Any]] = {
    "BOOLEAN": [True, False],
    "TINYINT": [-(2**7), 2**7 - 1],
    "SMALLINT": [-(2**15), 2**15 - 1],
    "INT": [-(2**31), 2**31 - 1],
    "BIGINT": [-(2**63), 2**63 - 1],
    "FLOAT": [math.nan, -0.0, math.inf, -math.inf, 2.0**-149, 3.4028234663852886e38],
    "DOUBLE": [math.nan, -0.0, math.inf, -math.inf, 5e-324, sys.float_info.max],
    "STRING": ["", "\0", "é", "😀", "\U0010ffff", "x" * 2**20],
    "BYTES": [b"", b"\0", bytes(range(256)) * 4096],
    "DATE": [dt.date.min, dt.date.max, dt.date(2024, 2, 29), dt.date(1970, 1, 1)],
    "TIME(3)": [dt.time.min, dt.time(23, 59, 59, 999000)],
    "TIMESTAMP(3)": [dt.datetime.min, dt.datetime(9999, 12, 31, 23, 59, 59, 999000)],
    "TIMESTAMP(6)": [dt.datetime.min, dt.datetime.max],
    "TIMESTAMP(9)": [dt.datetime(1677, 9, 21, 0, 12, 44), dt.datetime(2262, 4, 11, 23, 47, 15)],
    "TIMESTAMP_LTZ(6)": [
        dt.datetime.min.replace(tzinfo=UTC),
        dt.datetime.max.replace(tzinfo=UTC),
    ],
    "DECIMAL(10, 2)": [Decimal("99999999.99"), Decimal("-99999999.99"), Decimal("0.00")],
    "DECIMAL(38, 18)": [
        Decimal("99999999999999999999.999999999999999999"),
        Decimal("-99999999999999999999.999999999999999999"),
        Decimal("0.000000000000000001"),
    ],
}


@pytest.mark.parametrize("sql_type", BOUNDARIES)
def test_boundaries_of_a_type_cross_inside_of_every_container(sql_type: str) -> None:
    """Elements, keys, values and fields go through other code than columns do."""
    values = BOUNDARIES[sql_type]
    nested = (
        f"ROW<a ARRAY<{sql_type}>, b ARRAY<ARRAY<{sql_type}>>, k MAP<{sql_type}, INT>,"
        f" v MAP<INT, {sql_type}>, m MULTISET<{sql_type}>, r ROW<x {sql_type}, y {sql_type}>>"
    )
    columns = [column("n", nested)]
    row = Row(
        a=[*values, None],
        b=[[value] for value in values],
        k={value: i for i, value in enumerate(values)},
        v=dict(enumerate([*values, None])),
        m={value: i + 1 for i, value in enumerate(values)},
        r=Row(x=values[0], y=None),
    )
    (result,) = open_function(lambda data: [data], columns, columns)((row,))
    assert same(result.n, row)


@pytest.mark.parametrize(
    ("sql_type", "values"),
    [
        ("ARRAY<INT>", [None, [], [None], [None, None], [1], None, []]),
        ("ARRAY<ARRAY<INT>>", [None, [], [None], [[]], [[None]], [[], None, [1, None]]]),
        ("MAP<STRING, INT>", [None, {}, {"a": None}, {None: 1}, {None: None}, {}]),
        ("MAP<STRING, MAP<INT, STRING>>", [{"a": None}, {"a": {}}, {"a": {1: None}}, {}, None]),
        ("MULTISET<STRING>", [None, {}, {None: 3}, {"a": 1}]),
        ("ROW<a INT, b STRING>", [None, Row(a=None, b=None), Row(a=1, b=""), None]),
        (
            "ROW<a ARRAY<STRING> NOT NULL, b ROW<c MAP<INT, STRING> NOT NULL> NOT NULL>",
            [None, Row(a=["x"], b=Row(c={1: "y"})), None, Row(a=[], b=Row(c={}))],
        ),
        ("ARRAY<ROW<a STRING NOT NULL>>", [[None], [Row(a="x"), None, Row(a="")], [], None]),
    ],
)
def test_null_and_empty_stay_apart_at_every_level(sql_type: str, values: list[Any]) -> None:
    """A null list is not an empty list, and a ROW of nulls is not null."""
    columns = Columns([column("x", sql_type)])
    rows = [(value,) for value in values]
    for part in (rows, rows[::-1], rows * 5):
        columns.write(part)
        assert same([tuple(row) for row in columns.rows()], part)


def test_row_without_fields_crosses() -> None:
    """Flink allows ROW<>; only its validity has memory."""
    empty: dict[str, Any] = {"name": "item", "type": "ROW<>", "nullable": True, "arrow": "+s"}
    field = {"name": "x", "type": "ARRAY<ROW<>>", "nullable": True, "arrow": "+l"}
    columns = Columns([{**field, "children": [{**empty, "children": []}]}])
    columns.write([([(), None] * 100,), (None,)])
    (first,), (second,) = columns.rows()
    assert [None if value is None else len(value) for value in first] == [0, None] * 100
    assert second is None


DEEP = "ROW<tags ARRAY<ROW<m MAP<STRING, ARRAY<INT NOT NULL>>>>>"


@pytest.mark.parametrize(
    ("sql_type", "value", "path", "message"),
    [
        ("ARRAY<INT>", [1, "x"], "y[]", "expected INT, got str"),
        ("ARRAY<ARRAY<INT>>", [[1], 2], "y[]", "expected ARRAY<INT>, got int"),
        ("ARRAY<ARRAY<INT>>", [[1], [1.5]], "y[][]", "expected INT, got float"),
        ("ARRAY<VARCHAR(2)>", ["abc"], "y[]", "is too long for VARCHAR(2)"),
        ("ARRAY<STRING>", ["\ud800"], "y[]", "lone surrogate"),
        ("ARRAY<DECIMAL(10, 2)>", [Decimal("1e9")], "y[]", "too many digits for DECIMAL(10, 2)"),
        ("ROW<name STRING, age INT>", ("Ada", "36"), "y.age", "expected INT, got str"),
        ("ROW<p ROW<age INT>>", Row(p={"age": 1.0}), "y.p.age", "expected INT, got float"),
        ("ROW<p ROW<age INT>>", (3,), "y.p", "expected ROW<`age` INT>, got int"),
        ("MAP<STRING, INT>", {1: 1}, "y.key", "expected STRING, got int"),
        ("MAP<STRING, INT>", {"a": 2**31}, "y.value", "int out of range of INT"),
        ("MAP<ROW<a INT>, INT>", {Row(a="x"): 1}, "y.key.a", "expected INT, got str"),
        ("MULTISET<STRING>", {1: 1}, "y.key", "expected STRING, got int"),
        ("MULTISET<STRING>", {"a": 1.0}, "y.value", "expected INT NOT NULL, got float"),
        ("ARRAY<MAP<INT, STRING>>", [{1: 2}], "y[].value", "expected STRING, got int"),
        (DEEP, ([({"k": [1, "x"]},)],), "y.tags[].m.value[]", "expected INT NOT NULL, got str"),
        # null in NOT NULL
        ("ARRAY<INT NOT NULL>", [1, None], "y[]", "null in a column of type INT NOT NULL"),
        ("MAP<STRING NOT NULL, INT>", {None: 1}, "y.key", "null in a column of type STRING NOT"),
        ("MAP<STRING, INT NOT NULL>", {"a": None}, "y.value", "null in a column of type INT NOT"),
        ("MULTISET<STRING>", {"a": None}, "y.value", "null in a column of type INT NOT NULL"),
        ("MULTISET<INT NOT NULL>", {None: 1}, "y.key", "null in a column of type INT NOT NULL"),
        ("ROW<a INT NOT NULL>", (None,), "y.a", "null in a column of type INT NOT NULL"),
        ("ROW<a INT NOT NULL> NOT NULL", None, "y", "null in a column of type ROW<`a` INT NOT"),
        ("ARRAY<INT> NOT NULL", None, "y", "null in a column of type ARRAY<INT> NOT NULL"),
        ("ARRAY<DATE NOT NULL>", [pd.NaT], "y[]", "null in a column of type DATE NOT NULL"),
        (DEEP, ([({"k": [1, None]},)],), "y.tags[].m.value[]", "null in a column of type INT NOT"),
        # arity and names
        ("ROW<a INT, b INT>", (1,), "y", "1 values, ROW<`a` INT, `b` INT> has 2 (a, b)"),
        ("ROW<a INT, b INT>", (1, 2, 3), "y", "got a row of 3 values"),
        ("ROW<a INT, b INT>", Row(1), "y", "got a row of 1 values"),
        ("ROW<a INT, b INT>", pyflink.common.Row(1), "y", "got a row of 1 values"),
        ("ROW<a INT, b INT>", {"a": 1}, "y", "names do not fit: they must be 'a', 'b'"),
        ("ROW<a INT, b INT>", {"a": 1, "c": 2}, "y", "names do not fit: they must be 'a', 'b'"),
        ("ROW<a INT, b INT>", Row(b=1, c=2), "y", "no name matches column 'a'"),
        ("ARRAY<ROW<a INT, b INT>>", [Row(b=1, c=2)], "y[]", "no name matches column 'a'"),
        ("ROW<a INT, b INT>", {"a": 1, "b": 1, "c": 2}, "y", "got a row of 3 values"),
        ("ARRAY<ROW<a INT>>", [()], "y[]", "got a row of 0 values"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_path(
    sql_type: str, value: Any, path: str, message: str
) -> None:
    """In a column of many levels, the column's name alone would not help."""
    with pytest.raises(ConversionError) as error:
        result_of(value, column("y", sql_type))
    assert error.value.column == path
    assert str(error.value).startswith(f"column '{path}': ")
    assert message in str(error.value)


PERSON = "ROW<name STRING, age INT, home ROW<city STRING, zip INT>>"
Person = collections.namedtuple("Person", ["name", "age", "home"])
Home = collections.namedtuple("Home", ["city", "zip"])
OtherPerson = collections.namedtuple("OtherPerson", ["home", "age", "name"])
PersonData = dataclasses.make_dataclass("PersonData", ["zip", "city"])
ADA = Row(name="Ada", age=36, home=Row(city="London", zip=1))


@pytest.mark.parametrize(
    "person",
    [
        ADA,
        Row("Ada", 36, Row("London", 1)),
        Row(home=Row(zip=1, city="London"), age=36, name="Ada"),
        Row(a="Ada", b=36, c=Row(x="London", y=1)),
        ("Ada", 36, ("London", 1)),
        ["Ada", 36, ["London", 1]],
        {"home": {"zip": 1, "city": "London"}, "age": 36, "name": "Ada"},
        collections.OrderedDict(name="Ada", age=36, home=Row("London", 1)),
        pyflink.common.Row("Ada", 36, pyflink.common.Row("London", 1)),
        pyflink.common.Row(age=36, home=pyflink.common.Row(zip=1, city="London"), name="Ada"),
        Person("Ada", 36, Home("London", 1)),
        OtherPerson(Home("London", 1), 36, "Ada"),
        Row(HOME=Row(ZIP=1, City="London"), Age=36, Name="Ada"),
        python_types.MappingProxyType({"home": PersonData(1, "London"), "age": 36, "name": "Ada"}),
    ],
    ids=lambda person: type(person).__name__,
)
def test_row_is_written_from_every_documented_shape(person: Any) -> None:
    """As for the row that predict returns: by name where there are names, else by position."""
    outputs = [column("y", PERSON), column("l", f"ARRAY<{PERSON}>")]
    (row,) = open_function(lambda data: [(person, [person, None])], [column("x", "INT")], outputs)(
        [1]
    )
    assert same(row.y, ADA)
    assert same(row.l, [ADA, None])


@pytest.mark.parametrize("value", ["Ada", 36, {1, 2, 3}, iter([1, 2, 3]), np.zeros(3), range(3)])
def test_row_refuses_what_is_no_row(value: Any) -> None:
    """The order of a set means nothing, and a numpy array has one type for all fields."""
    with pytest.raises(ConversionError, match="column 'y': expected ROW<`name` STRING, "):
        result_of(value, column("y", PERSON))


STRIDED = np.arange(10)[::3]
NOT_A_DAY = np.datetime64("NaT")
DAY, DAY_TIME = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12)

ARRAYS: list[tuple[str, Any, list[Any]]] = [
    ("ARRAY<INT>", (1, None), [1, None]),
    ("ARRAY<INT>", array.array("i", [1, -2]), [1, -2]),
    ("ARRAY<BIGINT>", array.array("b", [1, -2]), [1, -2]),
    ("ARRAY<DOUBLE>", array.array("d"), []),
    ("ARRAY<DOUBLE>", array.array("f", [0.5]), [0.5]),
    ("ARRAY<INT>", memoryview(array.array("i", [1, 2, 3]))[1:], [2, 3]),
    ("ARRAY<INT>", memoryview(array.array("i", [1, 2, 3]))[::2], [1, 3]),
    ("ARRAY<INT>", memoryview(b"\x01\xff"), [1, 255]),
    ("ARRAY<ARRAY<TINYINT>>", memoryview(bytes(4)).cast("b", (2, 2)), [[0, 0], [0, 0]]),
    # numpy: the same numbers, copied
    ("ARRAY<TINYINT>", np.array([-128, 127], "i1"), [-128, 127]),
    ("ARRAY<SMALLINT>", np.array([-(2**15)], "i2"), [-(2**15)]),
    ("ARRAY<INT>", np.array([2**31 - 1], "i4"), [2**31 - 1]),
    ("ARRAY<BIGINT>", np.array([-(2**63)], "i8"), [-(2**63)]),
    ("ARRAY<BIGINT>", np.array([5], np.longlong), [5]),
    ("ARRAY<FLOAT>", np.array([0.1], "f4"), [float(np.float32(0.1))]),
    ("ARRAY<DOUBLE>", np.array([math.nan, -0.0]), [math.nan, -0.0]),
    ("ARRAY<DOUBLE>", np.array([]), []),
    # numpy: other numbers, converted one by one
    ("ARRAY<INT>", np.array([1, 2], "u1"), [1, 2]),
    ("ARRAY<TINYINT>", np.array([127]), [127]),
    ("ARRAY<BIGINT>", np.array([1, 2], ">i8"), [1, 2]),
    ("ARRAY<BIGINT>", np.array([2**63 - 1], "u8"), [2**63 - 1]),
    ("ARRAY<DOUBLE>", np.array([1, 2]), [1.0, 2.0]),
    ("ARRAY<DOUBLE>", np.array([0.5], "f2"), [0.5]),
    ("ARRAY<FLOAT>", np.array([0.1]), [float(np.float32(0.1))]),
    ("ARRAY<BIGINT>", STRIDED, [0, 3, 6, 9]),
    ("ARRAY<BIGINT>", STRIDED[::-1], [9, 6, 3, 0]),
    ("ARRAY<DOUBLE>", np.broadcast_to(np.float64(1.5), 3), [1.5, 1.5, 1.5]),
    ("ARRAY<DECIMAL(10, 2)>", np.array([3]), [Decimal("3.00")]),
    # numpy: other dtypes and shapes
    ("ARRAY<ARRAY<DOUBLE>>", np.array([[1.0, 2.0], [3.0, 4.0]]), [[1.0, 2.0], [3.0, 4.0]]),
    ("ARRAY<ARRAY<DOUBLE>>", np.array([[1.0, 2.0], [3.0, 4.0]]).T, [[1.0, 3.0], [2.0, 4.0]]),
    ("ARRAY<ARRAY<DOUBLE>>", np.zeros((2, 0)), [[], []]),
    ("ARRAY<ARRAY<ARRAY<INT>>>", np.ones((1, 2, 1), "i4"), [[[1], [1]]]),
    ("ARRAY<BOOLEAN>", np.array([True, False]), [True, False]),
    ("ARRAY<STRING>", np.array(["a", "😀"]), ["a", "😀"]),
    ("ARRAY<BYTES>", np.array([b"a", b"bc"]), [b"a", b"bc"]),
    ("ARRAY<STRING>", np.array(["a", None], object), ["a", None]),
    ("ARRAY<INT>", np.array([1, None], object), [1, None]),
    ("ARRAY<DATE>", np.array([DAY, NOT_A_DAY], "M8[D]"), [DAY, None]),
    *[
        (f"ARRAY<TIMESTAMP({digits})>", np.array([DAY_TIME, "NaT"], dtype), [DAY_TIME, None])
        for digits in (3, 6, 9)
        for dtype in ("M8[s]", "M8[ms]", "M8[us]", "M8[ns]")
    ],
    ("ARRAY<ARRAY<TIMESTAMP(6)>>", np.array([[DAY_TIME]], "M8[ns]"), [[DAY_TIME]]),
    # numpy: masked
    ("ARRAY<INT>", np.ma.array([1, 2], mask=[0, 1], dtype="i4"), [1, None]),
    ("ARRAY<BIGINT>", np.ma.array([1, 2], mask=[0, 1]), [1, None]),
    ("ARRAY<DOUBLE>", np.ma.array([1.0, 2.0], mask=[0, 1]), [1.0, None]),
    ("ARRAY<STRING>", np.ma.array(["a", "b"], mask=[0, 1]), ["a", None]),
    ("ARRAY<BOOLEAN>", np.ma.array([True, True], mask=[0, 1]), [True, None]),
    ("ARRAY<ARRAY<INT>>", np.ma.array([[1], [2]], mask=[[0], [1]], dtype="i4"), [[1], [None]]),
    # pyarrow
    ("ARRAY<INT>", pa.array([1, None]), [1, None]),
    ("ARRAY<INT>", pa.array([0, 1, None])[1:], [1, None]),
    ("ARRAY<INT>", pa.chunked_array([[1], [], [None, 2]]), [1, None, 2]),
    ("ARRAY<DOUBLE>", pa.array([1.5, None]), [1.5, None]),
    ("ARRAY<BOOLEAN>", pa.array([True, None]), [True, None]),
    ("ARRAY<STRING>", pa.array(["a", None]), ["a", None]),
    ("ARRAY<STRING>", pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
    ("ARRAY<BYTES>", pa.array([b"a", None]), [b"a", None]),
    ("ARRAY<DATE>", pa.array([DAY, None]), [DAY, None]),
    ("ARRAY<TIMESTAMP(6)>", pa.array([DAY_TIME, None]), [DAY_TIME, None]),
    ("ARRAY<TIMESTAMP(9)>", pa.array([DAY_TIME, None], pa.timestamp("ns")), [DAY_TIME, None]),
    ("ARRAY<TIMESTAMP_LTZ(6)>", pa.array([DAY_TIME], pa.timestamp("us", "Europe/Berlin")),
     [DAY_TIME.replace(tzinfo=UTC)]),
    ("ARRAY<DECIMAL(10, 2)>", pa.array([Decimal("1.25"), None]), [Decimal("1.25"), None]),
    ("ARRAY<ARRAY<INT>>", pa.array([[1, None], None, []]), [[1, None], None, []]),
    ("ARRAY<ROW<a INT, b STRING>>", pa.array([{"b": "x", "a": 1}, None]),
     [Row(a=1, b="x"), None]),
    # pandas
    ("ARRAY<INT>", pd.Series([1, 2]), [1, 2]),
    ("ARRAY<DOUBLE>", pd.Series([1.5, None]), [1.5, math.nan]),
    ("ARRAY<STRING>", pd.Series(["a", None]), ["a", None]),
    ("ARRAY<STRING>", pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    ("ARRAY<TIMESTAMP(6)>", pd.Series([DAY_TIME, pd.NaT]), [DAY_TIME, None]),
    ("ARRAY<TIMESTAMP_LTZ(6)>", pd.Series([DAY_TIME]).dt.tz_localize("UTC"),
     [DAY_TIME.replace(tzinfo=UTC)]),
    ("ARRAY<STRING>", pd.Index(["a"]), ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql_type", "value", "expected"), ARRAYS)
def test_array_is_written_from_what_models_return(
    sql_type: str, value: Any, expected: list[Any]
) -> None:
    """Nobody should have to call tolist() first, and no element may change on the way."""
    assert same(result_of(value, column("y", sql_type)), expected)


@pytest.mark.parametrize(("sql_type", "value", "expected"), ARRAYS)
def test_arrays_follow_one_another_in_memory(
    sql_type: str, value: Any, expected: list[Any]
) -> None:
    """The elements of a row begin where those of the row before end, and nulls do not stay."""
    columns = Columns([column("y", sql_type)])
    columns.write([([None] * 300,)])
    columns.write([([],), (value,), (None,), (value,), (expected,)] * 30)
    results = [row.y for row in columns.rows()]
    assert same(results, [[], expected, None, expected, expected] * 30)


@pytest.mark.parametrize(
    "value",
    ["ab", b"ab", bytearray(b"ab"), {1: 2}, {1, 2}, frozenset([1]), 5, 1.5, (i for i in [1]),
     range(3), collections.deque([1]), iter([1]), np.int32(1), np.str_("ab"), Row(1, 2),
     pa.scalar([1]), pd.DataFrame({"a": [1]})],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_array_refuses_other_types(value: Any) -> None:
    """A str has characters and a dict keys, which nobody meant; a generator may never end."""
    with pytest.raises(ConversionError, match="column 'y': expected ARRAY<INT>, got ") as error:
        result_of(value, column("y", "ARRAY<INT>"))
    assert type(value).__name__ in str(error.value)


@pytest.mark.parametrize(
    ("sql_type", "value", "path", "message"),
    [
        ("ARRAY<INT>", np.array([2**31]), "y[]", "int out of range of INT"),
        ("ARRAY<TINYINT>", np.array([255], "u1"), "y[]", "int out of range of TINYINT"),
        ("ARRAY<BIGINT>", np.array([2**63], "u8"), "y[]", "int out of range of BIGINT"),
        ("ARRAY<TINYINT>", memoryview(b"\xff"), "y[]", "int out of range of TINYINT"),
        ("ARRAY<FLOAT>", np.array([1e39]), "y[]", "number out of range of FLOAT"),
        ("ARRAY<INT>", np.array([1.0]), "y[]", "expected INT, got float"),
        ("ARRAY<INT>", array.array("d", [1.0]), "y[]", "expected INT, got float"),
        ("ARRAY<INT>", pa.array([1.0]), "y[]", "expected INT, got float"),
        ("ARRAY<INT>", pd.Series([1, None]), "y[]", "expected INT, got float"),
        ("ARRAY<INT>", np.ma.array([1.0], mask=[0]), "y[]", "expected INT, got float"),
        ("ARRAY<INT NOT NULL>", np.ma.array([1], mask=[1], dtype="i4"), "y[]", "null in a column"),
        ("ARRAY<INT NOT NULL>", pa.array([1, None]), "y[]", "null in a column"),
        ("ARRAY<BOOLEAN>", np.array([1, 0]), "y[]", "expected BOOLEAN, got numpy.int64"),
        ("ARRAY<DOUBLE>", np.array([1j]), "y[]", "expected DOUBLE, got complex"),
        ("ARRAY<STRING>", np.array([1]), "y[]", "expected STRING, got numpy.int64"),
        ("ARRAY<DOUBLE>", np.array(["1"]), "y[]", "expected DOUBLE, got str"),
        ("ARRAY<DOUBLE>", np.zeros((2, 2)), "y[]", "expected DOUBLE, got list"),
        ("ARRAY<ARRAY<DOUBLE>>", np.zeros(2), "y[]", "expected ARRAY<DOUBLE>, got numpy.float64"),
        ("ARRAY<INT>", np.array(3, "i4"), "y", "expected ARRAY<INT>, got numpy.ndarray"),
        ("ARRAY<STRING>", np.array("a"), "y", "numpy.ndarray cannot be a ARRAY<STRING>"),
        ("ARRAY<TIMESTAMP(9)>", np.array(["2263-01-01"], "M8[s]"), "y[]", "datetime out of range"),
        ("ARRAY<DATE>", np.array([DAY_TIME], "M8[ns]"), "y[]", "time of day cannot be a DATE"),
        ("ARRAY<TIMESTAMP(6)>", pd.Series([DAY_TIME]).dt.tz_localize("UTC"), "y[]", "with tzinfo"),
    ],
)  # fmt: skip
def test_array_of_another_type_is_checked_element_by_element(
    sql_type: str, value: Any, path: str, message: str
) -> None:
    """numpy's own casts wrap round and cut fractions without a word."""
    with pytest.raises(ConversionError) as error:
        result_of(value, column("y", sql_type))
    assert error.value.column == path
    assert message in str(error.value)


@pytest.mark.parametrize("sql_type", ["BIGINT", "DOUBLE", "DECIMAL(38, 18)"])
@pytest.mark.parametrize("dtype", ["M8[ns]", "M8[us]", "m8[ns]", "m8[s]"])
def test_array_of_times_is_refused_as_numbers(sql_type: str, dtype: str) -> None:
    """What the number would be depends on the unit, and a datetime64 alone is refused too."""
    with pytest.raises(ConversionError, match=r"column 'y(\[\])?': "):
        result_of(np.zeros(2, dtype), column("y", f"ARRAY<{sql_type}>"))


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("BIGINT", np.ma.array(3, mask=True)),
        ("DOUBLE", np.ma.array(3.0, mask=True)),
        ("DOUBLE", np.ma.masked),
        ("BIGINT", np.ma.masked),
        ("BOOLEAN", np.ma.masked),
    ],
)
@pytest.mark.filterwarnings("ignore:Warning. converting a masked element to nan")
def test_masked_value_is_null_or_refused(sql_type: str, value: Any) -> None:
    """list() of a masked array has such elements; what is below the mask is no data."""
    try:
        result = result_of([value], column("y", f"ARRAY<{sql_type}>"))
    except ConversionError:
        return
    assert result == [None]


class Countdown(dict[Any, Any]):
    """A dict whose methods return wrong results."""

    def items(self) -> Any:
        raise AssertionError("a dict is read as what it is")


@pytest.mark.parametrize(
    "value",
    [
        {"a": 2, "b": 1},
        collections.OrderedDict(a=2, b=1),
        collections.defaultdict(int, a=2, b=1),
        collections.Counter("aab"),
        Countdown(a=2, b=1),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("sql_type", ["MAP<STRING, INT>", "MULTISET<STRING>"])
def test_map_and_multiset_are_written_from_dicts(sql_type: str, value: Any) -> None:
    """A Counter is Python's multiset."""
    assert same(result_of(value, column("y", sql_type)), {"a": 2, "b": 1})


@pytest.mark.parametrize("sql_type", ["MAP<STRING, INT>", "MULTISET<STRING>"])
@pytest.mark.parametrize(
    "value",
    [[("a", 1)], (("a", 1),), {"a"}, Row(a=1), "ab", 5, collections.ChainMap({"a": 1}),
     {"a": 1}.items(), pd.Series({"a": 1})],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_map_and_multiset_refuse_what_is_no_dict(sql_type: str, value: Any) -> None:
    """A list of pairs may hold a key twice."""
    with pytest.raises(ConversionError, match=f"column 'y': expected {sql_type}, got "):
        result_of(value, column("y", sql_type))


def test_containers_that_change_while_they_are_read_are_read_to_their_end() -> None:
    """__index__ is user code, and reading past the new end would read freed memory."""
    values: list[Any] = []
    counts: dict[Any, Any] = {}

    class Shrinking:
        def __index__(self) -> int:
            values.clear()
            counts.clear()
            gc.collect()
            return 7

    values[:] = [Shrinking(), object(), object()]
    assert result_of(values, column("y", "ARRAY<INT>")) == [7]
    counts.update(a=Shrinking(), b=8)
    assert result_of(counts, column("y", "MAP<STRING, INT>")) == {"a": 7, "b": 8}
    values[:] = [Shrinking(), 1]
    with pytest.raises(ConversionError, match="column 'y': got a row of 0 values"):
        result_of(values, column("y", "ROW<a INT, b INT>"))


def test_columns_refuse_to_be_used_while_they_are_written() -> None:
    """Their memory is between two contents then."""
    columns = Columns([column("x", "ARRAY<INT>")])
    errors: list[str] = []

    class Reentrant:
        def __index__(self) -> int:
            for use in (lambda: columns.write([]), columns.rows, columns.__arrow_c_array__):
                with pytest.raises(RuntimeError) as error:
                    use()
                errors.append(str(error.value))
            return 1

    columns.write([([Reentrant()],)])
    assert errors == ["the columns are being read or written"] * 3
    assert columns.rows() == [Row(x=[1])]


def test_columns_are_empty_after_a_failure() -> None:
    """Half of a result must never be read."""
    columns = Columns([column("x", "ARRAY<INT>"), column("y", "STRING")])
    columns.write([([1], "a")])
    with pytest.raises(ConversionError, match=r"column 'x\[\]'"):
        columns.write([([1, 2], "b"), ([3, "4"], "c")])
    assert len(columns) == 0
    assert columns.rows() == []
    columns.write([([5], "d")])
    assert columns.rows() == [Row(x=[5], y="d")]


# numpy_arrays=True

DTYPES = {"TINYINT": "i1", "SMALLINT": "i2", "INT": "i4", "BIGINT": "i8", "FLOAT": "f4",
          "DOUBLE": "f8"}  # fmt: skip


def arrays_of(sql_type: str, *values: Any) -> list[Any]:
    """Returns what predict gets for these values of one column with array_format = "numpy"."""
    seen: list[Row] = []
    opened = open_function(seen.append, [column("x", sql_type)], [], numpy_arrays=True)
    for value in values:
        opened((value,))
    opened.close()
    return [row[0] for row in seen]


@pytest.mark.parametrize(("sql_type", "dtype"), DTYPES.items())
def test_arrays_of_numbers_arrive_as_numpy_arrays(sql_type: str, dtype: str) -> None:
    """Each stays as it was when the next row comes and after close, and may be written to."""
    values = [list(range(100)), [], [-1], [3, 2, 1]]
    for suffix in ("", " NOT NULL"):
        arrays = arrays_of(f"ARRAY<{sql_type}{suffix}>", *values)
        for result, value in zip(arrays, values, strict=True):
            assert same(result, np.array(value, dtype))
            assert result.flags.writeable
            assert result.flags.aligned
        arrays[3][0] = 7
        assert list(arrays[0]) == values[0]
        assert arrays_of(f"ARRAY<{sql_type}{suffix}>", None) == [None]


@pytest.mark.parametrize("sql_type", ["FLOAT", "DOUBLE"])
def test_null_among_floats_is_nan(sql_type: str) -> None:
    """As pandas has it."""
    (result,) = arrays_of(f"ARRAY<{sql_type}>", [1.5, None, -0.0])
    assert same(result, np.array([1.5, math.nan, -0.0], DTYPES[sql_type]))


@pytest.mark.parametrize("sql_type", ["TINYINT", "SMALLINT", "INT", "BIGINT"])
@pytest.mark.parametrize("nested", ["ARRAY<{}>", "ROW<a ARRAY<{}>>", "MAP<INT, ARRAY<{}>>"])
def test_null_among_integers_says_what_can_hold_it(sql_type: str, nested: str) -> None:
    """No integer means null."""
    value: Any = {"A": [1, None], "R": ([1, None],), "M": {1: [1, None]}}[nested[0]]
    with pytest.raises(ConversionError) as error:
        arrays_of(nested.format(sql_type), value)
    assert "array_format = 'list'" in str(error.value)
    assert error.value.column == {"A": "x[]", "R": "x.a[]", "M": "x.value[]"}[nested[0]]


@pytest.mark.parametrize(
    "sql_type", [*sorted(set(SCALAR_TYPES) - set(DTYPES)), "ROW<a INT>", "MAP<INT, INT>"]
)
def test_arrays_of_other_types_stay_lists(sql_type: str) -> None:
    """numpy has no dtype that holds their values exactly, with nulls."""
    assert arrays_of(f"ARRAY<{sql_type}>", [None], []) == [[None], []]


def test_numpy_arrays_reach_into_every_container() -> None:
    """An ARRAY is read in the same way at every depth."""
    nested = "ROW<a ARRAY<INT>, b ARRAY<ARRAY<DOUBLE>>, m MAP<STRING, ARRAY<BIGINT>>>"
    (row,) = arrays_of(nested, ([1], [[1.0, None], None, []], {"k": [5], "n": None}))
    assert same(row.a, np.array([1], "i4"))
    assert same(row.b, [np.array([1.0, math.nan]), None, np.array([])])
    assert same(row.m, {"k": np.array([5], "i8"), "n": None})


@patient
@given(values=st.lists(st.lists(VALUES["DOUBLE"])))
def test_numpy_arrays_cross_unchanged_in_both_directions(values: list[list[float]]) -> None:
    """What predict got it may return."""
    columns = [column("x", "ARRAY<ARRAY<DOUBLE>>")]
    (row,) = open_function(lambda data: [data], columns, columns, numpy_arrays=True)((values,))
    assert same(row.x, values)


# Rows with nested fields

NESTED = [
    column("n", "BIGINT"),
    column("l", "ARRAY<BIGINT>"),
    column("m", "MAP<STRING, BIGINT>"),
    column("r", "ROW<s STRING, l ARRAY<STRING>, q ROW<t STRING>>"),
    column("p", "ROW<d DOUBLE, s STRING>"),
    column("s", "STRING"),
]
VALUE = (5, [1, 2], {"a": 1}, Row(s="x", l=["y", None], q=Row(t="z")), Row(d=0.5, s="w"), "é")


def read_nested() -> Row:
    """Returns a Row that was read from columns which other rows have overwritten."""
    seen: list[Row] = []
    opened = open_function(seen.append, NESTED, [])
    opened(VALUE)
    opened((None,) * 6)
    opened(
        (6, [7] * 500, {str(i): i for i in range(500)}, ("a" * 500, ["b"], ("c",)), (1, "d"), "e")
    )
    opened.close()
    return seen[0]


def written_nested() -> Row:
    """Returns the same Row as it comes out of columns that hold many."""
    columns = Columns(NESTED)
    columns.write([VALUE] * 3)
    return columns.rows()[1]


def test_row_with_nested_fields_that_is_kept_does_not_change() -> None:
    """A function may collect its rows; their columns are overwritten by the next row."""
    assert same(tuple(read_nested()), VALUE)


BEHAVIOURS: list[Callable[[Any], Any]] = [
    lambda row: row.r.q.t,
    lambda row: row["r"]["l"][1],
    lambda row: row.as_dict(True),
    lambda row: repr(row),
    lambda row: row[1:4] == [row.l, row.m, row.r],
    lambda row: row.l is row.l,
    lambda row: hash(row),
    lambda row: hash(row.p) == hash(row[4]),
    lambda row: [row.l.append(3), row.l][1],
    lambda row: [row.m.pop("a"), row.m][1],
    lambda row: [row.r.__setitem__("s", "changed"), row.r.s][1],
    lambda row: [row.__setitem__("l", [9]), row.l][1],
    lambda row: list(row.r._fields),
]


@pytest.mark.parametrize("number", range(len(BEHAVIOURS)))
def test_nested_row_behaves_as_the_row_of_pyflink(number: int) -> None:
    """Code that was written for PyFlink must run unchanged."""
    theirs = pyflink.common.Row
    expected_row = theirs(
        n=5, l=[1, 2], m={"a": 1}, r=theirs(s="x", l=["y", None], q=theirs(t="z")),
        p=theirs(d=0.5, s="w"), s="é",
    )  # fmt: skip

    def outcome(row: Any) -> Any:
        try:
            return BEHAVIOURS[number](row)
        except TypeError as error:
            return str(error)

    assert outcome(read_nested()) == outcome(expected_row)


def test_change_of_a_nested_value_stays_in_its_row() -> None:
    """The row is predict's own; the results of the next rows must not show it."""

    def predict(row: Row) -> list[Row]:
        row.l.append(9)
        row.r.l[0] = "changed"
        row.p["s"] = "changed"
        return [row]

    opened = open_function(predict, NESTED, NESTED)
    for _ in range(2):
        (row,) = opened(VALUE)
        assert row.l == [1, 2, 9]
        assert row.r.l == ["changed", None]
        assert row.p.s == "changed"


def test_nested_rows_survive_pickle_and_compare() -> None:
    """Rows go through queues and multiprocessing."""
    row, other = read_nested(), read_nested()
    assert row == other
    assert row is not other
    assert same(pickle.loads(pickle.dumps(row)), row)
    other.r.l.append("more")
    assert row != other
    assert Row(x=[Row(a=1, b=2)]) == Row(x=[Row(b=2, a=1)])
    assert len({row.p, read_nested().p}) == 1


class Token:
    """An object that a weak reference can watch."""


def tie(container: Any, *values: Any) -> None:
    """Puts values into a list, dict or Row."""
    for i, value in enumerate(values):
        if isinstance(container, list):
            container.append(value)
        else:
            container[i if isinstance(container, Row) else str(i)] = value


@pytest.mark.parametrize(
    "close",
    [
        lambda row, token: tie(row.l, token, row),
        lambda row, token: tie(row.m, token, row),
        lambda row, token: tie(row.r.l, token, row.r),
        lambda row, token: tie(row.r.l, token, row),
        lambda row, token: tie(row.r.q, [token, row.r.q]),
        lambda row, token: tie(row.p, token, row.p),
        lambda row, token: tie(row, token, row),
    ],
)
@pytest.mark.parametrize("read", [lambda: read_nested(), lambda: written_nested()])
def test_cycle_through_a_nested_value_is_collected(
    close: Callable[[Row, Token], None], read: Callable[[], Row]
) -> None:
    """A Row that its own list holds must not leak."""
    tokens = []
    for _ in range(3):
        token = Token()
        tokens.append(weakref.ref(token))
        close(read(), token)
    del token
    gc.collect()
    assert [token() for token in tokens] == [None] * 3


class Failing:
    """An object of which every conversion raises."""

    def __index__(self) -> int:
        raise ZeroDivisionError

    def tolist(self) -> list[Any]:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "predict",
    [
        lambda row: [row, row],
        lambda row: [(*row[:1], np.arange(5), *row[2:])],
        lambda row: [{**row.as_dict(True), "l": pa.array([1, None])}],
        lambda row: [(1, Failing(), None, None, None, None)],
        lambda row: [(1, [1, 2, Failing()], None, None, None, None)],
        lambda row: [(1, None, {"a": 1, "b": Failing()}, None, None, None)],
        lambda row: [(1, None, None, ("a", ["b", "\ud800"], None), None, None)],
        lambda row: [(1, None, None, pyflink.common.Row(s="a", l=["b"], q=None), None, None)],
        lambda row: [(1, np.zeros((2, 2)), None, None, None, None)],
        lambda row: [(1, None, None, (1,), None, None)],
    ],
)
@pytest.mark.parametrize("numpy_arrays", [False, True])
def test_calls_leave_objects_and_references_as_they_were(
    predict: Callable[[Row], Any], numpy_arrays: bool
) -> None:
    """One leaked object per row ends every long job."""
    opened = open_function(predict, NESTED, NESTED, numpy_arrays)
    texts = list(VALUE[3].l)
    shared = (None, True, opened, opened.function, predict, Row, texts[0], np.dtype("i8"), Decimal)

    calls = 200

    def work() -> list[int]:
        for _ in range(calls):
            try:
                opened(VALUE)
            except Exception:  # the failing calls are counted like the others
                continue
        gc.collect()
        sys._clear_type_cache()  # it holds each str that an attribute was looked up with
        return [*(sys.getrefcount(thing) for thing in shared), len(gc.get_objects()),
                sys.getallocatedblocks()]  # fmt: skip

    work()
    rounds = [work() for _ in range(4)]
    # A leak shows in each round; leftovers of other tests do not.
    for counts in zip(*rounds, strict=True):
        assert min(abs(b - a) for a, b in itertools.pairwise(counts)) < calls / 2, counts


def test_decimal_context_of_predict_does_not_change_nested_decimals() -> None:
    """A model that computes with two digits must still get and give all of them."""
    value = BOUNDARIES["DECIMAL(38, 18)"]
    columns = [column("x", "ARRAY<DECIMAL(38, 18)>")]

    def predict(row: Row) -> list[Row]:
        decimal.getcontext().prec = 2
        return [row]

    opened = open_function(predict, columns, columns)
    for _ in range(2):
        (row,) = opened((value,))
        assert same(row.x, value)
