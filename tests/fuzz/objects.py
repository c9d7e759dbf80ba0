# SPDX-License-Identifier: Apache-2.0
"""Makes wrong and hostile objects, of any kind or of the kind that a column takes."""

from __future__ import annotations

import array
import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pyflink_ml_embedded import Row

from .classes import (
    Dying,
    Hostile,
    HostileArray,
    HostileBytes,
    HostileDate,
    HostileDatetime,
    HostileDecimal,
    HostileDict,
    HostileFloat,
    HostileIndex,
    HostileInt,
    HostileList,
    HostileMapping,
    HostileNamed,
    HostileNanos,
    HostileNumber,
    HostileNumpyArray,
    HostileNumpyBool,
    HostileNumpyTime,
    HostilePyFlinkRow,
    HostileRecord,
    HostileStr,
    HostileTime,
    HostileTuple,
    HostileZone,
)
from .world import World

NAMES = ("c0", "c1", "f0", "f1", "x")


def _some(world: World) -> list[Any]:
    return [hostile(world) for _ in range(world.cursor.below(4))]


def _buffer(world: World) -> memoryview:
    buffer = world.track(bytearray(world.cursor.byte()))
    view = memoryview(buffer)[:: world.cursor.choose((1, 1, 2, -1))]
    world.views.append(view)
    return view


def _numbers(world: World) -> np.ndarray[Any, Any]:
    dtype = world.cursor.choose(("i4", "i8", "f8", "f4", ">i4", "i1", "u1", "M8[ns]", "O", "?"))
    count = world.cursor.below(8)
    return np.zeros(count, "i8").astype(dtype)


def _row(world: World) -> Row:
    row = Row(*_some(world))
    if world.cursor.below(2) == 1:
        names = [world.cursor.choose((*NAMES, hostile)) for _ in row]
        row.set_field_names([hostile(world) if callable(name) else name for name in names])
    return world.track(row)  # type: ignore[no-any-return]


def _dict(world: World) -> dict[Any, Any]:
    items = world.track({})
    for _ in range(world.cursor.below(4)):
        name = world.cursor.choose(NAMES)
        items[HostileStr(name) if world.cursor.below(4) == 3 else name] = hostile(world)
    return items  # type: ignore[no-any-return]


_PLAIN: tuple[Callable[[World], Any], ...] = (
    lambda world: None,
    lambda world: 1,
    lambda world: True,
    lambda world: 2**70,
    lambda world: -1.5,
    lambda world: 1e300,
    lambda world: "c0",
    lambda world: "\ud800",
    lambda world: b"ab",
    lambda world: NotImplemented,
    lambda world: Decimal(world.cursor.choose(("1.5", "NaN", "-Infinity", "1E+999999", "-0"))),
    lambda world: dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=23))),
    lambda world: dt.datetime(9999, 12, 31, 23),
    lambda world: dt.date(2024, 2, 29),
    lambda world: dt.time(23, 59, 59, 999999),
    lambda world: np.datetime64(world.cursor.number(8), world.cursor.choose(("ns", "s", "Y"))),
    lambda world: np.float32(1.5),
    lambda world: np.uint64(2**63),
    lambda world: pa.array([1, None]),
    lambda world: iter(_some(world)),
    lambda world: (item for item in _some(world)),
    _numbers,
    _buffer,
)
_RECORDS: tuple[Callable[[World], Any], ...] = (
    lambda world: Hostile(),
    lambda world: HostileNamed([hostile(world), hostile(world)]),
    lambda world: HostileMapping(),
    lambda world: HostileRecord(),
    lambda world: np.array([[hostile(world), None]], "O"),
)
_HOSTILE: tuple[Callable[[World], Any], ...] = (
    lambda world: Hostile(),
    lambda world: world.cursor.choose(_RECORDS)(world),
    lambda world: world.track(_some(world)),
    _dict,
    _row,
    lambda world: HostileInt(world.cursor.number(1)),
    lambda world: HostileFloat(1.5),
    lambda world: HostileStr("c0"),
    lambda world: HostileBytes(b"ab"),
    lambda world: world.track(HostileList(_some(world))),
    lambda world: HostileTuple(_some(world)),
    lambda world: world.track(HostileDict(_dict(world))),
    lambda world: HostileDecimal("1.5"),
    lambda world: HostileDate(2024, 2, 29),
    lambda world: HostileDatetime(2024, 2, 29, tzinfo=HostileZone()),
    lambda world: dt.datetime(2024, 2, 29, tzinfo=HostileZone()),
    lambda world: HostileNanos(2024, 2, 29),
    lambda world: HostileTime(1, tzinfo=HostileZone()),
    lambda world: HostileArray(),
    lambda world: HostileNumpyArray(),
    lambda world: HostileNumpyBool(),
    lambda world: HostileNumpyTime(),
    lambda world: HostilePyFlinkRow(),
    lambda world: Dying(),
    lambda world: itertools.islice(iter(Hostile, None), world.cursor.below(4)),
    lambda world: world.cursor.choose(_PLAIN)(world),
)
LIES = (*_PLAIN, *_HOSTILE)


