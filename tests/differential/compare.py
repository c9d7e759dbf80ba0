# SPDX-License-Identifier: Apache-2.0
"""Differences between the input and the output of a job."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .sql_types import Column, SqlType
from .values import Value

_SHOWN = 500  # characters of a value
_BITS = {"FLOAT": ("I", "f"), "DOUBLE": ("Q", "d")}


@dataclass(frozen=True)
class Difference:
    """A column that differs in some rows; expected and actual are from the first of these."""

    column: str
    rows: int
    row: int
    expected: str
    actual: str

    def __str__(self) -> str:
        return (
            f"{self.column}: {self.rows} rows differ, the first is row {self.row}\n"
            f"    expected {self.expected}\n    but was  {self.actual}"
        )


def read_results(directory: Path) -> list[list[Value]]:
    """Returns the rows that a job wrote, in order, each beginning with its id."""
    rows = []
    for file in directory.glob("part-*"):
        with file.open() as lines:
            rows += [json.loads(line) for line in lines]
    return sorted(rows, key=lambda row: int(row[0]))


def differences(
    columns: Sequence[Column], expected: Sequence[Sequence[Value]], actual: Sequence[list[Value]]
) -> list[Difference]:
    """Compares columns.

    Args:
        columns: the columns to compare.
        expected: the values of each column.
        actual: rows, each beginning with its id.

    Returns:
        A difference for each column that differs, and one for the ids if rows are missing or
        surplus.
    """
    row_ids = [row[0] for row in actual]
    expected_ids = [str(row) for row in range(len(expected[0]))]
    if row_ids != expected_ids:
        rows = len(set(row_ids) ^ set(expected_ids))
        return [Difference("id", rows, 0, f"{len(expected_ids)} rows", f"{len(row_ids)} rows")]
    found = []
    for index, column in enumerate(columns):
        pairs = [
            (value, row[index + 1]) for value, row in zip(expected[index], actual, strict=True)
        ]
        rows = [row for row, pair in enumerate(pairs) if not _same(column.sql_type, *pair)]
        if rows:
            shown = (_shown(column.sql_type, value) for value in pairs[rows[0]])
            found.append(Difference(str(column), len(rows), rows[0], *shown))
    return found


def _same(sql_type: SqlType, expected: Value, actual: Value) -> bool:
    """Compares values as Python sees them: without the order of entries or nanoseconds."""
    return expected == actual or _sorted(sql_type, actual) in (
        _sorted(sql_type, expected),
        _sorted(sql_type, _without_nanoseconds(sql_type, expected)),
    )


def _sorted(sql_type: SqlType, value: Value) -> Value:
    inside = _inside(sql_type, value, _sorted)
    if value is not None and sql_type.root in ("MAP", "MULTISET"):
        inside.sort(key=json.dumps)
    return inside


def _without_nanoseconds(sql_type: SqlType, value: Value) -> Value:
    if value is not None and sql_type.root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        return value[:-3] + "000"
    return _inside(sql_type, value, _without_nanoseconds)


def _shown(sql_type: SqlType, value: Value) -> str:
    return json.dumps(_readable(sql_type, value), ensure_ascii=False)[:_SHOWN]


def _readable(sql_type: SqlType, value: Value) -> Value:
    """Returns the value with numbers in place of their bits."""
    if value is not None and sql_type.root in _BITS:
        bits, number = _BITS[sql_type.root]
        (decoded,) = struct.unpack(number, struct.pack(bits, int(value, 16)))
        return repr(decoded)
    return _inside(sql_type, value, _readable)


def _inside(sql_type: SqlType, value: Value, change: Callable[[SqlType, Value], Value]) -> Value:
    """Returns the value with a change applied to the values inside it."""
    children = sql_type.children
    if value is None or not children:
        return value
    if sql_type.root == "ARRAY":
        return [change(children[0], element) for element in value]
    if sql_type.root == "ROW":
        return [change(*pair) for pair in zip(children, value, strict=True)]
    # A MULTISET has entries too; its counts need no change.
    return [
        [change(*pair) for pair in zip(children, entry, strict=False)] + entry[len(children) :]
        for entry in value
    ]
