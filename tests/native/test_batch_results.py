# SPDX-License-Identifier: Apache-2.0
"""Results of predict_batch reach the columns as the same values would row by row."""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._batch.results import ResultWriter
from pyflink_ml_embedded._native import Columns, feature_matrix

from .allocations import assert_survives_failed_allocations
from .columns import SCALAR_TYPES, column
from .test_export import Handed, arrow_field
from .test_nested import BOUNDARIES, tables
from .test_types import UTC, VALUES, patient, same


def values_of(columns: Columns) -> list[Any]:
    """Returns the values of columns with one column."""
    return [row[0] for row in columns.rows()]


def outcome(columns: Columns, write: Callable[[], Any]) -> list[Any] | str:
    """Returns the values that write leaves, or its error without the number of the result."""
    try:
        write()
    except ConversionError as error:
        assert len(columns) == 0
        return re.sub(r", result \d+", "", str(error))
    return values_of(columns)


def assert_as_row_path(sql_type: str, array: Any, values: list[Any]) -> list[Any] | str:
    """Asserts that an array and its values have the same outcome, and returns it."""
    columns = Columns([column("y", sql_type)])
    by_array = outcome(columns, lambda: columns.write_columns([array], len(values)))
    by_value = outcome(columns, lambda: columns.write([(value,) for value in values]))
    assert same(by_array, by_value), (by_array, by_value)
    return by_array


# Arrays of Arrow and lists


