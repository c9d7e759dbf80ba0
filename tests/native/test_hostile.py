# SPDX-License-Identifier: Apache-2.0
"""User objects that raise, return wrong results, or change data while it is read.

Memory that was freed is often still readable: some of these tests fail only with sanitizers, which
tests/native/sanitize.py runs them with.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import gc
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz.hostile import run

from native.columns import column, open_function
from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import Columns

CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus").iterdir())
SEEDS = 3000
SEEDS_A_TEST = 500
WIDTH = 30


@contextlib.contextmanager
def collecting(callback: Callable[[], None]) -> Iterator[None]:
    """Calls back wherever the garbage collector can run, and shows it new objects alone."""

    def on_collection(phase: str, info: dict[str, int]) -> None:
        callback()

    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    # CPython keeps what was freed to use it again, and that does not count for the collector.
    kept = [[] for _ in range(100)], [(i,) * n for n in range(1, 4) for i in range(2000)]
    gc.callbacks.append(on_collection)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(on_collection)
        del kept


class Sightings:
    """Looks for incomplete objects among those that the garbage collector tracks."""

    def __init__(self, is_partial: Callable[[Any], bool]) -> None:
        self.is_partial = is_partial
        self.count = 0

    def look(self) -> None:
        self.count += sum(map(self.is_partial, gc.get_objects()))


def lacks_items(found: Any) -> bool:
    """Whether a list has places for items that are not there yet."""
    return type(found) is list and len(gc.get_referents(found)) < len(found)


def named_row() -> Row:
    """Returns a Row with names that nobody else holds."""
    row = Row(*range(WIDTH))
    row.set_field_names([f"old{i}" for i in range(WIDTH)])
    return row


def rename(row: Row) -> None:
    """Frees the names of a Row."""
    row.set_field_names([f"new{i}" for i in range(len(row))])


class Renaming:
    """A name whose comparison and repr rename the fields of a Row."""

    __slots__ = ("row",)

    def __init__(self, row: Row) -> None:
        self.row = row

    def __eq__(self, other: object) -> Any:
        rename(self.row)
        return NotImplemented

    def __repr__(self) -> str:
        rename(self.row)
        return "it"


def test_reading_a_row_shows_no_half_built_list() -> None:
    """Reading a list with missing items crashes the process."""
    partial = Sightings(lacks_items)

    def predict(row: Row) -> list[Any]:
        with collecting(partial.look):
            assert row._values == [Row(x=1), Row(x=2), Row(x=3)]
        return []

    fields = [column(name, "ROW<x INT>") for name in "abc"]
    open_function(predict, fields, [column("y", "INT")])([Row(1), Row(2), Row(3)])
    assert partial.count == 0


def test_renaming_while_a_name_is_sought_in_a_row_is_harmless() -> None:
    """``in`` compares with the names that were there when it began."""
    row, compared = named_row(), []

    class Name:
        def __eq__(self, other: object) -> bool:
            compared.append(other)
            rename(row)
            return False

    assert Name() not in row
    assert compared == [f"old{i}" for i in range(WIDTH)]


def test_renaming_in_repr_of_a_missing_name_is_harmless() -> None:
    """The message lists the names, after the repr of the one that is missing."""
    row = named_row()
    with pytest.raises(ValueError, match="no field it; the fields are"):
        row[Renaming(row)]  # type: ignore[index]


def test_renaming_while_names_are_compared_is_harmless() -> None:
    """A name is compared with all others, each of which may be gone after the first."""
    row = Row(1, 2)
    row.set_field_names([Renaming(row), Renaming(row)])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="no field 'absent'"):
        row["absent"]


def test_renaming_while_rows_are_compared_is_harmless() -> None:
    """Rows are compared by the names of the left one."""
    row, other = Row(1, 2), Row(1, 2)
    row.set_field_names([Renaming(row), Renaming(row)])  # type: ignore[list-item]
    other.set_field_names(["q", "r"])
    assert row != other


def test_fields_by_names_are_not_built_in_a_list_that_others_see() -> None:
    """A comparison that empties the list would free what is written next."""
    row = Row(a=1, b=2)

    class Name:
        def __eq__(self, other: object) -> Any:
            for found in gc.get_objects():
                if type(found) is list and len(found) == 2 and type(found[0]) is Name:
                    found.clear()
            return NotImplemented

    with pytest.raises(ValueError, match="no field"):
        row.get_fields_by_names(iter([Name(), Name()]))  # type: ignore[arg-type]


def test_making_a_named_row_shows_no_half_built_list() -> None:
    """The values of keyword arguments pass through no list that the collector knows."""
    partial = Sightings(lacks_items)
    with collecting(partial.look):
        rows = [Row.of_kind(0, a=[1], b=[2]) for _ in range(10)]
    assert rows == [Row.of_kind(0, a=[1], b=[2])] * 10
    assert partial.count == 0


def test_a_finalizer_does_not_change_a_row_while_a_slice_is_assigned() -> None:
    """The values to assign are in a list, and the value that they replace may be the last."""

    class Mark:
        pass

    class Dying:
        def __del__(self) -> None:
            for found in gc.get_objects():
                if type(found) is list and len(found) == 3 and found[2] is mark:
                    found.clear()

    mark = Mark()
    row = Row(Dying(), 1, mark)
    row[0:1] = [0]
    assert row == Row(0, 1, mark)


def test_hash_of_a_row_in_itself_raises_recursion_error() -> None:
    """Endless recursion in C crashes the process."""
    row = Row(1)
    row[0] = row
    with pytest.raises(RecursionError):
        hash(row)


@pytest.mark.parametrize("nanosecond", [2**63 - 1, 5 * 10**9, -1, 1000, 2**70, "1"])
def test_a_wrong_nanosecond_is_rejected(nanosecond: Any) -> None:
    """A sum that overflows is undefined, and a wrong one is another time."""

    class Timestamp(dt.datetime):
        pass

    Timestamp.nanosecond = nanosecond  # type: ignore[attr-defined]
    columns = Columns([column("a", "TIMESTAMP(9)")])
    with pytest.raises(ConversionError, match="column 'a'"):
        columns.write([(Timestamp(2000, 1, 1, 0, 0, 0, 5),)])


def test_a_value_that_cannot_be_read_raises_though_another_was_stored() -> None:
    """Making the error runs the collector, and a finalizer may store a value meanwhile."""
    raised = []

    def predict(row: Row) -> list[Any]:
        with collecting(lambda: row.__setitem__(0, 1)):
            try:
                raised.append(row[0])
            except ConversionError as error:
                raised.append(type(error))
        return []

    opened = open_function(predict, [column("a", "TIMESTAMP(3)")], [column("y", "INT")])
    opened([np.datetime64("20000-01-01", "s")])
    assert raised in ([ConversionError], [1])


def test_a_row_that_was_read_outlives_an_input_that_failed() -> None:
    """What predict kept is a copy, whatever the next input does half way."""
    kept: list[Row] = []

    class Growing:
        def __index__(self) -> int:
            for found in gc.get_referrers(wrong):
                if type(found) is list:
                    found.append((7, 8, "z"))
            return 1

    wrong = (Growing(), 5, "x")
    fields = [column("a", "BIGINT"), column("b", "BIGINT"), column("c", "STRING")]
    opened = open_function(lambda row: kept.append(row) or [], fields, [column("y", "INT")])
    opened((1, 2, "text"))
    opened(wrong)
    assert [list(row) for row in kept] == [[1, 2, "text"], [1, 5, "x"]]


class Changing(list[Any]):
    """Children that are more whenever they are read."""

    reads = 0

    def __iter__(self) -> Iterator[Any]:
        self.reads += 1
        return iter([column(f"x{i}", "INT") for i in range(5 * self.reads)])


@pytest.mark.parametrize("children", [iter([column("x", "INT")]), Changing()])
def test_children_that_change_while_they_are_read_are_rejected(children: Any) -> None:
    """Columns are counted first, and the memory has no capacity for more."""
    field = {"name": "p", "type": "ROW", "nullable": True, "arrow": "+s", "children": children}
    with pytest.raises(ValueError, match="the fields changed while they were read"):
        Columns([field])


def test_columns_in_too_many_columns_raise_recursion_error() -> None:
    """Endless recursion in C crashes the process."""
    field = column("x", "INT")
    for _ in range(100_000):
        field = {"name": "i", "type": "A", "nullable": True, "arrow": "+l", "children": [field]}
    with pytest.raises(RecursionError):
        Columns([field])
    while "children" in field:  # else freeing it recurses as deep
        field = field.pop("children")[0]


def test_renaming_while_the_names_are_listed_is_harmless() -> None:
    """Creating the list may run the collector."""
    row = named_row()
    with collecting(lambda: rename(row)):
        listed = [row._fields for _ in range(10)]
    for names in listed:
        assert [name[3:] for name in names] == list(map(str, range(WIDTH)))


def test_renaming_while_a_row_is_pickled_is_harmless() -> None:
    """Creating the tuple may run the collector."""
    row = named_row()
    with collecting(lambda: rename(row)):
        _, values, (names, _) = row.__reduce__()  # type: ignore[misc]
    assert values == tuple(range(WIDTH))
    assert len(names) == WIDTH


def test_setting_the_kind_while_kinds_are_compared_is_harmless() -> None:
    """A kind may be compared after nobody holds it."""

    class Kind:
        def __eq__(self, other: object) -> Any:
            row.set_row_kind(None)
            return NotImplemented

    row, other = Row(1), Row(1)
    row.set_row_kind(Kind())
    other.set_row_kind(Kind())
    assert row != other


def test_setting_the_kind_while_its_value_is_read_is_harmless() -> None:
    """A kind is compared with INSERT by its value."""

    class Kind:
        def __getattribute__(self, name: str) -> Any:
            row.set_row_kind(None)
            raise AttributeError(name)

        def __getattr__(self, name: str) -> int:
            return 0

    row = Row(1)
    row.set_row_kind(Kind())
    assert row == Row(1)


def test_reading_a_map_shows_no_half_built_dict() -> None:
    """Who adds an entry to a dict that is being filled changes the result."""
    partial = Sightings(lambda found: type(found) is dict and 101 in found and len(found) < 5)
    value = {101 + i: Row(x=i) for i in range(5)}
    columns = Columns([column("m", "MAP<INT, ROW<x INT>>")])
    columns.write([(dict(value),)])
    with collecting(partial.look):
        rows = columns.rows()
    assert rows == [Row(m=value)]
    assert partial.count == 0


def test_renaming_while_names_are_matched_is_harmless() -> None:
    """The names that were there first decide, by position as none of them is a column."""
    row = Row(1, 2)
    row.set_field_names([Renaming(row), Renaming(row)])  # type: ignore[list-item]
    columns = Columns([column("x", "INT"), column("y", "INT")])
    columns.write([row])
    assert columns.rows() == [Row(x=1, y=2)]
    assert row._fields == ["new0", "new1"]


class Emptying(str):
    """A key whose comparison empties its dict."""

    __slots__ = ("items",)
    __hash__ = str.__hash__
    items: dict[Any, Any]

    def __eq__(self, other: object) -> bool:
        self.items.clear()
        return str(self) == other


def test_a_dict_that_is_emptied_while_its_names_are_matched_is_rejected() -> None:
    """Its keys are copied first, and its values are looked up when they are needed."""
    key = Emptying("X")
    key.items = {key: 1}
    with pytest.raises(RuntimeError, match="the dict changed while it was read"):
        Columns([column("x", "INT")]).write([key.items])


def test_an_object_with_fields_that_raise_passes_the_error_on() -> None:
    """A property is code of the user."""

    @dataclasses.dataclass
    class Failing:
        x: int

        def __getattribute__(self, name: str) -> Any:
            if name == "x":
                gc.collect()
                raise ZeroDivisionError("from x")
            return super().__getattribute__(name)

    columns = Columns([column("x", "INT")])
    with pytest.raises(ZeroDivisionError, match="from x"):
        columns.write([Failing(1)])
    assert len(columns) == 0


@pytest.mark.parametrize("fields", [["x"], ("x", "y"), (1,), None, 5])
def test_a_tuple_with_fields_that_are_not_its_names_is_read_or_rejected(fields: Any) -> None:
    """Any class may have an attribute _fields."""
    columns = Columns([column("x", "INT")])
    value = type("Fake", (tuple,), {"_fields": fields})([7])
    try:
        columns.write([value])
    except ConversionError:
        assert fields == ("x", "y")
    else:
        assert columns.rows() == [Row(x=7)]


@pytest.mark.parametrize("ndim", [None, "2", 2**70, -1, 2])
def test_what_only_has_the_name_of_an_array_is_rejected(ndim: Any) -> None:
    """Its attributes may be anything."""
    fake = type("numpy.ndarray", (), {"ndim": ndim})()
    with pytest.raises((TypeError, OverflowError, ConversionError)):
        Columns([column("x", "INT")]).write(fake)


def test_datetime64_with_inconsistent_ticks_is_rejected() -> None:
    """A difference that overflows is undefined."""

    class Ticks:
        def __index__(self) -> int:
            return next(answers, -(2**63))

    answers = iter([0])
    datetime64 = type("numpy.datetime64", (), {"astype": lambda self, unit: self.ticks(unit)})
    datetime64.ticks = lambda self, unit: self if unit.startswith("date") else Ticks()
    with pytest.raises(ConversionError, match="column 'a'"):
        Columns([column("a", "TIMESTAMP(8)")]).write([(datetime64(),)])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name[:8])
def test_an_input_that_the_fuzzer_found_passes(path: Path) -> None:
    """Each of them reaches code that no other does."""
    run(path.read_bytes())


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_A_TEST))
def test_random_inputs_pass(first: int) -> None:
    """Hostile objects end no process, and right ones come back, on every interpreter."""
    for seed in range(first, first + SEEDS_A_TEST):
        generator = random.Random(seed)
        run(generator.randbytes(generator.choice((20, 80, 300))))
