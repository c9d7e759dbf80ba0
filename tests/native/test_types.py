# SPDX-License-Identifier: Apache-2.0
"""Every type crosses exactly in both directions, and what does not fit is refused."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import os
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyflink_ml_embedded import ConversionError, Row

from .columns import SCALAR_TYPES, column, open_function, result_of

UTC = dt.timezone.utc
FIRST, LAST = dt.datetime.min, dt.datetime.max
# What an int64 of nanoseconds reaches, less the second that its ends cut.
NANOS_FIRST, NANOS_LAST = dt.datetime(1677, 9, 21, 0, 12, 44), dt.datetime(2262, 4, 11, 23, 47, 15)


def timestamps(first: dt.datetime, last: dt.datetime, micros: int, zone: bool) -> Any:
    """Draws datetimes that are multiples of a number of microseconds."""
    values = st.datetimes(first, last).map(
        lambda value: value.replace(microsecond=value.microsecond // micros * micros)
    )
    return values.map(lambda value: value.replace(tzinfo=UTC)) if zone else values


def decimals(precision: int, scale: int) -> Any:
    """Draws all values of DECIMAL(precision, scale)."""
    limit = 10**precision - 1
    return st.integers(-limit, limit).map(lambda n: Decimal(n).scaleb(-scale, WIDE))


# A slow machine must not fail these tests. They draw the same values in each run, so that the
# result does not depend on chance; `make fuzz` sets the variable and draws other values.
RANDOM_EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "0"))
patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not RANDOM_EXAMPLES,
    max_examples=RANDOM_EXAMPLES or 100,
)

WIDE = decimal.Context(prec=60)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TIMES = st.times()
VALUES: dict[str, Any] = {
    "BOOLEAN": st.booleans(),
    "TINYINT": st.integers(-(2**7), 2**7 - 1),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1),
    "INT": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "FLOAT": st.floats(width=32),
    "DOUBLE": st.floats(),
    "STRING": TEXT,
    "BYTES": st.binary(),
    "DATE": st.dates(),
    "TIME(0)": TIMES.map(lambda value: value.replace(microsecond=0)),
    "TIME(3)": TIMES.map(lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000)),
    "TIMESTAMP(0)": timestamps(FIRST, LAST, 10**6, False),
    "TIMESTAMP(3)": timestamps(FIRST, LAST, 1000, False),
    "TIMESTAMP(6)": timestamps(FIRST, LAST, 1, False),
    "TIMESTAMP(9)": timestamps(NANOS_FIRST, NANOS_LAST, 1, False),
    "TIMESTAMP_LTZ(3)": timestamps(FIRST, LAST, 1000, True),
    "TIMESTAMP_LTZ(6)": timestamps(FIRST, LAST, 1, True),
    "TIMESTAMP_LTZ(9)": timestamps(NANOS_FIRST, NANOS_LAST, 1, True),
    "DECIMAL(10, 2)": decimals(10, 2),
    "DECIMAL(38, 18)": decimals(38, 18),
}
TYPES = SCALAR_TYPES


def same(left: Any, right: Any) -> bool:
    """Whether both are the same value of the same type, in and out of containers.

    NaN is NaN, and -0.0 is not 0.0.
    """
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or (
            math.isnan(left) and math.isnan(right)
        )
    if isinstance(left, dt.datetime):
        return left == right and left.tzinfo == right.tzinfo
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and same(left.tolist(), right.tolist())
    if isinstance(left, Row):
        return getattr(left, "_fields", None) == getattr(right, "_fields", None) and same(
            list(left), list(right)
        )
    if isinstance(left, dict):  # whose keys may be NaN, which no key equals
        return same(list(left.items()), list(right.items()))
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@pytest.mark.parametrize("sql_type", TYPES)
@patient
@given(data=st.data())
def test_values_cross_unchanged(sql_type: str, data: Any) -> None:
    """predict gets the values that Flink sends, and Flink gets the values that predict returns."""
    values = data.draw(st.lists(st.none() | VALUES[sql_type], min_size=1, max_size=5))
    columns = [column(f"c{i}", sql_type) for i in range(len(values))]
    seen: list[Row] = []

    def predict(row: Row) -> list[Row]:
        seen.append(row)
        return [row, row]

    results = open_function(predict, columns, columns)(values)
    for row in (seen[0], *results):
        assert len(row) == len(values)
        assert all(same(a, b) for a, b in zip(row, values, strict=True)), (list(row), values)
    assert len(results) == 2


@patient
@given(rows=st.lists(st.tuples(*(st.none() | VALUES[t] for t in TYPES)), max_size=20))
def test_many_rows_of_all_types_come_back_in_order(rows: list[tuple[Any, ...]]) -> None:
    """One call may emit many rows; the output columns grow while they are written."""
    opened = open_function(
        lambda row: iter(rows), [column("x", "INT")], [column(t, t) for t in TYPES]
    )
    for _ in range(2):
        results = opened([1])
        assert len(results) == len(rows)
        for result, row in zip(results, rows, strict=True):
            assert all(same(a, b) for a, b in zip(result, row, strict=True))


@pytest.mark.parametrize("sql_type", TYPES)
def test_null_in_not_null_column_is_rejected(sql_type: str) -> None:
    """Flink's generated code reads a NOT NULL column without asking."""
    with pytest.raises(ConversionError, match="column 'y': null in a column of type") as error:
        result_of(None, column("y", sql_type, nullable=False))
    assert error.value.column == "y"


