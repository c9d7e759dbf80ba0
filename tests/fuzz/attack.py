# SPDX-License-Identifier: Apache-2.0
"""Drives columns and an open function with hostile objects."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._native import Columns

from .acts import change
from .checks import Fields, Rows, is_expected, make_open_function, right_rows
from .classes import Dying
from .objects import hostile, hostile_for
from .values import disguise, disguise_record
from .world import World, act_in_collection, enter

FORMATS = ("+l", "+s", "+m", "u", "i", "d:5,2", "d:99,9", "d:", "tsn:UTC", "ts", "", "\ud800")


def attack(world: World, fields: Fields, arrays: bool) -> None:
    """Writes, reads, exports and predicts with hostile objects."""
    world.columns = columns = Columns(fields, arrays)
    rows = right_rows(world, fields, arrays)
    results = tuple(_result(world, fields, rows) for _ in range(2))
    records = tuple(_record(world, fields, row) for row in rows)
    answers = iter(tuple(_result(world, fields, rows) for _ in rows))
    enter(world)
    _attempt(lambda: columns.write(results[0]))
    _interrupted(world, lambda: _attempt(columns.rows))
    batch = _attempt(lambda: pa.record_batch(columns))
    if batch is not None:
        batch.validate(full=True)
    _interrupted(world, lambda: _attempt(lambda: columns.write(results[1])))
    if batch is not None:
        batch.validate(full=True)

    def predict(row: Row) -> Any:
        if world.cursor.below(4):  # else it may be used again for the next call
            world.track(row)
        for _ in range(world.cursor.below(4)):
            used = row if world.cursor.below(2) else world.track(Row(*row))
            _interrupted(world, lambda used=used: _use_row(world, used))  # type: ignore[misc]
        return (row,) if world.cursor.below(2) else next(answers, None)

    opened = make_open_function(world, fields, arrays, predict)
    for record in records:
        _attempt(lambda record=record: opened(record))  # type: ignore[misc]
    world.kept.extend(_attempt(columns.rows) or ())
    opened.close()


def misdescribe(world: World, fields: Fields, arrays: bool) -> None:
    """Describes columns by hostile objects; every error but a SystemError is right."""
    wrong = _misdescribed(world, fields)
    enter(world)
    try:
        Columns(wrong, arrays).__arrow_c_schema__()
    except SystemError:
        raise
    except Exception:  # a request comes from our own code in Java
        return


def _misdescribed(world: World, fields: Fields) -> Any:
    """Returns a copy of fields with wrong parts."""
    wrong: Any = world.track([])
    for field in fields:
        parts = world.track(dict(field))
        if "children" in field:
            parts["children"] = _misdescribed(world, field["children"])
        choice = world.cursor.below(4)
        name = world.cursor.choose(tuple(parts))
        if choice == 1:
            parts[name] = hostile(world)
        elif choice == 2:
            parts["arrow"] = world.cursor.choose(FORMATS)
        elif choice == 3:
            del parts[name]
        wrong.append(parts)
    return hostile(world) if world.cursor.below(16) == 15 else wrong


def _attempt(work: Callable[[], Any]) -> Any:
    """Returns what work does, or None where it raises what it may."""
    try:
        return work()
    except Exception as error:
        if not is_expected(error):
            raise
        return None


def _interrupted(world: World, work: Callable[[], Any]) -> None:
    """Runs the garbage collector at every chance meanwhile, with a callback that acts."""

    def callback(phase: str, info: dict[str, int]) -> None:
        act_in_collection()

    if world.cursor.below(4) == 0:
        work()
        return
    for _ in range(world.cursor.below(4)):
        Dying()
    gc.callbacks.append(callback)
    gc.set_threshold(1 + world.cursor.below(4))
    gc.enable()
    try:
        work()
    finally:
        gc.disable()
        gc.callbacks.remove(callback)


def _record(world: World, fields: Fields, row: tuple[Any, ...]) -> Any:
    """Returns a row in which some values are hostile, or a hostile object."""
    choice = world.cursor.below(8)
    values = [
        hostile_for(world, field, value)
        if world.cursor.below(3) == 0
        else disguise(world.cursor, field, value)
        for field, value in zip(fields, row, strict=True)
    ]
    named = dict(zip([field["name"] for field in fields], values, strict=True))
    forms: tuple[Callable[[], Any], ...] = (
        lambda: tuple(values),
        lambda: world.track(values),
        lambda: world.track(named),
        lambda: world.track(Row(**named)),
        lambda: world.track(Row(*values)),
        lambda: disguise_record(world.cursor, fields, row),
        lambda: tuple(values),
        lambda: hostile(world),
    )
    return forms[choice]()


def _result(world: World, fields: Fields, rows: Rows) -> Any:
    """Returns what predict might: such rows in a list, a tuple or a generator, or no rows."""
    records = world.track([_record(world, fields, row) for row in rows])
    choice = world.cursor.below(6)
    if choice == 3:
        return tuple(records)
    if choice == 4:
        return (record for record in records)
    return hostile(world) if choice == 5 else records


def _use_row(world: World, row: Row) -> None:
    """Calls a method of a Row as a model might, with a hostile argument."""
    other = hostile(world)
    uses: tuple[Callable[[], Any], ...] = (
        lambda: row._values,
        lambda: hash(row),
        lambda: repr(row),
        lambda: row[:],
        lambda: row[other],
        lambda: other in row,
        lambda: row == world.track(Row(*row)),
        lambda: row == Row(**dict(zip(row._fields, row, strict=True))),
        lambda: row.as_dict(True),
        lambda: change(world, row),
        lambda: row.get_fields_by_names([other, "c0"]),
        lambda: row.get_fields_by_names(row._fields),
        lambda: row(*row),
        lambda: row.__setitem__(slice(0, 1), [other]),
        lambda: row.__setitem__(slice(None), other),
        lambda: row.__setitem__(0, other),
        lambda: row.__setitem__(other, 1),
        lambda: copy.copy(row),
        lambda: copy.deepcopy(row),
        lambda: getattr(row, world.cursor.choose(("c0", "c1", "index"))),
        lambda: row._fields,
        lambda: Row.of_kind(other, a=other, b=other) == row,
        lambda: Row.of_kind(*row) == row,
        lambda: list(row),
        lambda: row.get_row_kind(),
        lambda: setattr(row, "_fields", other),
        lambda: row.__delitem__(0),
        lambda: (row.set_field_names([other] * len(row)), row.as_dict(True)),
        lambda: Row(other, c0=other),
        lambda: row.__setstate__(([other] * len(row), other)),
    )
    try:
        world.cursor.choose(uses)()
    except SystemError:
        raise
    except Exception:  # whatever else an object makes of being compared or copied is its own
        return