@patient
@given(table=tables(null_keys=False), data=st.data())
def test_any_table_crosses_as_arrow_arrays_and_as_lists(table: Any, data: Any) -> None:
    """A slice may start at any row, so offsets and validity bits may start anywhere."""
    fields, rows = table
    written, copied = Columns(fields), Columns(fields)
    written.write(rows)
    first = data.draw(st.integers(0, len(rows)))
    for start, end in ((0, len(rows)), (first, len(rows)), (0, first), (first // 2, first)):
        batch = pa.record_batch(written).slice(start, end - start)
        part = rows[start:end]
        copied.write_columns(batch.columns, len(part))
        assert same([tuple(row) for row in copied.rows()], part)
        pa.record_batch(copied).validate(full=True)
        copied.write_columns([[row[i] for row in part] for i in range(len(fields))], len(part))
        assert same([tuple(row) for row in copied.rows()], part)


@pytest.mark.parametrize("sql_type", SCALAR_TYPES)
@patient
@given(data=st.data())
def test_arrow_array_of_a_scalar_type_crosses(sql_type: str, data: Any) -> None:
    """Arrays from pyarrow may have nulls, a bitmap without nulls, or no bitmap."""
    values = data.draw(st.lists(st.none() | VALUES[sql_type], max_size=40))
    skipped = data.draw(st.integers(0, len(values)))
    field = column("y", sql_type)
    array = pa.array(values, arrow_field(field).type)
    columns = Columns([field])
    columns.write_columns([array.slice(skipped)], len(values) - skipped)
    assert same(values_of(columns), values[skipped:])


@pytest.mark.parametrize("sql_type", BOUNDARIES)
def test_boundaries_cross_as_arrow_array_and_as_list(sql_type: str) -> None:
    """Conversions fail first at the limits of a range."""
    field = column("y", sql_type)
    values = [*BOUNDARIES[sql_type], None, *BOUNDARIES[sql_type]]
    columns = Columns([field])
    columns.write_columns([pa.array(values, arrow_field(field).type)], len(values))
    assert same(values_of(columns), values)
    columns.write_columns([values], len(values))
    assert same(values_of(columns), values)


NOT_NULL_FIELDS = "ROW<a INT NOT NULL, s STRING NOT NULL, l ARRAY<INT> NOT NULL, d DECIMAL(4, 1)>"


def test_null_row_hides_what_lies_below_it() -> None:
    """Arrow fields may hold any value below a null struct, even one that the column forbids."""
    fields = [
        pa.array([1, None, 3, 4], pa.int32()),
        pa.array(["x", None, "hidden", "y"]),
        pa.array([[1], None, [2, 2], [3, None]], pa.list_(pa.int32())),
        pa.array([Decimal("1.5"), None, Decimal("12.5"), None], pa.decimal128(4, 1)),
    ]
    mask = pa.array([False, True, True, False])
    array = pa.StructArray.from_arrays(fields, names=list("asld"), mask=mask)
    columns = Columns([column("y", NOT_NULL_FIELDS)])
    expected = [
        Row(a=1, s="x", l=[1], d=Decimal("1.5")),
        None,
        None,
        Row(a=4, s="y", l=[3, None], d=None),
    ]
    for part in (slice(0, 4), slice(1, 4), slice(2, 3), slice(3, 4)):
        columns.write_columns([array[part]], len(expected[part]))
        assert same(values_of(columns), expected[part])
        exported = pa.record_batch(columns)
        exported.validate(full=True)
        below = exported.column(0).field("s")
        assert below.to_pylist() == ["" if row is None else row.s for row in expected[part]]
    with pytest.raises(ConversionError, match=r"column 'y.a', result 2: null in a column of type"):
        columns.write_columns([pa.StructArray.from_arrays(fields, names=list("asld"))], 4)


def test_elements_of_null_lists_are_not_copied() -> None:
    """A null Arrow list may have elements, but the column's offsets have no gaps."""
    values = pa.array(["a", "b", "hidden", "c", None, "hidden", "d"])
    offsets = pa.array([0, 2, 3, 3, 5, 6, 7], pa.int32())
    mask = pa.array([False, True, False, False, True, False])
    array = pa.ListArray.from_arrays(offsets, values, mask=mask)
    expected = [["a", "b"], None, [], ["c", None], None, ["d"]]
    columns = Columns([column("y", "ARRAY<STRING>")])
    for first in range(6):
        columns.write_columns([array[first:]], 6 - first)
        assert values_of(columns) == expected[first:]
        elements = pa.record_batch(columns).column(0).values
        assert "hidden" not in elements.to_pylist()
    columns = Columns([column("y", "ARRAY<STRING NOT NULL>")])
    with pytest.raises(ConversionError, match=r"column 'y\[\]', result 4: null in a column"):
        columns.write_columns([array], 6)


@pytest.mark.parametrize(
    ("sql_type", "array", "message"),
    [
        ("DOUBLE", pa.array([1.0], pa.float32()), "'y': expected DOUBLE (Arrow g), got Arrow"),
        ("INT", pa.array([1], pa.uint32()), "'y': expected INT (Arrow i), got Arrow type I"),
        ("INT", pa.array([1], pa.int32()).dictionary_encode(),
         "'y': expected INT (Arrow i), got Arrow type i of a dictionary"),
        ("DECIMAL(10, 2)", pa.array([Decimal(1)], pa.decimal128(11, 2)),
         "'y': expected DECIMAL(10, 2) (Arrow d:10,2), got Arrow type d:11,2"),
        ("TIMESTAMP_LTZ(3)", pa.array([0], pa.timestamp("ms")), "got Arrow type tsm:"),
        ("ARRAY<INT>", pa.array([[1]], pa.list_(pa.int64())),
         "'y[]': expected INT (Arrow i), got Arrow type l"),
        ("MAP<STRING, INT>", pa.array([[(1, 1)]], pa.map_(pa.int32(), pa.int32())),
         "'y.key': expected STRING (Arrow u), got Arrow type i"),
        ("ROW<a INT>", pa.array([{"a": 1, "b": 1}], pa.struct([("a", "i4"), ("b", "i4")])),
         "'y': expected ROW<`a` INT> (Arrow +s), got Arrow type +s"),
        ("ROW<a INT>", pa.array([{"b": 1}], pa.struct([("b", "i4")])),
         "'y': got an Arrow struct with other fields than ROW<`a` INT>"),
        ("VARCHAR(2)", pa.array(["éé", "ééé"]), "'y', result 2: a value of 3 characters is"),
        ("STRING", pa.array([b"\xc3\xa9", b"\xed\xa0\x80"]).view(pa.string()),
         "'y', result 2: the value is not valid UTF-8"),
        ("VARCHAR(2)", pa.array(["ab", "abc"]), "'y', result 2: a value of 3 characters is"),
        ("BINARY(2)", pa.array([b"xx", b"xxx"]), "'y', result 2: a value of 3 bytes is too long"),
        ("DECIMAL(3, 1)", pa.array([0, 1], pa.decimal128(3, 1)).view(pa.binary(16)),
         "got Arrow type w:16"),
        ("DATE", pa.array([0, 2932897], "i4").view(pa.date32()), "'y', result 2: the DATE is out"),
        ("DATE", pa.array([-719163], "i4").view(pa.date32()), "'y', result 1: the DATE is out"),
        ("TIME(3)", pa.array([86400000], "i4").view(pa.time32("ms")), "the TIME(3) is not a time"),
        ("TIME(3)", pa.array([-1], "i4").view(pa.time32("ms")), "the TIME(3) is not a time of day"),
        ("TIMESTAMP(7)", pa.array([-(2**63) + 1], pa.timestamp("ns")), "datetime out of range of"),
        ("TIMESTAMP(2)", pa.array([-(2**63) + 1], pa.timestamp("ms")), "milliseconds in 64 bits"),
        ("INT NOT NULL", pa.array([1, None], pa.int32()), "'y', result 2: null in a column"),
        ("ARRAY<VARCHAR(1)>", pa.array([["x"], [], None, ["y", "zz"]]), "'y[]', result 4: a value"),
        ("MAP<STRING, ARRAY<INT NOT NULL>>",
         pa.array([[], [("k", [1]), ("l", [1, None])]], pa.map_("string", pa.list_(pa.int32()))),
         "'y.value[]', result 2: null in a column of type INT NOT NULL"),
    ],
)  # fmt: skip
def test_arrow_array_that_does_not_fit_is_refused(sql_type: str, array: Any, message: str) -> None:
    """Copying the bytes of another type, or of an invalid value, would give a wrong result."""
    columns = Columns([column("y", sql_type)])
    with pytest.raises(ConversionError) as error:
        columns.write_columns([array], len(array))
    assert message in str(error.value)
    assert len(columns) == 0


@pytest.mark.parametrize(
    ("sql_type", "array", "value"),
    [
        ("VARCHAR(2)", pa.array(["äöü"]), "äöü"),
        ("VARBINARY(2)", pa.array([b"abc"]), b"abc"),
        ("VARBINARY(2)", pa.array([b"abc"]), bytearray(b"abc")),
        ("VARBINARY(2)", pa.array([b"abc"]), memoryview(b"abc")),
        ("DATE", pa.array([2932897], "i4").view(pa.date32()), np.datetime64("10000-01-01", "D")),
        ("TIMESTAMP(2)", pa.array([-(2**63) + 1], pa.timestamp("ms")),
         np.datetime64(-(2**63) + 1, "ms")),
        ("TIMESTAMP(4)", pa.array([-(2**63) + 1], pa.timestamp("us")),
         np.datetime64(-(2**63) + 1, "us")),
        ("TIMESTAMP(7)", pa.array([-(2**63) + 1], pa.timestamp("ns")),
         np.datetime64(-(2**63) + 1, "ns")),
        ("INT NOT NULL", pa.array([None], pa.int32()), None),
    ],
)  # fmt: skip
def test_value_is_refused_in_the_same_words_in_an_array_and_in_a_row(
    sql_type: str, array: Any, value: Any
) -> None:
    """The same error must read the same after a user moves from rows to batches."""
    columns = Columns([column("y", sql_type)])
    with pytest.raises(ConversionError) as in_array:
        columns.write_columns([array], 1)
    with pytest.raises(ConversionError) as in_row:
        columns.write([(value,)])
    assert str(in_array.value) == str(in_row.value).replace("'y'", "'y', result 1")


def test_decimal_of_too_many_digits_is_refused() -> None:
    """Arrow's 128 bits hold more than the precision says; Flink would show another number."""
    raw = (10**3).to_bytes(16, "little") + (-(10**3) + 1).to_bytes(16, "little", signed=True)
    array = pa.Array.from_buffers(pa.decimal128(3, 1), 2, [None, pa.py_buffer(raw)])
    columns = Columns([column("y", "DECIMAL(3, 1)")])
    with pytest.raises(ConversionError, match="result 1: number has too many digits for DECIMAL"):
        columns.write_columns([array], 2)
    columns.write_columns([array[1:]], 1)
    assert values_of(columns) == [Decimal("-99.9")]


@pytest.mark.parametrize("precision", range(10))
def test_times_are_cut_to_the_precision_as_in_rows(precision: int) -> None:
    """Times before 1970 are also cut towards the past."""
    ticks = [0, 1, -1, 123456789012, -123456789012, 999, -999]
    field = column("y", f"TIMESTAMP({precision})")
    array = pa.array(ticks, arrow_field(field).type)
    values = np.array(ticks, f"M8[{array.type.unit}]").tolist()
    if array.type.unit == "ns":
        values = list(np.array(ticks, "M8[ns]"))
    assert_as_row_path(f"TIMESTAMP({precision})", array, values)
    if precision <= 3:
        times = [dt.time(1, 2, 3, 999000), None, dt.time(0), dt.time(23, 59, 59, 123000)]
        assert_as_row_path(f"TIME({precision})", pa.array(times, pa.time32("ms")), times)


@pytest.mark.parametrize("sql_type", ["STRING", "BYTES", "ARRAY<TINYINT>"])
@pytest.mark.parametrize("offsets", [[0, 4, 1, 5], [0, -4, 1, 5]])
def test_offsets_that_go_back_are_refused(sql_type: str, offsets: list[int]) -> None:
    """They would address foreign memory, and pyarrow checks only the first and the last."""
    field = column("y", sql_type)
    buffers = [None, pa.py_buffer(np.array(offsets, "i4"))]
    if sql_type == "ARRAY<TINYINT>":
        elements = pa.array([1, 2, 3, 4, 5], pa.int8())
        array = pa.Array.from_buffers(arrow_field(field).type, 3, buffers, children=[elements])
    else:
        array = pa.Array.from_buffers(
            arrow_field(field).type, 3, [*buffers, pa.py_buffer(b"hello")]
        )
    with pytest.raises(ConversionError, match=r"result [12]: the Arrow array is not valid"):
        Columns([field]).write_columns([array], 3)


def test_array_is_released_once_and_refused_afterwards() -> None:
    """The consumer that imports an array owns it and must release it exactly once."""
    before = pa.total_allocated_bytes()
    array = pa.array(np.arange(100_000.0).tolist())
    handed = Handed(*array.__arrow_c_array__())
    del array
    columns = Columns([column("y", "DOUBLE")])
    columns.write_columns([handed], 100_000)
    assert pa.total_allocated_bytes() == before
    assert values_of(columns)[-1] == 99_999.0
    with pytest.raises(ConversionError) as error:
        columns.write_columns([handed], 100_000)
    assert "released" in str(error.value.__cause__)


@pytest.mark.parametrize("capsules", [None, (), (1, 2), [], (None, None)])
def test_producer_without_capsules_is_an_error_that_names_the_column(capsules: Any) -> None:
    """Any class may define the method, so its result cannot be trusted."""

    class Producer:
        def __arrow_c_array__(self) -> Any:
            return capsules

    with pytest.raises(ConversionError, match="column 'y': Producer cannot be read as an array"):
        Columns([column("y", "INT")]).write_columns([Producer()], 1)


def test_export_stays_unchanged_while_results_are_written() -> None:
    """Exported memory is never written again, even when columns copy from themselves."""
    columns = Columns([column("y", "ARRAY<STRING>")])
    columns.write_columns([[["a", "b"], None]], 2)
    batch = pa.record_batch(columns)
    columns.write_columns([batch.column(0).slice(1)], 1)
    assert values_of(columns) == [None]
    columns.write_columns([batch.column(0)], 2)
    assert values_of(columns) == batch.column(0).to_pylist() == [["a", "b"], None]


# Arrays of numpy

NUMBERS = {
    "b1": [True, False],
    "i1": [-128, 127, 0],
    "i2": [-(2**15), 2**15 - 1, 1, 127, -129],
    "i4": [-(2**31), 2**31 - 1, 7, 2**15],
    "i8": [-(2**63), 2**63 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 3],
    "u1": [0, 255, 128],
    "u2": [0, 2**16 - 1, 2**15],
    "u4": [0, 2**32 - 1, 2**31],
    "u8": [0, 2**64 - 1, 2**63, 2**63 - 1],
    "f2": [0.1, -0.0, np.nan, np.inf, -np.inf, 65504.0, 6e-8, -6.1e-5],
    "f4": [0.1, -0.0, np.nan, np.inf, 3.4e38, 1e-45],
    "f8": [0.1, -0.0, np.nan, -np.inf, 1e39, 5e-324, 3.4028235e38, 3.4028236e38],
    ">f8": [0.1, 1e300],
    ">i4": [1, -(2**31)],
    "g": [0.5],
    "c16": [1j],
    "M8[s]": [0, 1],
    "m8[s]": [0, 1],
    "U3": ["abc"],
    "S3": [b"abc"],
    "O": [None, 1, 1.5],
}
NUMERIC_TYPES = ["BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE"]


@pytest.mark.filterwarnings("ignore:In future, it will be an error for 'np.bool")
@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("sql_type", [*NUMERIC_TYPES, "DECIMAL(20, 1)", "STRING", "TIMESTAMP(3)"])
def test_numpy_array_is_taken_as_its_items_are(sql_type: str, dtype: str) -> None:
    """The loops without objects must not differ from the row path, in value, error or rounding."""
    for value in NUMBERS[dtype]:
        assert_as_row_path(sql_type, np.array([value], dtype), list(np.array([value], dtype)))
    fitting = [
        value
        for value in NUMBERS[dtype]
        if isinstance(assert_as_row_path(sql_type, np.array([value], dtype),
                                         list(np.array([value], dtype))), list)
    ]  # fmt: skip
    array = np.array(fitting * 700, dtype)
    readonly = array.copy()
    readonly.flags.writeable = False
    for part in (array, array[1:], array[::-1], array[::3], array[:0], readonly):
        assert_as_row_path(sql_type, part, list(part))


@pytest.mark.parametrize("at", [0, 511, 512, 1999])
@pytest.mark.parametrize(
    ("sql_type", "value", "message"),
    [
        ("INT", np.int64(2**31), "int out of range of INT (-2147483648 to 2147483647)"),
        ("TINYINT", np.uint8(128), "int out of range of TINYINT (-128 to 127)"),
        ("BIGINT", np.uint64(2**63), "int out of range of BIGINT"),
        ("FLOAT", np.float64(1e39), "number out of range of FLOAT"),
    ],
)
def test_number_out_of_range_is_named_by_its_result(
    sql_type: str, value: Any, message: str, at: int
) -> None:
    """Results count from 1, as rows do."""
    array = np.zeros(2000, value.dtype)
    array[at] = value
    columns = Columns([column("y", sql_type)])
    with pytest.raises(ConversionError) as error:
        columns.write_columns([array], 2000)
    assert str(error.value).startswith(f"column 'y', result {at + 1}: {message}")
    assert error.value.column == "y"


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "f2"])
def test_matrix_is_an_array_for_each_row(dtype: str) -> None:
    """Embeddings have this shape, with any strides, and may have no columns or rows."""
    matrix = np.arange(60).reshape(10, 6).astype(dtype)
    for part in (matrix, matrix.T, matrix[::2], matrix[:, ::-2], matrix[:, :0], matrix[:0],
                 np.asfortranarray(matrix), np.broadcast_to(matrix[0], (3, 6))):  # fmt: skip
        columns = Columns([column("y", "ARRAY<FLOAT>"), column("z", "ARRAY<DOUBLE>")])
        columns.write_columns([part, part], len(part))
        assert [tuple(row) for row in columns.rows()] == [(row, row) for row in part.tolist()]


