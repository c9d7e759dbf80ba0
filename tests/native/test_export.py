# SPDX-License-Identifier: Apache-2.0
"""Exported columns are valid Arrow data that is neither changed nor freed while held."""

from __future__ import annotations

import ctypes
import gc
import itertools
import math
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import Columns

from .columns import column
from .test_nested import tables
from .test_types import patient

SCALARS = {
    "b": pa.bool_(),
    "c": pa.int8(),
    "s": pa.int16(),
    "i": pa.int32(),
    "l": pa.int64(),
    "f": pa.float32(),
    "g": pa.float64(),
    "u": pa.string(),
    "z": pa.binary(),
    "tdD": pa.date32(),
    "ttm": pa.time32("ms"),
}
UNITS = {"tsm": "ms", "tsu": "us", "tsn": "ns"}


def arrow_field(field: dict[str, Any]) -> pa.Field:
    """Returns the field that Arrow has for one of a request."""
    children = [arrow_field(child) for child in field.get("children", [])]
    format, _, parameters = field["arrow"].partition(":")
    if format == "+l":
        arrow_type = pa.list_(children[0])
    elif format == "+m":
        key, value = children[0].type
        arrow_type = pa.map_(key.with_nullable(False), value)
    elif format == "+s":
        arrow_type = pa.struct(children)
    elif format == "d":
        arrow_type = pa.decimal128(*map(int, parameters.split(",")))
    elif format in UNITS:
        arrow_type = pa.timestamp(UNITS[format], parameters or None)
    else:
        arrow_type = SCALARS[format]
    return pa.field(field["name"], arrow_type, field["nullable"])