def hostile(world: World) -> Any:
    """Returns a wrong or a hostile object; every list, dict and Row in it may change."""
    return world.build(world.cursor.choose(_HOSTILE))


def hostile_for(world: World, field: dict[str, Any], value: Any) -> Any:
    """Returns an object of the kind that the column takes, with hostile methods or parts."""
    root = field["arrow"].partition(":")[0]
    choice = world.cursor.below(4)
    if choice == 3 or value is None:
        return hostile(world) if world.cursor.below(2) else _unfit(world, root)
    if root == "+l":
        items = world.track(list(value))
        items[choice:] = [hostile_for(world, field["children"][0], item) for item in items[choice:]]
        return HostileList(items) if choice == 2 else items
    if root == "+m":
        key_field, value_field = field["children"][0]["children"]
        entries = world.track({})
        for key, item in value.items():
            entries[hostile_key(world, key_field, key)] = hostile_for(world, value_field, item)
        return entries
    if root == "+s":
        values = [
            hostile_for(world, child, item)
            for child, item in zip(field["children"], value, strict=False)
        ]
        forms = (Row(*values), world.track(values), dict(zip(value._fields, values, strict=False)))
        return world.track(forms[choice])
    form = _FORMS.get(root)
    return form(world, value) if form else hostile(world)


def _unfit(world: World, root: str) -> Any:
    """Returns what looks like a value of the column, and does not fit it or just about does."""
    return world.cursor.choose(_UNFIT.get(root, (lambda world: None,)))(world)


def _times(world: World) -> np.ndarray[Any, Any]:
    return np.array([_moment(world) for _ in range(world.cursor.below(3))], "M8[us]")


def _moment(world: World) -> np.datetime64:
    number = world.cursor.number(world.cursor.choose((8, 4, 2)))
    return np.datetime64(number, world.cursor.choose(("ns", "us", "ms", "s", "D", "Y")))


_INTEGERS: tuple[Callable[[World], Any], ...] = (
    lambda world: HostileIndex(2 ** world.cursor.below(70)),
    lambda world: -(2 ** world.cursor.below(70)) - 1,
    lambda world: np.uint64(2**64 - 1),
    lambda world: np.timedelta64(1, "s"),
    lambda world: None,
)
_TIMES: tuple[Callable[[World], Any], ...] = (
    _moment,
    lambda world: np.datetime64("NaT"),
    lambda world: dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=23))),
    lambda world: dt.datetime(9999, 12, 31, 23, fold=1),
    lambda world: pd.Timestamp(world.cursor.number(8)),
    lambda world: None,
)
_UNFIT: dict[str, tuple[Callable[[World], Any], ...]] = {
    **dict.fromkeys("csil", _INTEGERS),
    **dict.fromkeys("fg", (lambda world: 1e300, lambda world: HostileIndex(2**2000))),
    "u": (lambda world: "\ud800", lambda world: "too long", lambda world: "x" * 2**20),
    "z": (lambda world: bytes(9), lambda world: bytes(2**20), _buffer),
    **dict.fromkeys(("tdD", "tsm", "tsu", "tsn"), _TIMES),
    "d": (
        lambda world: Decimal(world.cursor.choose(("NaN", "-Infinity", "1E+999999", "-0"))),
        lambda world: 10 ** world.cursor.byte(),
        lambda world: Decimal(world.cursor.number(8)).scaleb(-world.cursor.below(40)),
        lambda world: HostileIndex(10 ** world.cursor.below(40)),
    ),
    "+l": (
        _numbers,
        _times,
        _buffer,
        lambda world: np.ma.array([1, 2], mask=[False, True]),
        lambda world: array.array("d", [1.5]),
        lambda world: pd.Series([1, None]),
        lambda world: pa.array([None, "a"]),
        lambda world: {1, 2},
        lambda world: None,
    ),
}


def hostile_key(world: World, field: dict[str, Any], value: Any) -> Any:
    """Returns what hostile_for does, or the value itself where that cannot be a key."""
    key = hostile_for(world, field, value)
    return key if isinstance(key, _KEYS) else value


_KEYS = (HostileInt, HostileStr, HostileFloat, HostileBytes, Hostile)
_FORMS: dict[str, Callable[[World, Any], Any]] = {
    **dict.fromkeys("csil", lambda world, value: _either(world, HostileInt, HostileIndex)(value)),
    **dict.fromkeys("fg", lambda world, value: _either(world, HostileFloat, HostileNumber)(value)),
    "b": lambda world, value: HostileNumpyBool(),
    "u": lambda world, value: HostileStr(value),
    "z": lambda world, value: _buffer(world),
    "tdD": lambda world, value: HostileNumpyTime(),
    **dict.fromkeys(("tsm", "tsu", "tsn"), lambda world, value: _time(world, value)),
    "d": lambda world, value: HostileDecimal(value),
}


def _either(world: World, *options: type) -> Any:
    return world.cursor.choose(options)


def _time(world: World, value: dt.datetime) -> Any:
    choice = world.cursor.below(3)
    if choice == 2:
        return HostileNumpyTime()
    kind = (HostileNanos, HostileDatetime)[choice]
    return kind.combine(value.date(), value.time(), value.tzinfo and HostileZone())