def test_matrix_names_the_result_that_does_not_fit() -> None:
    """All elements are converted at once, so the error must find the result again."""
    matrix = np.zeros((5, 300))
    matrix[3, 7] = 1e39
    for array in (matrix, matrix[:, :299]):
        with pytest.raises(ConversionError, match=r"column 'y\[\]', result 4: number out of range"):
            Columns([column("y", "ARRAY<FLOAT>")]).write_columns([array], 5)
    with pytest.raises(ConversionError, match=r"column 'y\[\]', result 1: expected INT, got "):
        Columns([column("y", "ARRAY<INT>")]).write_columns([matrix], 5)


# Other objects than arrays, and user code


@pytest.mark.parametrize(
    ("sql_type", "array", "expected"),
    [
        ("STRING", ("a", None), ["a", None]),
        ("STRING", np.array(["a", "bc"]), ["a", "bc"]),
        ("BIGINT", range(2), [0, 1]),
        ("DOUBLE", np.ma.array([1.0, 2.0], mask=[False, True]), [1.0, None]),
        ("DOUBLE", memoryview(np.array([1.0, 2.0])), [1.0, 2.0]),
        ("DATE", np.array(["2024-02-29", "NaT"], "M8[D]"), [dt.date(2024, 2, 29), None]),
        ("TIMESTAMP_LTZ(3)", np.array([0, -1], "M8[us]"),
         [dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)]),
        ("ARRAY<INT>", [np.arange(2, dtype="i4"), None], [[0, 1], None]),
        ("ARRAY<STRING>", [["a"], ()], [["a"], []]),
        ("ROW<a INT>", [(1,), {"a": 2}], [Row(a=1), Row(a=2)]),
        ("BOOLEAN", np.array([True, False]), [True, False]),
        ("ARRAY<BOOLEAN>", np.eye(2, dtype=bool), [[True, False], [False, True]]),
    ],
)  # fmt: skip
def test_sequences_of_values_are_taken(sql_type: str, array: Any, expected: list[Any]) -> None:
    """Not every model returns numbers."""
    columns = Columns([column("y", sql_type)])
    columns.write_columns([array], 2)
    assert same(values_of(columns), expected)


