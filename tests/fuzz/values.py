# SPDX-License-Identifier: Apache-2.0
"""Values that fit their columns, in all the forms that are accepted."""

from __future__ import annotations

import array
import collections
import datetime as dt
import math
import struct
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyflink.common

from pyflink_ml_embedded import Row

from .cursor import Cursor

UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1)
INTEGER_BYTES = {"c": 1, "s": 2, "i": 4, "l": 8}
FLOATS = {"f": ("<f", 4), "g": ("<d", 8)}
DTYPES = {"c": "i1", "s": "i2", "i": "i4", "l": "i8", "f": "f4", "g": "f8"}
TEXTS = ("", "a", "é", "😀", "abc", "a\0b", "long" * 80)
BYTES = (b"", b"a", b"\0\xff", bytes(300))
MICROS = 10**6
WIDE = Context(prec=60)


def right_value(
    cursor: Cursor, field: dict[str, Any], arrays: bool = False, key: bool = False
) -> Any:
    """Returns a value of the column as reading gives it; ``arrays`` says numpy arrays are read."""
    if field["nullable"] and cursor.below(8) == 7:
        return None
    root = field["arrow"].partition(":")[0]
    if root in FLOATS:
        form, size = FLOATS[root]
        number = struct.unpack(form, bytes(cursor.byte() for _ in range(size)))[0]
        return 0.0 if key and math.isnan(number) else number
    if root in INTEGER_BYTES:
        return cursor.number(INTEGER_BYTES[root])
    if root == "+l":
        (item,) = field["children"]
        if arrays and item["arrow"] in INTEGER_BYTES:
            item = {**item, "nullable": False}
        return _some(cursor, lambda: right_value(cursor, item, arrays))
    if root == "+m":
        key_field, value_field = field["children"][0]["children"]
        return dict(
            _some(
                cursor,
                lambda: (
                    right_value(cursor, key_field, arrays, key=True),
                    right_value(cursor, value_field, arrays),
                ),
            )
        )
    if root == "+s":
        return Row(
            **{
                child["name"]: right_value(cursor, child, arrays, key)
                for child in field["children"]
            }
        )
    return _SCALARS[root](cursor, field)


def _some(cursor: Cursor, make: Callable[[], Any]) -> list[Any]:
    repeats = 20 if cursor.wants_long_list() else 1  # more than elements have room for at first
    return [make() for _ in range(cursor.below(5))] * repeats


def _text(cursor: Cursor, field: dict[str, Any]) -> str:
    return cursor.choose(TEXTS)[: field.get("length")]


def _bytes(cursor: Cursor, field: dict[str, Any]) -> bytes:
    return cursor.choose(BYTES)[: field.get("length")]


def _date(cursor: Cursor, field: dict[str, Any]) -> dt.date:
    return dt.date.fromordinal(1 + cursor.number(4) % dt.date.max.toordinal())


def _time(cursor: Cursor, field: dict[str, Any]) -> dt.time:
    unit = 10 ** (6 - field["precision"])
    micros = cursor.number(5) % (86400 * MICROS) // unit * unit
    return (EPOCH + dt.timedelta(microseconds=micros)).time()


def _timestamp(cursor: Cursor, field: dict[str, Any]) -> dt.datetime:
    # Nanoseconds reach from 1677 to 2262, and the years here from 1700 to 2240.
    unit = 10 ** max(6 - field["precision"], 0)
    micros = cursor.number(8) % (540 * 365 * 86400 * MICROS) // unit * unit
    value = dt.datetime(1700, 1, 1) + dt.timedelta(microseconds=micros)
    return value.replace(tzinfo=UTC) if field["arrow"].endswith("UTC") else value


def _decimal(cursor: Cursor, field: dict[str, Any]) -> Decimal:
    precision, scale = map(int, field["arrow"].removeprefix("d:").split(","))
    number = cursor.number(1 + cursor.below(16))
    return Decimal(int(math.fmod(number, 10**precision))).scaleb(-scale, WIDE)