WRONG: list[tuple[str, Any]] = [
    ("BOOLEAN", 1), ("BOOLEAN", "true"), ("BOOLEAN", np.int64(1)),
    ("TINYINT", "1"), ("INT", 1.0), ("INT", np.float64(1)), ("INT", Decimal(1)), ("INT", b"1"),
    ("BIGINT", "1"), ("BIGINT", [1]), ("DOUBLE", "1.0"), ("DOUBLE", 1j), ("FLOAT", b"1"),
    ("STRING", 1), ("STRING", b"x"), ("STRING", Row("x")), ("BYTES", "x"), ("BYTES", [1]),
    ("BYTES", np.zeros(2)), ("DATE", dt.datetime(2024, 1, 1)), ("DATE", "2024-01-01"), ("DATE", 1),
    ("TIME(3)", dt.datetime(2024, 1, 1)), ("TIME(3)", dt.timedelta(1)), ("TIME(3)", 1),
    ("TIMESTAMP(6)", dt.date(2024, 1, 1)), ("TIMESTAMP(6)", "2024-01-01"), ("TIMESTAMP(6)", 1.0),
    ("DECIMAL(10, 2)", 1.5), ("DECIMAL(10, 2)", "1.5"), ("DECIMAL(10, 2)", np.float64(1)),
]  # fmt: skip


@pytest.mark.parametrize(("sql_type", "value"), WRONG)
def test_wrong_type_names_column_and_types(sql_type: str, value: Any) -> None:
    """A value is never converted in a way that could lose information."""
    with pytest.raises(ConversionError) as error:
        result_of(value, column("y", sql_type))
    assert str(error.value).startswith(f"column 'y': expected {sql_type}, got ")


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("TINYINT", 128), ("TINYINT", -129), ("SMALLINT", 2**15), ("SMALLINT", -(2**15) - 1),
        ("INT", 2**31), ("INT", -(2**31) - 1), ("BIGINT", 2**63), ("BIGINT", -(2**63) - 1),
        ("BIGINT", 10**5000), ("INT", np.int64(2**31)), ("BIGINT", np.uint64(2**63)),
        ("FLOAT", 1e39), ("DECIMAL(10, 2)", Decimal("100000000.00")),
        ("DECIMAL(10, 2)", Decimal("99999999.995")), ("DECIMAL(10, 2)", Decimal("1E+999999")),
        ("DECIMAL(10, 2)", 10**8), ("DECIMAL(38, 18)", 10**20), ("DECIMAL(38, 18)", 10**5000),
        ("DECIMAL(10, 2)", Decimal("NaN")), ("DECIMAL(10, 2)", Decimal("-Infinity")),
        ("TIMESTAMP(9)", dt.datetime(1677, 1, 1)), ("TIMESTAMP(9)", dt.datetime(2263, 1, 1)),
        ("TIMESTAMP(9)", np.datetime64("2263-01-01", "us")),
        ("STRING", "lone \ud800 surrogate"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_value_out_of_range_is_rejected_without_being_shown(sql_type: str, value: Any) -> None:
    """Overflow would give a wrong value, and a message must not contain data."""
    with pytest.raises(ConversionError, match="column 'y': ") as error:
        result_of(value, column("y", sql_type))
    if not isinstance(value, int | np.integer):  # whose text may be that of the type's limit
        assert str(value) not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("VARCHAR(3)", "abcd"),
        ("CHAR(3)", "a😀cd"),
        ("VARBINARY(3)", b"abcd"),
        ("BINARY(3)", bytes(4)),
    ],
)
def test_value_longer_than_the_column_is_rejected(sql_type: str, value: Any) -> None:
    """Flink does not check the lengths of a function's results."""
    with pytest.raises(ConversionError, match="is too long for"):
        result_of(value, column("y", sql_type))
    assert result_of(value[:3], column("y", sql_type)) == value[:3]