@pytest.mark.parametrize("value", [None, 5, "ab", b"ab", {"a": 1}, {1, 2}, iter([1]), np.array(1)])
def test_non_array_is_refused(value: Any) -> None:
    """A str of the right length would be a column of characters."""
    with pytest.raises(ConversionError, match="column 'y': expected an array of values, such as"):
        Columns([column("y", "STRING")]).write_columns([value], 2)


@pytest.mark.parametrize(
    "array",
    [[1] * 5, (1,) * 5, np.ones(5), np.ones((5, 2)), pa.array([1.0] * 5), range(5),
     np.zeros(5, "M8[s]")],
    ids=lambda array: type(array).__name__,
)  # fmt: skip
@pytest.mark.parametrize("sql_type", ["DOUBLE", "ARRAY<DOUBLE>"])
def test_wrong_number_of_values_is_refused(array: Any, sql_type: str) -> None:
    """A wrong count would assign results to the wrong rows."""
    with pytest.raises(ConversionError) as error:
        Columns([column("y", sql_type)]).write_columns([array], 7)
    assert str(error.value) == "column 'y': predict_batch returned 5 values for 7 rows"


def test_wrong_number_of_columns_is_refused() -> None:
    """The message lists the expected columns."""
    columns = Columns([column("a", "INT"), column("b", "INT")])
    with pytest.raises(
        ConversionError, match=r"returned 1 columns, the model's OUTPUT has 2 \(a, b"
    ):
        columns.write_columns([[1]], 1)
    with pytest.raises(ValueError, match="negative"):
        columns.write_columns([[], []], -1)