_SCALARS: dict[str, Callable[[Cursor, dict[str, Any]], Any]] = {
    "b": lambda cursor, field: cursor.below(2) == 1,
    "u": _text,
    "z": _bytes,
    "tdD": _date,
    "ttm": _time,
    "tsm": _timestamp,
    "tsu": _timestamp,
    "tsn": _timestamp,
    "d": _decimal,
}


class Index:
    """An integer by ``__index__`` alone."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __index__(self) -> int:
        return self._number


class PlainDecimal(Decimal):
    """A subclass, which prints otherwise."""

    def __str__(self) -> str:
        return "no number"


def disguise(cursor: Cursor, field: dict[str, Any], value: Any, key: bool = False) -> Any:
    """Returns the same value in another form that is accepted."""
    if value is None:
        return None
    root = field["arrow"].partition(":")[0]
    choice = cursor.below(6)
    if root == "+s":
        return _disguise_row(cursor, field["children"], value, choice, key)
    if root == "+m":
        key_field, value_field = field["children"][0]["children"]
        items = {
            disguise(cursor, key_field, k, key=True): disguise(cursor, value_field, v)
            for k, v in value.items()
        }
        return collections.OrderedDict(items) if choice == 1 else items
    if root == "+l":
        return _disguise_list(cursor, field["children"][0], value, choice)
    forms = _FORMS.get(root, ())
    return forms[choice](value) if not key and choice < len(forms) else value


def disguise_record(cursor: Cursor, fields: list[dict[str, Any]], values: tuple[Any, ...]) -> Any:
    """Returns a row in one of the forms that predict may return it in."""
    named = dict(zip([field["name"] for field in fields], values, strict=True))
    return _disguise_row(cursor, fields, Row(**named), cursor.below(6), False)


def _disguise_row(
    cursor: Cursor, fields: list[dict[str, Any]], row: Row, choice: int, key: bool
) -> Any:
    named = {
        field["name"]: disguise(cursor, field, value, key)
        for field, value in zip(fields, row, strict=True)
    }
    if key:
        return Row(**named)
    forms: tuple[Callable[[], Any], ...] = (
        lambda: Row(**named),
        lambda: tuple(named.values()),
        lambda: list(named.values()),
        lambda: named,
        lambda: pyflink.common.Row(**named),
        lambda: Row(**dict(reversed(named.items()))),
    )
    return forms[choice]()


def _disguise_list(cursor: Cursor, item: dict[str, Any], value: list[Any], choice: int) -> Any:
    dtype = DTYPES.get(item["arrow"])
    if choice == 1:
        return tuple(value)
    if dtype is None:
        return [disguise(cursor, item, element) for element in value]
    if choice == 2:
        return pa.array(value, pa.from_numpy_dtype(np.dtype(dtype)))
    if None in value:
        mask = [element is None for element in value]
        filled = [0 if element is None else element for element in value]
        return np.ma.array(filled, dtype=dtype, mask=mask) if choice == 3 else value
    numbers = np.array(value, dtype)
    forms: tuple[Callable[[], Any], ...] = (
        lambda: value,
        lambda: tuple(value),
        lambda: value,
        lambda: numbers,
        lambda: array.array(numbers.dtype.char, value),
        lambda: pd.Series(numbers),
    )
    return forms[choice]()


_FORMS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    **dict.fromkeys("csil", (lambda value: value, np.int64, Index)),
    "b": (lambda value: value, np.bool_),
    "f": (lambda value: value, np.float32),
    "g": (lambda value: value, np.float64),
    "u": (lambda value: value, np.str_),
    "z": (lambda value: value, bytearray, memoryview),
    "d": (lambda value: value, PlainDecimal),
    "tdD": (lambda value: value, np.datetime64),
}


def is_same(left: Any, right: Any) -> bool:
    """Whether both are the same value of the same type, with NaN equal to NaN."""
    if isinstance(left, np.ndarray):
        right = [math.nan if value is None else value for value in right]
        left = left.tolist()
    if type(left) is not type(right):
        return False
    if isinstance(left, Row):
        return is_same(list(left), list(right)) and left._fields == right._fields
    if isinstance(left, dict):
        return is_same(list(left), list(right)) and is_same(
            list(left.values()), list(right.values())
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or (
            left != left and right != right
        )
    return bool(left == right)
