# SPDX-License-Identifier: Apache-2.0
"""Checks the values that come back, and the errors that user code may see."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._native import Columns, OpenFunction

from .values import disguise_record, is_same, right_value
from .world import World

Fields = list[dict[str, Any]]
Rows = tuple[tuple[Any, ...], ...]


class Finding(Exception):
    """The native code misbehaved."""


def is_expected(error: BaseException | None) -> bool:
    """Whether hostile objects can be the cause of the error: of every one but a SystemError."""
    while error is not None:
        if isinstance(error, (Finding, SystemError)):
            return False
        error = error.__cause__ or error.__context__
    return True


class Function:
    """A predict function; without a dict, which hostile methods might find."""

    __slots__ = ("predict",)

    def __init__(self, predict: Callable[[Row], Any]) -> None:
        self.predict = predict


def make_open_function(
    world: World, fields: Fields, arrays: bool, predict: Callable[[Row], Any]
) -> OpenFunction:
    """Returns an open function whose INPUT and OUTPUT have the same columns."""
    function = Function(predict)
    world.open_function = OpenFunction(function, "m", fields, fields, contextvars.Context(), arrays)
    return world.open_function


def right_rows(world: World, fields: Fields, arrays: bool) -> Rows:
    """Returns some rows as reading gives them; ``arrays`` says numpy arrays are read."""
    return tuple(
        tuple(right_value(world.cursor, field, arrays) for field in fields)
        for _ in range(world.cursor.below(4))
    )


def cross(world: World, fields: Fields, arrays: bool) -> None:
    """Writes right values, and checks that they come back: rows, Arrow, open function."""
    columns = Columns(fields, arrays)
    rows = right_rows(world, fields, arrays)
    records = [disguise_record(world.cursor, fields, row) for row in rows]
    if columns.write(iter(records) if world.cursor.below(2) else records) != len(rows):
        raise Finding("write returned another number of rows")
    _expect(columns.rows(), rows)
    given: list[Row] = []

    def predict(row: Row) -> Any:
        given.append(row)
        return [row] if world.cursor.below(2) else [tuple(row)]

    opened = make_open_function(world, fields, arrays, predict)
    for record, row in zip(records, rows, strict=True):
        results = opened(record)
        if not arrays:  # which have NaN for a null
            _expect(results, (row,))
    opened.close()
    _expect(given, rows)
    _check_export(columns, records, rows)


def _expect(results: list[Row], rows: Rows) -> None:
    if len(results) != len(rows):
        raise Finding(f"{len(results)} rows came back for {len(rows)}")
    for result, row in zip(results, rows, strict=True):
        for value, expected in zip(result, row, strict=True):
            if not is_same(value, expected):
                raise Finding(f"{value!r} came back for {expected!r}")


def _check_export(columns: Columns, records: list[Any], rows: Rows) -> None:
    """Checks that an export stays as it is while its columns are written again."""
    try:
        batch = pa.record_batch(columns)
    except ConversionError as error:
        if "a key of an Arrow map cannot be null" not in str(error):
            raise
        return
    batch.validate(full=True)
    exported = repr(batch.to_pylist())
    columns.write(records[::-1])
    _expect(columns.rows(), rows[::-1])
    if repr(batch.to_pylist()) != exported:
        raise Finding("a batch changed after it was exported")