def test_columns_are_empty_and_usable_after_a_failure() -> None:
    """A partial result must not be emitted."""
    columns = Columns([column("a", "INT"), column("b", "ARRAY<STRING>")])
    good = [[1, 2], [["x"], None]]
    for bad in (
        [[1, 2], [["x"], 3]],
        [[1, "x"], [["x"], None]],
        [[1, 2], pa.array([["x"], [5]][:1])],
    ):
        columns.write_columns(good, 2)
        with pytest.raises(ConversionError):
            columns.write_columns(bad, 2)
        assert columns.rows() == []
    columns.write_columns(good, 2)
    assert columns.rows() == [Row(a=1, b=["x"]), Row(a=2, b=None)]


def test_list_that_shrinks_while_it_is_read_is_refused() -> None:
    """__index__ is user code, and reading on would read freed memory."""
    values: list[Any] = []

    class Shrinking:
        def __index__(self) -> int:
            del values[1:]
            gc.collect()
            return 1

    values[:] = [Shrinking(), object(), object()]
    with pytest.raises(ConversionError, match="returned 1 values for 3 rows"):
        Columns([column("y", "INT")]).write_columns([values], 3)


def test_columns_are_not_written_while_they_are_written() -> None:
    """The inner call would move the memory of the outer one."""
    columns = Columns([column("y", "INT")])

    class Writing:
        def __index__(self) -> int:
            columns.write_columns([[1] * 1000], 1000)
            return 1

    with pytest.raises(ConversionError) as error:
        columns.write_columns([[Writing()]], 1)
    assert isinstance(error.value.__cause__, RuntimeError)