def plain(value: Any) -> Any:
    """Returns what pyarrow's to_pylist gives for a value; NaN as a str, which equals itself."""
    if isinstance(value, Row):
        return {name: plain(value[name]) for name in value._fields}
    if isinstance(value, dict):
        return [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [plain(item) for item in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def read_back(value: Any) -> Any:
    """Returns a value of to_pylist with NaN as ``plain`` has it."""
    if isinstance(value, dict):
        return {name: read_back(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(read_back(item) for item in value)
    return plain(value)


def check(batch: pa.RecordBatch, columns: list[dict[str, Any]], rows: list[Any]) -> None:
    """Asserts that a batch is valid and has these columns and rows."""
    batch.validate(full=True)
    assert batch.schema.equals(pa.schema([arrow_field(field) for field in columns]))
    assert batch.num_rows == len(rows)
    for i, field in enumerate(columns):
        assert read_back(batch.column(i).to_pylist()) == [plain(row[i]) for row in rows], field


@patient
@given(table=tables(null_keys=False))
def test_any_table_is_a_valid_batch_with_the_values_that_were_written(table: Any) -> None:
    """pyarrow checks offsets, bitmaps, UTF-8 and precision; to_pylist reads them all."""
    columns, rows = table
    written = Columns(columns)
    batches = []
    for part in (rows, [], rows[::-1] * 10, rows):
        written.write(part)
        batches.append((pa.record_batch(written), part))
    del written
    for batch, part in batches:
        check(batch, columns, part)


FIELDS = [
    column("i", "BIGINT NOT NULL"),
    column("s", "STRING"),
    column("l", "ARRAY<STRING>"),
    column("m", "MAP<STRING NOT NULL, ARRAY<INT>>"),
    column("r", "ROW<a DOUBLE, b ARRAY<ROW<c BYTES>>>"),
]


def rows_of(number: int, count: int = 3) -> list[tuple[Any, ...]]:
    """Returns rows in which every value shows the number."""
    text = f"text {number} " * 20
    inner = Row(a=float(number), b=[Row(c=text.encode()), None])
    row = (number, text, [text, None], {text: [number, None], "": None}, inner)
    return [row, (number, None, None, None, None), row][:count] * max(1, count // 3)


def written_columns(number: int = 0, count: int = 3) -> Columns:
    """Returns columns of FIELDS with rows_of(number)."""
    columns = Columns(FIELDS)
    columns.write(rows_of(number, count))
    return columns


def test_batches_keep_their_values_while_the_columns_are_written_again() -> None:
    """New rows must use other memory while somebody holds the last batch."""
    columns = Columns(FIELDS)
    held = []
    for number in range(20):
        rows = rows_of(number, count=3 * (number + 1))
        columns.write(rows)
        held.append((pa.record_batch(columns), pa.record_batch(columns).column(3), rows))
        if number % 3 == 0:
            with pytest.raises(ConversionError):
                columns.write([*rows, (None,) * 5])
        if number % 4 == 0:
            columns.write([])
    del columns
    gc.collect()
    for batch, maps, rows in held:
        check(batch, FIELDS, rows)
        assert maps.to_pylist() == [plain(row[3]) for row in rows]


def test_part_of_a_batch_keeps_its_memory() -> None:
    """A slice of one buffer may outlive the rest of the batch."""
    columns = written_columns(7)
    data = pa.record_batch(columns).column(1).buffers()[2].slice(0, 6)
    columns.write(rows_of(8))
    del columns
    gc.collect()
    assert data.to_pybytes() == b"text 7"


def test_numpy_view_of_a_batch_can_be_written_back_to_its_columns() -> None:
    """The memory that is read must not be the memory that is written."""
    columns = Columns([column("x", "ARRAY<DOUBLE>")])
    columns.write([([float(i) for i in range(1000)],)])
    view = pa.record_batch(columns).column(0).values.to_numpy(zero_copy_only=True)
    columns.write([(view[500:],), (view,)])
    assert [row.x[0] for row in columns.rows()] == [500.0, 0.0]
    assert view[0] == 0.0


def test_fields_below_a_null_row_are_null_where_they_may_be() -> None:
    """Arrow allows any validity there; readers of a single field need one that makes sense."""
    columns = Columns([column("r", "ROW<a INT, b STRING NOT NULL, c ROW<d ARRAY<INT>>>")])
    for _ in range(2):
        columns.write([(Row(a=1, b="x", c=Row(d=[1])),)] * 2)
        columns.write([(Row(a=1, b="x", c=Row(d=[1])),), (None,)])
        batch = pa.record_batch(columns)
        batch.validate(full=True)
        a, b, c = batch.column(0).flatten()
        assert [batch.column(0).field(i).null_count for i in range(3)] == [1, 0, 1]
        assert batch.column(0).field(2).field(0).to_pylist() == [[1], None]
        assert [array.to_pylist() for array in (a, b, c)] == [
            [1, None], ["x", None], [{"d": [1]}, None],
        ]  # fmt: skip


def test_export_without_rows_or_columns_is_valid() -> None:
    """A batch may be empty in both directions."""
    check(pa.record_batch(Columns(FIELDS)), FIELDS, [])
    none = Columns([])
    none.write([(), ()])
    exported = pa.array(none)
    assert (len(exported), exported.type) == (2, pa.struct([]))


def test_requested_schema_may_be_given_by_position_and_by_name() -> None:
    """The protocol names the parameter, and consumers use both; it may be ignored."""
    columns = written_columns()
    schema = pa.schema([arrow_field(field) for field in FIELDS]).__arrow_c_schema__()
    for capsules in (
        columns.__arrow_c_array__(),
        columns.__arrow_c_array__(None),
        columns.__arrow_c_array__(schema),
        columns.__arrow_c_array__(requested_schema=schema),
    ):
        check(pa.record_batch(Handed(*capsules)), FIELDS, rows_of(0))


def test_schema_is_exported_alone() -> None:
    """A consumer may ask for it before it wants rows."""
    columns = written_columns()
    schema = pa.schema(columns)
    del columns
    assert schema.equals(pa.schema([arrow_field(field) for field in FIELDS]))


def test_null_key_of_a_map_is_refused() -> None:
    """Flink allows null keys and Arrow does not; the row path still accepts them."""
    columns = Columns([column("m", "ARRAY<MAP<STRING, INT>>")])
    columns.write([([{"a": 1}, {None: 2}],)])
    with pytest.raises(ConversionError, match=r"column 'm\[\].key': a key of an Arrow map cannot"):
        columns.__arrow_c_array__()
    assert columns.rows() == [Row(m=[{"a": 1}, {None: 2}])]
    columns.write([([{"a": None}, None],)])
    assert pa.record_batch(columns).to_pylist() == [{"m": [[("a", None)], None]}]


def test_name_with_a_nul_cannot_be_exported() -> None:
    """The name would be cut there, and could equal the name of another column."""
    columns = Columns([column("m", "INT"), column("m\0x", "INT")])
    with pytest.raises(ConversionError, match="cannot contain NUL"):
        columns.__arrow_c_schema__()


def test_column_name_that_is_no_utf8_is_refused() -> None:
    """Arrow names are UTF-8, which has no lone surrogates."""
    columns = Columns([column("a\ud800", "INT")])
    columns.write([(1,)])
    for export in (columns.__arrow_c_schema__, columns.__arrow_c_array__):
        with pytest.raises((ValueError, ConversionError)):
            export()
    assert columns.rows()[0][0] == 1


# What the C Data Interface says about release


class ArrowArray(ctypes.Structure):
    pass


ArrowArray._fields_ = [
    *[(name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers")],
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]
RELEASE = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))  # it lets go of the GIL
get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
get_pointer.restype = ctypes.c_void_p
get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class ArrowSchema(ctypes.Structure):
    pass


ArrowSchema._fields_ = [
    *[(name, ctypes.c_void_p) for name in ("format", "name", "metadata")],
    *[(name, ctypes.c_int64) for name in ("flags", "n_children")],
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
]


def test_key_of_a_map_is_exported_as_not_nullable() -> None:
    """Arrow says so, and consumers but pyarrow may rely on it; Flink's may be nullable."""
    capsule = Columns([column("m", "MAP<STRING, INT>")]).__arrow_c_schema__()
    schema = ArrowSchema.from_address(get_pointer(capsule, b"arrow_schema"))
    entries = schema.children[0][0].children[0][0]
    assert [entries.children[i][0].flags for i in range(2)] == [0, 2]


class Handed:
    """Passes capsules on to a consumer."""

    def __init__(self, schema: Any, array: Any) -> None:
        self._capsules = schema, array

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._capsules


def array_in(capsule: Any) -> ArrowArray:
    """Returns the struct in a capsule; it lives as long as the capsule."""
    return ArrowArray.from_address(get_pointer(capsule, b"arrow_array"))


def move(array: ArrowArray) -> ArrowArray:
    """Moves an array out of its place, as a consumer does: the place is then released."""
    moved = ArrowArray.from_buffer_copy(array)
    array.release = None
    return moved


def release(array: ArrowArray) -> None:
    """Calls the release callback, which must mark the array as released."""
    RELEASE(array.release)(ctypes.byref(array))
    assert array.release is None


MEGABYTE = 2**20


def big_columns() -> Columns:
    """Returns columns of an ARRAY and a STRING of a few megabytes each."""
    columns = Columns([column("x", "ARRAY<DOUBLE>"), column("s", "STRING")])
    columns.write([(np.arange(MEGABYTE / 4), "x" * (3 * MEGABYTE))])
    return columns


def drop(capsules: list[Any]) -> None:
    """Drops capsules that nobody imported."""
    capsules.clear()


def import_and_drop(capsules: list[Any]) -> None:
    """Lets pyarrow take the array and release it."""
    batch = pa.record_batch(Handed(*capsules))
    capsules.clear()
    gc.collect()
    assert batch.column(1)[0].as_py() == "x" * (3 * MEGABYTE)


def release_on_another_thread(capsules: list[Any]) -> None:
    """Releases without the GIL, on a thread that Python did not make the array on."""
    array = array_in(capsules[1])
    thread = threading.Thread(target=release, args=[array])
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    capsules.clear()


def release_moved(capsules: list[Any]) -> None:
    """Releases an array that was moved out of its capsule, which is gone by then."""
    moved = move(array_in(capsules[1]))
    capsules.clear()
    gc.collect()
    release(moved)


@pytest.mark.parametrize("end", [drop, import_and_drop, release_on_another_thread, release_moved])
def test_memory_is_freed_when_the_last_holder_lets_go(
    end: Callable[[list[Any]], None], held_megabytes: Callable[[], int]
) -> None:
    """Memory must be freed once, and only after the last release."""
    columns = big_columns()
    own = held_megabytes()
    capsules = list(columns.__arrow_c_array__())
    assert held_megabytes() == own
    del columns
    assert held_megabytes() == own
    end(capsules)
    assert held_megabytes() == 0


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_children_that_were_moved_out_are_released_in_any_order(
    order: tuple[int, ...], held_megabytes: Callable[[], int]
) -> None:
    """A consumer may keep one column and release the rest, the parent included."""
    columns = big_columns()
    _schema, capsule = columns.__arrow_c_array__()
    root = move(array_in(capsule))
    del columns, _schema, capsule
    numbers = move(root.children[0].contents)
    elements = move(numbers.children[0].contents)
    parts = [root, numbers, elements, move(root.children[1].contents)]
    gc.collect()
    for number in order:
        if number == 2:
            first = ctypes.cast(elements.buffers[1], ctypes.POINTER(ctypes.c_double))
            assert first[MEGABYTE // 4 - 1] == MEGABYTE // 4 - 1
        if number == 3:
            assert ctypes.string_at(parts[3].buffers[2], 3) == b"xxx"
        release(parts[number])
    assert held_megabytes() == 0


def test_columns_without_their_exports_keep_no_second_memory(
    held_megabytes: Callable[[], int],
) -> None:
    """A job that exports each batch must not grow, whether the consumer is quick or slow."""
    columns = big_columns()
    own = held_megabytes()
    rows = [(np.arange(MEGABYTE / 4), "x" * (3 * MEGABYTE))]
    held: list[Any] = []
    for _ in range(10):
        held = [columns.__arrow_c_array__()]
        columns.write(rows)
        assert held_megabytes() - own <= own + 6  # the export that is held, and rows
    held.clear()
    del rows
    assert held_megabytes() == own


def test_array_is_imported_once() -> None:
    """The second consumer would read freed memory."""
    handed = Handed(*written_columns(3).__arrow_c_array__())
    check(pa.record_batch(handed), FIELDS, rows_of(3))
    with pytest.raises(ValueError, match="released"):
        pa.record_batch(handed)


def test_release_on_many_threads_while_the_columns_are_written() -> None:
    """Consumers on their own threads let go at any time, without the GIL."""
    columns = Columns(FIELDS)
    queue: list[ArrowArray | None] = []
    added = threading.Semaphore(0)

    def consume() -> None:
        while added.acquire(timeout=300) and (array := queue.pop(0)) is not None:
            release(array)

    threads = [threading.Thread(target=consume) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(500):
        columns.write(rows_of(number))
        _schema, capsule = columns.__arrow_c_array__()
        queue.append(move(array_in(capsule)))
        added.release()
    last = pa.record_batch(columns)
    for _ in threads:
        queue.append(None)
        added.release()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    check(last, FIELDS, rows_of(499))


def test_exports_leave_nothing_behind(held_megabytes: Callable[[], int]) -> None:
    """Schemas and arrays have memory of their own for each column."""
    columns = written_columns()

    def work() -> int:
        for _ in range(300):
            columns.write(rows_of(1))
            capsules = columns.__arrow_c_array__()
            columns.__arrow_c_schema__()
            pa.record_batch(Handed(*capsules))
        del capsules
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    work()
    before = work()
    assert work() - before < 10_000
