# SPDX-License-Identifier: Apache-2.0
"""The native Row behaves as pyflink.common.Row does."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pyflink.common
import pytest

from pyflink_ml_embedded import Row

from .columns import column, open_function


def read_row(**values: Any) -> Row:
    """Returns a Row that was read from Arrow columns of STRING and BIGINT."""
    seen: list[Row] = []
    columns = [column(n, "STRING" if isinstance(v, str) else "BIGINT") for n, v in values.items()]
    opened = open_function(seen.append, columns, columns)
    opened(tuple(values.values()))
    opened(tuple("other" if isinstance(v, str) else -1 for v in values.values()))
    return seen[0]


BEHAVIOURS: list[Callable[[Any], Any]] = [
    lambda row: row[0],
    lambda row: row[-1],
    lambda row: row[0:2],
    lambda row: row["name"],
    lambda row: row.name,
    lambda row: row.age,
    lambda row: list(row),
    lambda row: tuple(row),
    lambda row: len(row),
    lambda row: "name" in row,
    lambda row: "nobody" in row,
    lambda row: row.as_dict(),
    lambda row: row._fields,
    lambda row: row._values,
    lambda row: row.get_fields_by_names(["age", "name"]),
    lambda row: repr(row),
    lambda row: hash(row),
    lambda row: row.get_row_kind(),
    lambda row: row["nobody"],
    lambda row: row[7],
    lambda row: row.nobody,
    lambda row: row.get_fields_by_names(["nobody"]),
    lambda row: setattr(row, "name", "x"),
    lambda row: [row.__setitem__("age", 3), row.age][1],
    lambda row: [row.__setitem__(0, "y"), row.name][1],
    lambda row: [row.set_field_names(["a", "b"]), row.b][1],
    lambda row: [row.set_row_kind(pyflink.common.RowKind.DELETE), row.get_row_kind()][1],
]


def outcome(behaviour: Callable[[Any], Any], row: Any) -> Any:
    """Returns what the behaviour gives, or the class of what it raises."""
    try:
        return behaviour(row)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("number", range(len(BEHAVIOURS)))
@pytest.mark.parametrize("make", [Row, read_row])
def test_row_behaves_as_the_row_of_pyflink(make: Callable[..., Row], number: int) -> None:
    """Code that was written for PyFlink must run unchanged."""
    behaviour = BEHAVIOURS[number]
    expected = outcome(behaviour, pyflink.common.Row(name="Ada", age=36))
    actual = outcome(behaviour, make(name="Ada", age=36))
    if isinstance(expected, type):
        assert issubclass(actual, expected)
    else:
        assert actual == expected


def test_row_without_names_behaves_as_the_row_of_pyflink() -> None:
    """Rows by position are what most predict functions return."""
    ours, theirs = Row(1, "x", None), pyflink.common.Row(1, "x", None)
    assert repr(ours) == repr(theirs)
    assert list(ours) == list(theirs)
    assert 1 in ours
    assert 2 not in ours
    with pytest.raises(TypeError):
        ours.as_dict()
    with pytest.raises(AttributeError):
        ours._fields  # noqa: B018


def test_row_with_names_makes_rows() -> None:
    """PyFlink documents this way of making a Row class."""
    person = Row("name", "age")
    assert person("Ada", 36) == Row(name="Ada", age=36)
    with pytest.raises(ValueError, match="2 fields, got 3 values"):
        person(1, 2, 3)


def test_args_and_kwargs_together_are_rejected() -> None:
    """PyFlink rejects it too."""
    with pytest.raises(ValueError, match="both args and kwargs"):
        Row(1, b=2)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (Row(1, 2), Row(1, 2), True),
        (Row(1, 2), Row(2, 1), False),
        (Row(1), Row(1, 2), False),
        (Row(a=1, b=2), Row(b=2, a=1), True),
        (Row(a=1, b=2), Row(a=2, b=1), False),
        (Row(a=1), Row(b=1), False),
        (Row(a=1), Row(1), False),
        (Row(1, 2), (1, 2), False),
        (Row(1), None, False),
    ],
)
def test_rows_are_equal_by_name_where_they_have_names(left: Row, right: Any, equal: bool) -> None:
    """Users compare Rows in their tests."""
    assert (left == right) is equal
    assert (left != right) is not equal


def test_row_kind_is_part_of_equality() -> None:
    """The kind is compared as in PyFlink, where an unset kind is INSERT."""
    kind = pyflink.common.RowKind
    assert Row.of_kind(kind.INSERT, 1) == Row(1)
    assert Row.of_kind(kind.DELETE, 1) != Row(1)


@pytest.mark.parametrize("row", [Row(1, "x"), Row(a=1, b=None), Row(), read_row(a="x", b=2)])
def test_row_survives_pickle_and_copy(row: Row) -> None:
    """Rows are passed through queues and multiprocessing."""
    assert pickle.loads(pickle.dumps(row)) == row
    assert copy.copy(row) == row
    assert copy.deepcopy(row) == row


def test_recursive_as_dict_reaches_rows_in_lists_and_dicts() -> None:
    """PyFlink converts nested Rows too."""
    row = Row(a=Row(b=1), c=[Row(d=2)], e={"f": Row(g=3)})
    assert row.as_dict(True) == {"a": {"b": 1}, "c": [{"d": 2}], "e": {"f": {"g": 3}}}
    assert row.as_dict()["a"] == Row(b=1)


def test_row_that_is_kept_does_not_change_with_the_columns() -> None:
    """A function may collect its rows; their columns are overwritten by the next row."""
    row = read_row(name="Ada", age=36)
    assert row == Row(name="Ada", age=36)


_KEPT_TYPES = ["DOUBLE", "STRING", "STRING", "BIGINT"]
_KEPT_OUTPUT = [column("y", "DOUBLE")]


def test_kept_rows_keep_the_values_of_their_own_call() -> None:
    """They are copied when the call ends, whatever was read until then."""
    rows = [(i * 0.5, "a" * i, None if i % 2 else "\u20ac" * (9 - i), i) for i in range(10)]
    columns = [column(name, t) for name, t in zip("dstn", _KEPT_TYPES, strict=True)]
    for read in (0, 1, 3):
        seen: list[Row] = []

        def predict(row: Row, read: int = read, seen: list[Row] = seen) -> list[Row]:
            assert len(row[:read]) == read
            seen.append(row)
            return [row]

        opened = open_function(predict, columns, columns)
        results = [tuple(result) for row in rows for result in opened(row)]
        assert [tuple(row) for row in seen] == results == rows


def test_row_of_a_failed_call_keeps_its_values() -> None:
    """A debugger or an error report reads it from the traceback."""
    opened = open_function(lambda row: row.missing, [column("s", "STRING")], _KEPT_OUTPUT)
    with pytest.raises(AttributeError) as failure:
        opened(("first",))
    with pytest.raises(AttributeError):
        opened(("second",))
    frame = failure.traceback[-1].frame
    assert frame.f_locals["row"] == Row(s="first")


def test_row_outlives_its_path() -> None:
    """Closing the function frees the columns, not the rows."""
    seen: list[Row] = []
    columns = [column("x", "DOUBLE"), column("s", "STRING")]
    opened = open_function(seen.append, columns, columns)
    opened((1.5, "text"))
    opened.close()
    del opened
    gc.collect()
    assert tuple(seen[0]) == (1.5, "text")


def test_row_in_a_cycle_is_collected() -> None:
    """A Row that holds itself must not leak."""
    gc.collect()
    before = len(gc.get_objects())
    for make in (lambda: Row(None), lambda: read_row(x=1)):
        for _ in range(100):
            row = make()
            row[0] = [row]
        del row
    gc.collect()
    assert len(gc.get_objects()) < before + 50


def test_repr_of_a_row_that_holds_itself_ends() -> None:
    """A repr that recursed forever would end the process."""
    row = Row(None)
    row[0] = row
    assert repr(row) == "<Row(Row(...))>"


def test_unpacking_leaves_reference_counts_as_they_were() -> None:
    """A leak here would grow with each row of a job."""
    value = object()
    row = Row(value, a := object())
    before = sys.getrefcount(value), sys.getrefcount(a)
    for _ in range(1000):
        _first, _second = row
        _third = row[0], row[1:], list(row), hash(row), repr(row)
    del _first, _second, _third
    assert (sys.getrefcount(value), sys.getrefcount(a)) == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Row.__new__(Row, 1, a=2), ValueError, "both args and kwargs"),
        (lambda: Row.of_kind(), TypeError, "needs a RowKind"),
        (lambda: Row("a")(a=1), TypeError, "takes values by position"),
        (lambda: delattr(Row(a=1), "_fields"), AttributeError, "_fields"),
        (lambda: Row(a=1).get_fields_by_names(None), TypeError, "not iterable"),
        (lambda: Row(a=1).set_field_names(None), TypeError, "not iterable"),
    ],
)
def test_wrong_use_is_an_error_that_says_so(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    """Most Rows are made by hand, in tests of models."""
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (lambda row: row.amont, AttributeError),
        (lambda row: row["amont"], ValueError),
        (lambda row: row.get_fields_by_names(["amont"]), ValueError),
        (lambda row: row.__setitem__("amont", 1), ValueError),
    ],
)
def test_wrong_name_lists_the_fields(read: Callable[[Row], Any], error: type[Exception]) -> None:
    """The names of the columns are in SQL, and the class is somewhere else."""
    message = r"there is no field 'amont'; the fields are \('amount', 'country'\)"
    with pytest.raises(error, match=message):
        read(read_row(amount=1, country="DE"))


def test_name_of_a_row_without_names_says_so() -> None:
    """Its values are read by index."""
    with pytest.raises(AttributeError, match="no field 'amount': the Row has no field names"):
        Row(1).amount  # noqa: B018


def test_attributes_that_libraries_look_for_are_missing_as_usual() -> None:
    """Their names are not those of fields, and this is part of nearly every conversion."""
    row = read_row(amount=1)
    with pytest.raises(AttributeError, match="object has no attribute '__array__'"):
        row.__array__  # noqa: B018
    assert getattr(row, "_repr_html_", None) is None
    assert getattr(Row(**{"__array__": 7}), "".join(["__arr", "ay__"])) == 7


def test_field_is_found_by_a_name_that_is_computed() -> None:
    """Such a name is equal to that of the field, but it is another object."""
    row = Row(**{"first name": 1, "b": 2})
    assert getattr(row, " ".join(["first", "name"])) == 1
    with pytest.raises(AttributeError):
        getattr(row, " ".join(["last", "name"]))


def test_row_is_iterated_as_a_sequence() -> None:
    """Rows are unpacked, copied to tuples and zipped."""
    row = read_row(a="x", b=2, c=None)
    a, *others = row
    assert (a, others) == ("x", [2, None])
    iterator = iter(row)
    assert iter(iterator) is iterator
    assert [next(iterator) for _ in range(3)] == ["x", 2, None]
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(iterator)
    assert list(Row()) == []
    with pytest.raises(ValueError, match="too many values to unpack"):
        (a,) = row


def test_iterator_keeps_its_row() -> None:
    """A generator may outlive the call, whose row is used again."""
    kept = []

    def predict(row: Row) -> list[Row]:
        iterator = iter(row)
        next(iterator)
        kept.append(iterator)
        return [row]

    columns = [column("s", "STRING"), column("n", "BIGINT")]
    opened = open_function(predict, columns, columns)
    for number in range(3):
        opened(("a", number))
    assert [list(iterator) for iterator in kept] == [[0], [1], [2]]


def test_iterator_in_a_cycle_is_collected() -> None:
    """A row may hold what refers to it."""

    class Marker:
        pass

    marker = Marker()
    row = Row(None, marker)
    row[0] = iter(row)
    gone = weakref.ref(marker)
    del row, marker
    gc.collect()
    assert gone() is None