def test_error_of_the_users_code_is_the_cause() -> None:
    """Users need the traceback of their own code."""

    class Raising:
        def __index__(self) -> int:
            raise ZeroDivisionError("boom")

    with pytest.raises(ConversionError, match="column 'y', result 2: Raising cannot be") as error:
        Columns([column("y", "INT")]).write_columns([[1, Raising()]], 2)
    assert isinstance(error.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    "arrays",
    [
        [np.arange(8.0), pa.array(["x", None] * 4), [[1], None] * 4],
        [np.arange(8), ["x"] * 8, pa.array([[1], None] * 4, pa.list_(pa.int32()))],
        [np.arange(8.0), pa.array(["x"] * 8), pa.array([["x"]] * 8)],
        [np.arange(8.0), ["x"] * 7 + [1], [[1]] * 8],
        [pa.array([1.0] * 7 + [None]), ["x"] * 8, [[1]] * 8],
        [object(), ["x"] * 8, [[1]] * 8],
        [np.arange(7.0), ["x"] * 8, [[1]] * 8],
    ],
)
def test_writing_leaves_objects_and_references_as_they_were(arrays: list[Any]) -> None:
    """One leaked object per batch ends every long job."""
    columns = Columns(
        [column("a", "DOUBLE NOT NULL"), column("s", "STRING"), column("l", "ARRAY<INT>")]
    )
    calls = 300

    def work() -> list[int]:
        for _ in range(calls):
            try:
                columns.write_columns(arrays, 8)
            except ConversionError:
                continue
        gc.collect()
        counted = (None, columns, *arrays)
        return [*map(sys.getrefcount, counted), len(gc.get_objects()), pa.total_allocated_bytes()]

    work()
    rounds = [work() for _ in range(4)]
    for counts in zip(*rounds, strict=True):
        assert min(abs(b - a) for a, b in itertools.pairwise(counts)) < calls / 2, counts