NUMPY: list[tuple[str, Any, Any]] = [
    ("BOOLEAN", np.True_, True),
    ("TINYINT", np.int8(-5), -5),
    ("BIGINT", np.uint32(7), 7),
    ("INT", np.int64(7), 7),
    ("FLOAT", np.float32(1.5), 1.5),
    ("FLOAT", np.float64(1.5), 1.5),
    ("DOUBLE", np.float32(0.1), float(np.float32(0.1))),
    ("DOUBLE", np.float16(0.5), 0.5),
    ("DOUBLE", np.int64(3), 3.0),
    ("DOUBLE", 3, 3.0),
    ("STRING", np.str_("x"), "x"),
    ("BYTES", np.bytes_(b"x"), b"x"),
    ("BYTES", bytearray(b"x"), b"x"),
    ("BYTES", memoryview(b"axb")[1:2], b"x"),
    ("DECIMAL(10, 2)", np.int64(3), Decimal("3.00")),
    ("DECIMAL(10, 2)", Decimal("-1.005"), Decimal("-1.01")),
    ("DECIMAL(10, 2)", Decimal("1E+3"), Decimal("1000.00")),
    ("DECIMAL(10, 2)", Decimal("4E-1000000"), Decimal("0.00")),
    ("DATE", np.datetime64("2024-02-29"), dt.date(2024, 2, 29)),
    ("DATE", np.datetime64("NaT"), None),
    ("DATE", pd.NaT, None),
    ("TIMESTAMP(3)", np.datetime64("1969-12-31T23:59:59.999999"),
     dt.datetime(1969, 12, 31, 23, 59, 59, 999000)),
    ("TIMESTAMP(6)", np.datetime64("9999-12-31", "D"), dt.datetime(9999, 12, 31)),
    ("TIMESTAMP(6)", np.datetime64("NaT"), None),
    ("TIMESTAMP(6)", pd.NaT, None),
    ("TIMESTAMP(6)", pd.Timestamp("2024-01-01 00:00:00.000001"),
     dt.datetime(2024, 1, 1, 0, 0, 0, 1)),
    ("TIMESTAMP(0)", dt.datetime(1969, 12, 31, 23, 59, 59, 1),
     dt.datetime(1969, 12, 31, 23, 59, 59)),
    ("TIMESTAMP_LTZ(6)", dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
     dt.datetime(2024, 1, 1, 5, tzinfo=UTC)),
    ("TIMESTAMP_LTZ(6)",
     dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(microseconds=1))),
     dt.datetime(2023, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ("TIMESTAMP_LTZ(6)", pd.Timestamp("2024-06-01", tz="Europe/Berlin"),
     dt.datetime(2024, 5, 31, 22, tzinfo=UTC)),
    ("TIME(0)", dt.time(1, 2, 3, 999999), dt.time(1, 2, 3)),
    ("TIME(3)", dt.time(1, 2, 3, 999999), dt.time(1, 2, 3, 999000)),
]  # fmt: skip


@pytest.mark.parametrize(("sql_type", "value", "expected"), NUMPY)
def test_scalars_of_numpy_and_pandas_are_accepted(sql_type: str, value: Any, expected: Any) -> None:
    """Models return them; fractions beyond the declared precision are cut, as CAST does."""
    assert same(result_of(value, column("y", sql_type)), expected)


@pytest.mark.parametrize(
    ("sql_type", "value", "message"),
    [
        ("TIMESTAMP(6)", dt.datetime(2024, 1, 1, tzinfo=UTC), "with tzinfo cannot be a"),
        ("TIMESTAMP_LTZ(6)", dt.datetime(2024, 1, 1), "needs a datetime with tzinfo"),
        ("TIME(3)", dt.time(1, tzinfo=UTC), "with tzinfo cannot be a"),
        ("DATE", np.datetime64("2024-01-01T12"), "with a time of day cannot be a DATE"),
    ],
)
def test_value_that_would_lose_its_zone_or_time_is_rejected(
    sql_type: str, value: Any, message: str
) -> None:
    """PyFlink drops the zone and shifts the instant."""
    with pytest.raises(ConversionError, match=message):
        result_of(value, column("y", sql_type))


def test_unknown_format_is_rejected_when_the_path_is_made() -> None:
    """The error must not wait for the first row."""
    with pytest.raises(ValueError, match="column 'x': the Arrow format 'tiM' of INTERVAL YEAR is"):
        open_function(
            list, [{"name": "x", "type": "INTERVAL YEAR", "nullable": True, "arrow": "tiM"}], []
        )


@pytest.mark.parametrize("bad", ["d:39,2", "d:10", "d:2,3", "d:,", "d:10,2x", "d:-1,0"])
def test_malformed_decimal_format_is_rejected(bad: str) -> None:
    """A wrong scale would be a wrong value in every row."""
    with pytest.raises(ValueError, match="is not supported"):
        open_function(list, [{"name": "x", "type": "DECIMAL", "nullable": True, "arrow": bad}], [])


def test_big_and_empty_variable_values_cross() -> None:
    """Buffers grow from 256 bytes to what a value needs, and are used again."""
    columns = [column("a", "STRING"), column("b", "BYTES")]
    opened = open_function(lambda row: [row, ("", b""), row], columns, columns)
    for size in (0, 1, 255, 256, 257, 1_000_000, 5_000_000, 3):
        values = ("é" * size, bytes(size))
        assert [tuple(row) for row in opened(values)] == [values, ("", b""), values]


def test_text_is_the_same_with_a_character_of_any_width_at_any_place() -> None:
    """ASCII is copied by words, without a decoder."""
    opened = open_function(lambda row: [row], [column("s", "STRING")], [column("s", "STRING")])
    for length in range(1, 35):
        for character in ("a", "\x7f", "\x80", "\u20ac", "\U0001f600"):
            for place in range(length):
                text = "x" * place + character + "y" * (length - place - 1)
                (result,) = opened((text,))
                assert result.s == text
                assert result.s.isascii() == text.isascii()
