# SPDX-License-Identifier: Apache-2.0
"""Workloads of bench_converters.py: cells in Python and in Arrow memory, and their contenders."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyflink.common
from _rows_ways import (
    array_of_numpy,
    datetimes,
    datetimes_in_utc,
    decimals_of_text,
    dicts_of_slices,
    dicts_of_to_pylist,
    lists_of_chain,
    lists_of_concatenation,
    slices_of_array,
    slices_of_list,
    structs_of_fields,
    tolist,
    tolist_of_each,
    tolist_with_nulls,
    zip_of_fields,
)

from pyflink_ml_embedded._native import Columns
from pyflink_ml_embedded.bench.measure.workload import describe_columns

DIRECTIONS = ("from Arrow", "to Arrow")

_TOLIST = "to_numpy().tolist()"
_ROWS = 1000
_NULL_SHARE = 0.1

_Way = Callable[[pa.Array], Sequence[Any]]


@dataclass(frozen=True, eq=False)
class _Kind:
    """Columns of one type: how to make a value, and the correct ways to convert them."""

    title: str
    sql_type: str
    make: Callable[[random.Random], Any]
    reads: Mapping[str, _Way]
    writes: Mapping[str, Callable[[Sequence[Any], pa.DataType], pa.Array]] = field(
        default_factory=dict
    )
    pandas: bool = True
    to_pylist: _Way = pa.Array.to_pylist
    columns: int = 8
    cells: int = 1  # in a value
    rows: int = _ROWS
    nulls: bool = False
    numpy_arrays: bool = False


def _text(letters: str) -> Callable[[random.Random], str]:
    return lambda dice: "".join(dice.choices(letters, k=dice.randint(10, 20)))


def _moment(microseconds: int, zone: timezone | None = None) -> Callable[[random.Random], datetime]:
    """Returns a maker of moments from 1970 to 2069, in steps of this many microseconds."""
    steps = 100 * 365 * 86400 * 10**6 // microseconds
    start = datetime(1970, 1, 1, tzinfo=zone)
    return lambda dice: start + timedelta(microseconds=dice.randrange(steps) * microseconds)


def _decimal(precision: int, scale: int) -> Callable[[random.Random], Decimal]:
    return lambda dice: Decimal(
        f"{dice.choice('+-')}{dice.randrange(10 ** (precision - 1), 10**precision)}e-{scale}"
    )


def _floats(dice: random.Random) -> Any:
    return np.array([dice.random() for _ in range(384)], "float32")


_ASCII = "abcdefghijklmnopqrstuvwxyz"
_NUMBER = {_TOLIST: tolist}
_WRITE_NUMBER = {"np.array": array_of_numpy}
_OBJECT = {_TOLIST: tolist}
_TIMESTAMP = {'astype("datetime64[us]").tolist()': datetimes}
_DECIMAL = {_TOLIST: tolist, "Decimal of cast(string)": decimals_of_text}
_LISTS = {"slices of values.tolist()": slices_of_list, "tolist() of each": tolist_of_each}

_DOUBLE = _Kind("DOUBLE", "DOUBLE", lambda dice: dice.gauss(0, 1e3), _NUMBER, _WRITE_NUMBER)
_BOOLEAN = _Kind("BOOLEAN", "BOOLEAN", lambda dice: dice.random() < 0.5, _OBJECT, _WRITE_NUMBER)
_INT = _Kind("INT", "INT", lambda dice: dice.randrange(-(2**31), 2**31), _NUMBER, _WRITE_NUMBER)
_BIGINT = _Kind(
    "BIGINT", "BIGINT", lambda dice: dice.randrange(-(2**63), 2**63), _NUMBER, _WRITE_NUMBER
)
_STRING = _Kind("STRING, ASCII", "STRING", _text(_ASCII), _OBJECT)
_DATE = _Kind(
    "DATE", "DATE", lambda dice: date(1970, 1, 1) + timedelta(dice.randrange(36500)), _OBJECT
)
_TIMESTAMP_3 = _Kind("TIMESTAMP(3)", "TIMESTAMP(3)", _moment(1000), _TIMESTAMP)
_DECIMAL_10_2 = _Kind("DECIMAL(10, 2)", "DECIMAL(10, 2)", _decimal(10, 2), _DECIMAL)
_TEXTS = [
    _STRING,
    _Kind("STRING, not ASCII", "STRING", _text("äöüßéñçøåΩλжшя你好世界"), _OBJECT),
]
_TIMESTAMPS = [
    _TIMESTAMP_3,
    _Kind("TIMESTAMP(6)", "TIMESTAMP(6)", _moment(1), _TIMESTAMP),
    _Kind(
        "TIMESTAMP_LTZ(6)",
        "TIMESTAMP_LTZ(6)",
        _moment(1, timezone.utc),
        {"epoch + timedelta": datetimes_in_utc},
    ),
    _Kind("TIMESTAMP(9)", "TIMESTAMP(9)", _moment(1), _TIMESTAMP),
]
_DECIMALS = [
    _DECIMAL_10_2,
    _Kind("DECIMAL(38, 18)", "DECIMAL(38, 18)", _decimal(38, 18), _DECIMAL),
]
_MIXED = [
    *[_BIGINT, _INT, _DOUBLE, _DOUBLE, _STRING, _STRING],
    *[_BOOLEAN, _DATE, _TIMESTAMP_3, _DECIMAL_10_2],
]


def _variant(kind: _Kind, **changes: Any) -> _Kind:
    return _Kind(**{**vars(kind), **changes})


# Title -> the kinds of its columns.
WORKLOADS: dict[str, list[_Kind]] = {
    "DOUBLE, 1024 x 32": [_variant(_DOUBLE, rows=1024)] * 32,
    **{
        kind.title: [kind] * kind.columns
        for kind in [
            *[_BOOLEAN, _INT, _BIGINT, _DOUBLE],
            _variant(
                _DOUBLE,
                title="DOUBLE, 10 % null",
                nulls=True,
                pandas=False,
                reads={"astype(object) with None": tolist_with_nulls},
                writes={},
            ),
            *_TEXTS,
            _variant(_STRING, title="STRING, ASCII, 10 % null", nulls=True),
            _Kind("BYTES", "BYTES", lambda dice: dice.randbytes(dice.randint(10, 20)), _OBJECT),
            _DATE,
            _Kind("TIME(3)", "TIME(3)", lambda dice: _moment(1000)(dice).time(), _OBJECT),
            *_TIMESTAMPS,
            *_DECIMALS,
            _Kind(
                "ARRAY<DOUBLE> of 8",
                "ARRAY<DOUBLE>",
                lambda dice: [dice.random() for _ in range(8)],
                _LISTS,
                {"np.fromiter of chain": lists_of_chain},
                pandas=False,
                columns=4,
                cells=8,
            ),
            _Kind(
                "ARRAY<FLOAT> of 384",
                "ARRAY<FLOAT>",
                lambda dice: _floats(dice).tolist(),
                _LISTS,
                {"np.fromiter of chain": lists_of_chain},
                pandas=False,
                columns=4,
                cells=384,
            ),
            _Kind(
                "ARRAY<FLOAT> of 384, numpy",
                "ARRAY<FLOAT>",
                _floats,
                {_TOLIST: tolist, "slices of values": slices_of_array},
                {"np.concatenate": lists_of_concatenation},
                columns=4,
                numpy_arrays=True,
                to_pylist=lambda values: [np.array(cell, "f4") for cell in values.to_pylist()],
            ),
            _Kind(
                "ROW<DOUBLE, STRING>",
                "ROW<x DOUBLE, y STRING>",
                lambda dice: (dice.random(), _text(_ASCII)(dice)),
                {"zip of fields": zip_of_fields},
                {"StructArray of fields": structs_of_fields},
                pandas=False,
            ),
            _Kind(
                "MAP<STRING, DOUBLE>",
                "MAP<STRING, DOUBLE>",
                lambda dice: {_text(_ASCII)(dice): dice.random() for _ in range(4)},
                {"dicts of slices": dicts_of_slices},
                pandas=False,
                to_pylist=dicts_of_to_pylist,
            ),
        ]
    },
    "10 mixed cells": _MIXED,
    "1 row of 10 mixed cells": [_variant(kind, rows=1) for kind in _MIXED],
}


def count_cells(kinds: Sequence[_Kind]) -> int:
    """Returns the number of cells of all rows."""
    return kinds[0].rows * sum(kind.cells for kind in kinds)


class Workload:
    """The cells of columns, as Python values and in Arrow memory, and the contenders.

    Args:
        kinds: the kinds of the columns.
        rows: the number of rows; by default that of the kinds.
    """

    def __init__(self, kinds: Sequence[_Kind], rows: int | None = None) -> None:
        dice = random.Random(1)
        self._kinds = kinds
        self._names = [f"c{index}" for index in range(len(kinds))]
        self._rows = [
            tuple(
                None if kind.nulls and dice.random() < _NULL_SHARE else kind.make(dice)
                for kind in kinds
            )
            for _ in range(kinds[0].rows if rows is None else rows)
        ]
        self._columns = self._make_columns()
        self._columns.write(self._rows)
        self._batch = pa.record_batch(self._columns)

    def _make_columns(self) -> Columns:
        columns = [
            f"{name} {kind.sql_type}" for name, kind in zip(self._names, self._kinds, strict=True)
        ]
        return Columns(describe_columns(", ".join(columns)), self._kinds[0].numpy_arrays)

    def contender(self, direction: str, name: str) -> Callable[[], Any]:
        """Returns a contender, after checking its output.

        Raises:
            AssertionError: its output is wrong.
        """
        contend = self._contenders(direction)[name]
        rows = contend() if direction == "from Arrow" else self._rows_of(contend())
        assert _are_right(rows, self._rows), f"wrong output of {name}"
        return contend

    def names(self, direction: str) -> list[str]:
        """Returns the names of the contenders, which do not depend on the number of rows."""
        return list(self._contenders(direction))

    def _contenders(self, direction: str) -> dict[str, Callable[[], Any]]:
        return dict(self._readers() if direction == "from Arrow" else self._writers())

    def _rows_of(self, written: Any) -> list[tuple[Any, ...]]:
        if isinstance(written, Columns):
            written = pa.record_batch(written)
        return _read_columns(written, [kind.to_pylist for kind in self._kinds])

    def _readers(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        batch, rows, PyFlinkRow = self._batch, self._rows, pyflink.common.Row

        def by_column(ways: Sequence[_Way]) -> Callable[[], Any]:
            return lambda: _read_columns(batch, ways)

        def pandas() -> Any:
            frame = batch.to_pandas(timestamp_as_object=True)
            return list(frame.itertuples(index=False, name=None))

        yield "embedded", self._columns.rows
        yield "to_pylist", by_column([kind.to_pylist for kind in self._kinds])
        if all(kind.to_pylist is pa.Array.to_pylist for kind in self._kinds):
            yield "batch.to_pylist", batch.to_pylist
        if all(kind.pandas for kind in self._kinds):
            yield "pandas", pandas
        if len(set(self._kinds)) == 1:
            for name, way in self._kinds[0].reads.items():
                yield name, by_column([way] * len(self._kinds))
        else:
            yield "by type", by_column([next(iter(kind.reads.values())) for kind in self._kinds])
        yield "pyflink Row", lambda: [PyFlinkRow(*values) for values in rows]

    def _writers(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        columns, rows, schema = self._make_columns(), self._rows, self._batch.schema
        dicts = [dict(zip(self._names, values, strict=True)) for values in rows]

        def embedded() -> Columns:
            columns.write(rows)
            return columns

        def embedded_as_batch() -> Any:
            columns.write(rows)
            return pa.record_batch(columns)

        def by_column(write: Callable[[Sequence[Any], pa.DataType], pa.Array]) -> Any:
            arrays = map(write, zip(*rows, strict=False), schema.types)
            return pa.RecordBatch.from_arrays(list(arrays), schema=schema)

        def pandas() -> Any:
            frame = pd.DataFrame.from_records(rows, columns=schema.names)
            return pa.RecordBatch.from_pandas(frame, schema=schema, preserve_index=False)

        yield "embedded", embedded
        yield "embedded as batch", embedded_as_batch
        yield "pa.array", lambda: by_column(pa.array)
        yield "from_pylist", lambda: pa.RecordBatch.from_pylist(dicts, schema=schema)
        if all(kind.pandas for kind in self._kinds):
            yield "pandas", pandas
        if len(set(self._kinds)) == 1:
            for name, way in self._kinds[0].writes.items():
                yield name, functools.partial(by_column, way)


def _read_columns(batch: Any, ways: Sequence[_Way]) -> list[tuple[Any, ...]]:
    columns = zip(ways, batch.columns, strict=False)
    return list(zip(*[way(values) for way, values in columns], strict=False))


def _are_right(rows: Sequence[Any], expected: Sequence[tuple[Any, ...]]) -> bool:
    return len(rows) == len(expected) and all(map(_is_right, rows, expected))


def _is_right(found: Any, expected: Any) -> bool:
    """Returns whether a value, or a row of any class, is as expected."""
    if isinstance(expected, tuple):
        values = list(found.values() if isinstance(found, dict) else found)
        return _are_right(values, expected)
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and np.array_equal(found, expected)
    return isinstance(found, type(expected)) and bool(found == expected)
