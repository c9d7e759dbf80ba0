# SPDX-License-Identifier: Apache-2.0
"""Random and boundary values of a type, in the text form of ``ExactFormat``."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from .sql_types import SqlType

Value = Any
"""None, a str, or a list of values, as ``ExactFormat`` reads and writes them in JSON."""

_Maker = Callable[[], Value]

_NULL_SHARE = 0.1
_BOUNDARY_SHARE = 0.1
_COMMON_LENGTH = 2000  # a boundary value with a longer text occurs once in a column, others often
_LONGEST = 1 << 20  # bytes of the longest string
_LONG_ARRAY = 500  # elements

_INT_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_NAN = float("nan")
_FLOATS = {
    "FLOAT": ("f", "I", [2.0**-149, 2.0**-126, (2 - 2.0**-23) * 2.0**127, 16777217.0]),
    "DOUBLE": ("d", "Q", [5e-324, 2.0**-1022, 1.7976931348623157e308, 2.0**53 + 2, 0.1]),
}
_TEXTS = ["", " ", "\0", "\n", "\t'\"\\", "NULL", "\x7f", "\x80", "\u07ff", "\u0800", "\ufeff"]
_TEXTS += ["\uffff", "\U00010000", "\U0010ffff", "e\u0301", "\U0001f469\u200d\U0001f52c"]
_ALPHABET = "aZ09 ,;\u00e4\u00df\u0416\u20ac\u4e16\U0001f600\U0002f81a"
_LONG_TEXT = "a\u00e4\u20ac\U0001f600"  # one character of each length in UTF-8
_DATES = [date.min, date(1582, 10, 4), date(1582, 10, 15), date(1969, 12, 31), date(1970, 1, 1)]
_DATES += [date(2000, 2, 29), date.max]
_EPOCH = datetime(1970, 1, 1)
# The range of TIMESTAMP(7) to (9): the whole days that fit into 64 bits of nanoseconds.
_NANOSECOND_DAYS = date(1677, 9, 22), date(2262, 4, 10)
_RECENT_DAYS = date(1970, 1, 1), date(2037, 12, 31)


class Values:
    """A callable that makes values of a type.

    Attributes:
        boundaries: the boundary values of the type, with NULL if it is nullable.
        common: the short ones among these.
    """

    def __init__(self, sql_type: SqlType, random: Random) -> None:
        self._make, boundaries = _MAKERS[sql_type.root](sql_type, random)
        self._random = random
        self._null_share = _NULL_SHARE if sql_type.nullable else 0.0
        self.boundaries = [None] * sql_type.nullable + boundaries
        self.common = [value for value in self.boundaries if _length(value) <= _COMMON_LENGTH]

    def __call__(self) -> Value:
        """Returns a random value, a boundary value or NULL."""
        share = self._random.random()
        if share < self._null_share:
            return None
        if share > 1 - _BOUNDARY_SHARE:
            return self._random.choice(self.common)
        return self._make()

    def column(self, rows: int, first: int) -> list[Value]:
        """Returns the values of a column, with all boundary values if there are enough rows.

        Args:
            rows: the number of values.
            first: the row of the first boundary value. If it differs between columns, their longest
                values are in different rows.
        """
        values = [self() for _ in range(rows)]
        boundaries = self.boundaries[: rows - first]
        values[first : first + len(boundaries)] = boundaries
        return values


def _length(value: Value) -> int:
    return len(json.dumps(value, ensure_ascii=False))


def _boolean(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    return lambda: "true" if random.random() < 0.5 else "false", ["true", "false"]


def _integer(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    bits = _INT_BITS[sql_type.root] - 1
    limit = 1 << bits

    def make() -> str:
        magnitude = random.getrandbits(random.randrange(bits) + 1)
        return str(magnitude if random.random() < 0.5 else -magnitude)

    return make, list(map(str, [-limit, -1, 0, 1, limit - 1]))


def _floating(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    code, bits_code, more = _FLOATS[sql_type.root]
    size = struct.calcsize(code)

    def text(value: float) -> str:
        (bits,) = struct.unpack(bits_code, struct.pack(code, value))
        return f"{bits:x}"

    def make() -> str:
        if random.random() < 0.5:
            return text(random.uniform(-1000, 1000))
        (value,) = struct.unpack(code, random.randbytes(size))
        # Java distinguishes NaNs, and Python does not.
        return text(_NAN if value != value else value)

    signed = [sign * value for value in [0.0, 1.0, float("inf"), *more] for sign in (1, -1)]
    return make, list(map(text, [*signed, _NAN]))


def _decimal(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    precision, scale = sql_type.numbers
    limit = 10**precision

    def text(unscaled: int) -> str:
        digits = str(abs(unscaled)).rjust(scale + 1, "0")
        whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
        return "-" * (unscaled < 0) + whole + "." * (scale > 0) + fraction

    def make() -> str:
        unscaled = random.randrange(10 ** random.randint(0, precision))
        return text(unscaled if random.random() < 0.5 else -unscaled)

    return make, list(map(text, [1 - limit, -(limit // 10), -1, 0, 1, limit // 10, limit - 1]))


def _text(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    def make_of(length: int) -> str:
        return "".join(random.choices(_ALPHABET, k=length))

    if sql_type.root == "STRING":
        longest = _LONG_TEXT * (_LONGEST // len(_LONG_TEXT.encode()))
        return lambda: make_of(random.randrange(20)), [*_TEXTS, longest]
    (limit,) = sql_type.numbers
    if sql_type.root == "CHAR":
        return lambda: make_of(limit), [text * limit for text in _TEXTS if len(text) == 1]
    texts = [text for text in _TEXTS if len(text) <= limit]
    full = [character * limit for character in _LONG_TEXT]
    return lambda: make_of(random.randint(0, min(limit, 20))), texts + full


def _binary(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    def text(value: bytes) -> str:
        return base64.b64encode(value).decode()

    if sql_type.root == "BYTES":
        values = [b"", b"\0", bytes(range(256)), bytes(range(256)) * (_LONGEST // 256)]
        return lambda: text(random.randbytes(random.randrange(20))), list(map(text, values))
    (limit,) = sql_type.numbers
    values = [b"\0" * limit, b"\xff" * limit]
    if sql_type.root == "BINARY":
        return lambda: text(random.randbytes(limit)), list(map(text, values))
    make = lambda: text(random.randbytes(random.randint(0, min(limit, 20))))  # noqa: E731
    return make, list(map(text, [b"", *values]))


def _date(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    last = date.max.toordinal()
    return (
        lambda: date.fromordinal(random.randint(1, last)).isoformat(),
        [day.isoformat() for day in _DATES],
    )


def _time(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    # Flink stores milliseconds in a TIME of any precision.
    make_fraction, fractions = _fraction(min(sql_type.numbers[0], 3), random)

    def make() -> str:
        return (_EPOCH + timedelta(seconds=random.randrange(86400))).strftime("%H:%M:%S") + (
            make_fraction()
        )

    return make, [clock + end for clock in ("00:00:00", "23:59:59") for end in fractions]


def _timestamp(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    (precision,) = sql_type.numbers
    make_fraction, fractions = _fraction(precision, random)
    first, last = _NANOSECOND_DAYS if precision > 6 else (date.min, date.max)
    if sql_type.recent:
        first, last = _RECENT_DAYS
    first_day, last_day = first.toordinal(), last.toordinal()

    def make() -> str:
        day = date.fromordinal(random.randint(first_day, last_day)).isoformat()
        second = random.randrange(86400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        return f"{day}T{clock}{make_fraction()}"

    days = {first, last, *(day for day in _DATES if first <= day <= last)}
    clocks = [clock + end for clock in ("00:00:00", "23:59:59") for end in fractions]
    return make, [f"{day}T{clock}" for day in sorted(days) for clock in clocks]


def _fraction(digits: int, random: Random) -> tuple[Callable[[], str], list[str]]:
    """Returns a maker of fractions of a second, and the boundary fractions."""
    limit = 10**digits

    def text(value: int) -> str:
        return "." + (f"{value:0{digits}}" if digits else "").ljust(9, "0")

    return lambda: text(random.randrange(limit)), [text(0), text(limit - 1)]


def _array(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    element = Values(sql_type.children[0], random)
    long = [element() for _ in range(_LONG_ARRAY)]
    make = lambda: [element() for _ in range(_size(random))]  # noqa: E731
    return make, [[], element.boundaries[:1], element.common, element.boundaries, long]


def _row(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    fields = [Values(child, random) for child in sql_type.children]
    longest = max(len(field.boundaries) for field in fields)
    repeated = [cycle(field.boundaries) for field in fields]
    boundaries = [[next(field) for field in repeated] for _ in range(longest)]
    return lambda: [field() for field in fields], boundaries


def _map(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    key = Values(_not_null(sql_type.children[0]), random)
    value = Values(sql_type.children[1], random)
    make = lambda: _entries((key(), value()) for _ in range(_size(random)))  # noqa: E731
    keys, values = key.boundaries, value.boundaries
    return make, [
        [],
        _entries(zip(key.common, cycle(value.common))),
        _entries(zip(keys, cycle(values))),
        *([[keys[0], one]] for one in value.common),
    ]


def _multiset(sql_type: SqlType, random: Random) -> tuple[_Maker, list[Value]]:
    element = Values(_not_null(sql_type.children[0]), random)
    counts = ["1", "2", str(2**31 - 1)]
    make = lambda: _entries(  # noqa: E731
        (element(), random.choice(counts)) for _ in range(_size(random))
    )
    return make, [[], _entries(zip(element.boundaries, cycle(counts)))]


def _not_null(key: SqlType) -> SqlType:
    """Returns the type as NOT NULL, because Flink rejects NULL keys in maps that it serializes."""
    return replace(key, nullable=False)


def _size(random: Random) -> int:
    """Returns a number of elements, which is usually small."""
    return int(6 * random.random() ** 2)


def _entries(pairs: Iterable[tuple[Value, Value]]) -> list[Value]:
    """Returns entries whose keys also differ in Python, where 0.0 equals -0.0."""
    return list({_without_minus_zero(key): [key, value] for key, value in pairs}.values())


def _without_minus_zero(key: Value) -> str:
    return json.dumps(key).replace('"8000000000000000"', '"0"').replace('"80000000"', '"0"')


_MAKERS: dict[str, Callable[[SqlType, Random], tuple[_Maker, list[Value]]]] = {
    "BOOLEAN": _boolean,
    **dict.fromkeys(_INT_BITS, _integer),
    **dict.fromkeys(_FLOATS, _floating),
    "DECIMAL": _decimal,
    **dict.fromkeys(["CHAR", "VARCHAR", "STRING"], _text),
    **dict.fromkeys(["BINARY", "VARBINARY", "BYTES"], _binary),
    "DATE": _date,
    "TIME": _time,
    **dict.fromkeys(["TIMESTAMP", "TIMESTAMP_LTZ"], _timestamp),
    "ARRAY": _array,
    "ROW": _row,
    "MAP": _map,
    "MULTISET": _multiset,
}