# Memory


ZEROS = np.zeros(2**31, "i1")  # pages that nobody writes to take no memory


@pytest.mark.parametrize(
    ("sql_type", "array"),
    [
        ("ARRAY<TINYINT>", ZEROS.reshape(2, -1)),
        ("ARRAY<DOUBLE>", ZEROS.view("f8").reshape(2, -1)),
        ("ARRAY<DOUBLE>", pa.FixedSizeListArray.from_arrays(ZEROS.view("f8"), 2**27)),
    ],
    ids=["bytes", "doubles", "arrow"],
)
def test_more_than_a_buffer_holds_is_refused(sql_type: str, array: Any) -> None:
    """Offsets would overflow to negative values."""
    columns = Columns([column("y", sql_type)])
    with pytest.raises(ConversionError, match=r"column 'y\[\]'.* take more than 2147483647 bytes"):
        ResultWriter(columns).write(array, 2)
    columns.write_columns([[None]], 1)
    assert values_of(columns) == [None]


def test_memory_shrinks_after_a_large_result(held_megabytes: Callable[[], int]) -> None:
    """One giant batch must not hold its size for the rest of the job."""
    columns = Columns([column("y", "ARRAY<DOUBLE>"), column("s", "STRING")])
    first = held_megabytes()
    for _ in range(3):
        columns.write_columns([np.ones((4, 2**20)), ["x" * 2**22] * 4], 4)
        assert held_megabytes() >= first + 32 + 16
        for _ in range(2):
            columns.write_columns([np.ones((1, 2)), ["x"]], 1)
        assert held_megabytes() == first


