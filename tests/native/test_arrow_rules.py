# SPDX-License-Identifier: Apache-2.0
"""A value in an array of Arrow, numpy or pandas has the outcome that it has from predict."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._native import Columns

from .columns import SCALAR_TYPES, column
from .test_types import patient, same

SQL_TYPES = [*SCALAR_TYPES, "CHAR(2)", "BINARY(2)", "TIMESTAMP(2)", "TIMESTAMP_LTZ(0)"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["1", "1.5", "true", "2024-02-29", "2024-02-29 01:02:03"]
)
SECONDS = st.integers(0, 2**32)  # from 1970 to 2106, for every unit
DECIMALS = st.integers(-(10**11), 10**11)


def integers(bits: int, signed: bool) -> st.SearchStrategy[int]:
    """Draws integers, of which many have few digits."""
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(least, most) | st.integers(0, 100)


ARROW: dict[Any, st.SearchStrategy[Any]] = {
    pa.null(): st.none(),
    pa.bool_(): st.booleans(),
    **{getattr(pa, f"int{n}")(): integers(n, True) for n in (8, 16, 32, 64)},
    **{getattr(pa, f"uint{n}")(): integers(n, False) for n in (8, 16, 32, 64)},
    pa.float16(): st.floats(width=16).map(np.float16),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats() | st.integers(-9, 9).map(float),
    **{
        kind: DECIMALS.map(lambda n, scale=kind.scale: Decimal(n).scaleb(-scale))
        for kind in (pa.decimal128(12, 0), pa.decimal128(15, 3), pa.decimal256(50, 5))
    },
    **dict.fromkeys((pa.string(), pa.large_string(), pa.string_view()), TEXT),
    pa.dictionary(pa.int8(), pa.string()): TEXT,
    **{kind: st.binary(max_size=4) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())},
    pa.binary(2): st.binary(min_size=2, max_size=2),
    pa.date32(): st.dates(),
    pa.date64(): st.dates(),
    **{pa.time32(unit): st.integers(0, 86_399) for unit in ("s", "ms")},
    pa.time64("us"): st.times(),
    pa.time64("ns"): st.times(),
    **{pa.timestamp(unit): SECONDS for unit in ("s", "ms", "us", "ns")},
    **{pa.timestamp(unit, "UTC"): SECONDS for unit in ("s", "ms", "us", "ns")},
    pa.timestamp("us", "Europe/Berlin"): SECONDS,
    **{pa.duration(unit): SECONDS for unit in ("s", "ms", "us", "ns")},
    pa.month_day_nano_interval(): st.just(pa.MonthDayNano([1, 2, 3])),
}
SAME_IN_NUMPY = "biufOSU"  # the kinds of dtypes whose items are what to_pylist returns, or like it


def outcome(sql_type: str, write: Any, rows: int) -> list[Any] | None:
    """Returns the values that are written, or None if they are refused."""
    columns = Columns([column("y", sql_type)])
    try:
        write(columns)
    except ConversionError:
        return None
    assert len(columns) == rows
    return [row[0] for row in columns.rows()]


def by_row(sql_type: str, values: list[Any]) -> list[Any] | None:
    """Returns the outcome of values that predict returns."""
    return outcome(
        sql_type, lambda columns: columns.write([(value,) for value in values]), len(values)
    )


def by_array(sql_type: str, array: Any) -> list[Any] | None:
    """Returns the outcome of an array that predict_batch returns."""
    rows = len(array)
    return outcome(sql_type, lambda columns: ResultWriter(columns).write({"y": array}, rows), rows)


@pytest.mark.parametrize("sql_type", SQL_TYPES)
@patient
@given(data=st.data())
def test_arrow_array_is_taken_as_its_values_are(sql_type: str, data: Any) -> None:
    """Arrow would cast integers to times, durations to numbers and texts to numbers."""
    arrow_type = data.draw(st.sampled_from(list(ARROW)))
    values = data.draw(st.lists(st.none() | ARROW[arrow_type], min_size=1, max_size=4))
    array = pa.array(values, arrow_type)
    expected = by_row(sql_type, array.to_pylist())
    assert same(by_array(sql_type, array), expected)
    assert same(by_array(sql_type, pa.chunked_array([array[:1], array[1:]])), expected)
    in_list = f"ARRAY<{sql_type}>"
    lists = pa.array([values, None], pa.list_(arrow_type))
    assert same(by_array(in_list, lists), by_row(in_list, lists.to_pylist()))
    in_row = f"ROW<a INT, b {sql_type}>"
    structs = pa.array([{"a": 1, "b": value} for value in values],
                       pa.struct([("a", pa.int32()), ("b", arrow_type)]))  # fmt: skip
    assert same(by_array(in_row, structs), by_row(in_row, structs.to_pylist()))
    in_map = f"MAP<INT, {sql_type}>"
    maps = pa.array([[(1, value)] for value in values], pa.map_(pa.int64(), arrow_type))
    expected = by_row(in_map, [dict(pairs) for pairs in maps.to_pylist()])
    assert same(by_array(in_map, maps), expected)


@pytest.mark.parametrize("sql_type", SQL_TYPES)
@patient
@given(data=st.data())
def test_arrays_of_numpy_and_pandas_are_taken_as_their_values_are(sql_type: str, data: Any) -> None:
    """A model must not find another rule after it changed its library."""
    arrow_type = data.draw(st.sampled_from([kind for kind in ARROW if kind != pa.null()]))
    values = data.draw(st.lists(ARROW[arrow_type], min_size=1, max_size=4))
    array = pa.array(values, arrow_type)
    expected = by_row(sql_type, array.to_pylist())
    numbers = array.to_numpy(zero_copy_only=False)
    assert same(by_array(sql_type, numbers), by_row(sql_type, list(numbers)))
    if numbers.dtype.kind in SAME_IN_NUMPY:
        assert same(by_array(sql_type, numbers), expected)
        if sql_type in ("FLOAT", "DOUBLE") or not pd.isna(numbers).any():
            assert same(by_array(sql_type, pd.Series(numbers)), expected)
    if numbers.dtype.kind in "biuf" or pa.types.is_string(arrow_type):
        backed = pd.Series(pd.arrays.ArrowExtensionArray(array))  # a list would lose its NaN
        assert same(by_array(sql_type, backed), expected)
        assert same(by_array(sql_type, backed.array), expected)


def _document() -> dict[str, set[str]]:
    """Returns the table of Arrow types of docs/types.md: for each SQL type, those it takes."""
    text = (Path(__file__).parents[2] / "docs" / "types.md").read_text()
    table = text.split("### Arrow arrays\n")[1].split("\n### ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {name: set(kinds.split(", ")) for names, kinds in rows[2:] for name in names.split(", ")}


def _family(arrow_type: Any) -> str:
    """Returns the name of an Arrow type in the documentation, without size and unit."""
    if pa.types.is_dictionary(arrow_type):
        return _family(arrow_type.value_type)
    if pa.types.is_timestamp(arrow_type) and arrow_type.tz is not None:
        return "timestamp with time zone"
    name = re.match("(large_)?([a-z_]+)", str(arrow_type))
    assert name is not None
    return {"halffloat": "float", "double": "float", "bool_": "bool", "uint": "int",
            "fixed_size_binary": "binary", "string_view": "string", "binary_view": "binary",
            }.get(name[2], name[2])  # fmt: skip


@pytest.mark.parametrize("sql_type", SQL_TYPES)
def test_arrow_types_are_those_that_the_documentation_lists(sql_type: str) -> None:
    """Users look up what a library's array becomes."""
    samples = {"int": 1, "bool": True, "float": 1.0, "decimal": Decimal(1), "string": "1",
               "binary": b"11", "date": date(2024, 2, 29), "time": time(1, 2, 3),
               "timestamp": 1, "timestamp with time zone": 1, "duration": 1}  # fmt: skip
    taken = {
        _family(kind)
        for kind in ARROW
        if _family(kind) in samples
        and kind != pa.float16()
        and by_array(sql_type, pa.array([samples[_family(kind)]], kind)) is not None
    }
    assert taken == _document()[sql_type.split("(")[0]]