class Producer:
    """Exports columns as a struct array, again on each call."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._columns.__arrow_c_array__()


def written_arrays() -> tuple[Callable[[], Any], Callable[[Any], bool]]:
    """Arrays of every kind are written."""
    inner = "d DOUBLE, s STRING, l ARRAY<STRING>, m MAP<STRING, ARRAY<INT>>"
    fields = [column(*part.split(" ", 1)) for part in inner.split(", ", 3)]
    source = Columns(fields)
    source.write([(0.5, "text", ["a", None], {"k": [1]}), (None, None, None, None)] * 40)
    expected = [Row(**row.as_dict()) for row in source.rows()]
    columns = Columns(
        [column("n", "INT"), column("e", "ARRAY<FLOAT>"), column("t", "STRING"),
         column("r", f"ROW<{inner}>")]
    )  # fmt: skip
    arrays = [np.arange(80), np.ones((80, 4)), ["text"] * 80, Producer(source)]

    def call() -> Any:
        columns.write_columns(arrays, 80)
        return len(columns)

    def is_right(count: Any) -> bool:
        rows = columns.rows()
        return count == 80 and rows[79][:3] == [79, [1.0] * 4, "text"] and (
            same([row.r for row in rows], expected)
        )  # fmt: skip

    return call, is_right


def wrong_arrays() -> tuple[Callable[[], Any], Callable[[Any], bool]]:
    """The error for a wrong array is created."""
    source = Columns([column("a", "INT")])
    source.write([(1,), (None,)])
    columns = Columns([column("r", "ROW<a INT NOT NULL>")])
    arrays = [Producer(source), [(1,), ("x",)], np.ones(2), [1], object(), "ab"]

    def call() -> Any:
        messages = []
        for array in arrays:
            try:
                columns.write_columns([array], 2)
            except ConversionError as error:
                if error.__cause__ is not None:
                    raise
                messages.append(error.column)
        return messages

    return call, lambda messages: messages == ["r.a", "r.a", "r", "r", "r", "r"]


def matrix() -> tuple[Callable[[], Any], Callable[[Any], bool]]:
    """A matrix is created from a batch."""
    source = Columns([column("a", "INT"), column("b", "DOUBLE")])
    source.write([(1, 0.5), (2, None)])
    producer = Producer(source)
    right = np.array([[1, 0.5], [2, np.nan]])

    def is_right(made: Any) -> bool:
        return np.array_equal(made, right, equal_nan=True)

    return lambda: feature_matrix(producer, np.empty, "float64"), is_right


CASES = [written_arrays, wrong_arrays, matrix]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_failed_allocation_is_an_error_and_the_next_call_is_right(case: Any) -> None:
    """A task that runs out of memory must fail, not compute something else or take others along."""
    pytest.importorskip("_testcapi", reason="CPython was built without its test modules")
    assert_survives_failed_allocations(case)
