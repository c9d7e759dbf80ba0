# SPDX-License-Identifier: Apache-2.0
"""A sample of rows in Parquet has the values and the types of the rows."""

import datetime as dt
from array import array
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pyflink_ml_embedded._native import Columns
from pyflink_ml_embedded._runtime import tap as taps
from pyflink_ml_embedded._runtime.tap import Tap

from .requests import described

TYPES = (
    "i TINYINT, f FLOAT, s STRING, b BYTES, d DECIMAL(20, 3), day DATE, t TIME(3), "
    "ts TIMESTAMP(9), ltz TIMESTAMP_LTZ(3), a ARRAY<INT>, m MAP<STRING, DOUBLE>, "
    "r ROW<x INT, y ARRAY<STRING>>, ms MULTISET<STRING>"
)
VALUES = {
    "i": 1,
    "f": 0.5,
    "s": "é",
    "b": b"\x00\xff",
    "d": Decimal("1.250"),
    "day": dt.date(2026, 1, 2),
    "t": dt.time(1, 2, 3, 4000),
    "ts": dt.datetime(2026, 1, 2, 3, 4, 5, 6),
    "ltz": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
    "a": [1, 2],
    "m": {"k": 1.5},
    "r": (1, ["z"]),
    "ms": {"x": 2},
}
NULLS = dict.fromkeys(VALUES)


def columns(types, *rows):
    """Returns columns with rows."""
    made = Columns(described(types))
    made.write_rows([tuple(row) for row in rows], len(rows))
    return made


def numbers(*values):
    """Returns columns with one BIGINT."""
    return columns("x BIGINT", *[(value,) for value in values])


def ends(*offsets):
    """Returns the end offsets of the results of each row, as C passes them."""
    return array("i", offsets).tobytes()


def read(directory):
    """Returns the rows of all files."""
    return pa.concat_tables([pq.read_table(file) for file in sorted(directory.iterdir())])


def test_every_type_is_kept(tmp_path):
    """A comparison with the training needs the values themselves, and NULL as NULL."""
    both = columns(TYPES, VALUES.values(), NULLS.values())
    tap = Tap("m", str(tmp_path / "m"), 1.0, None)
    assert tap(both, 0, 2, 0, both, ends(1, 2), 5) == 1
    tap.write()
    table = read(tmp_path)
    assert table.column("row_number").to_pylist() == [5, 6]
    assert table.column("model_version").to_pylist() == [None, None]
    expected = pa.record_batch(both)
    for side in ("input_", "output_"):
        taken = table.select([side + name for name in VALUES]).rename_columns(list(VALUES))
        assert taken.to_pylist() == pa.Table.from_batches([expected]).to_pylist()


def test_only_rows_of_the_sample_are_copied(tmp_path, monkeypatch):
    """The rows between them cost nothing, and are in no file."""
    tap = Tap("m", str(tmp_path / "m"), 0.5, "v")
    distances = iter([2, 3])
    monkeypatch.setattr(tap._skips, "next", lambda: next(distances))
    values = numbers(*range(10))
    assert tap(values, 2, 6, 1, values, ends(1, 2, 3, 4, 5, 6), 100) == 1
    tap.write()
    rows = read(tmp_path).select(["row_number", "input_x", "output_x"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [(101, 3, 1), (103, 5, 3)]


@pytest.mark.parametrize("limit", ["_MAX_ROWS", "_MAX_BYTES", "_MAX_SECONDS"])
def test_memory_and_age_of_rows_are_bounded(tmp_path, monkeypatch, limit):
    """A sample must not fill the memory, and a slow stream must appear at some time."""
    monkeypatch.setattr(taps, limit, 2 if limit == "_MAX_ROWS" else 0)
    tap = Tap("m", str(tmp_path / "m"), 1.0, "v")
    for row in range(1, 5):
        tap(numbers(row), 0, 1, 0, numbers(row), ends(1), row)
    names = sorted(file.name for file in tmp_path.iterdir())
    count = 2 if limit == "_MAX_ROWS" else 4
    assert names == [f"m-{i:06}.parquet" for i in range(1, count + 1)]
    assert read(tmp_path).column("input_x").to_pylist() == [1, 2, 3, 4]


def test_row_that_cannot_be_copied_ends_the_tap_with_a_warning(tmp_path, caplog):
    """The row was predicted, and its job must go on."""
    tap = Tap("fraud", str(tmp_path / "m"), 1.0, "v")
    assert tap(None, 0, 1, 0, None, ends(1), 1) > 1 << 60
    (record,) = caplog.records
    assert record.getMessage().startswith("Model 'fraud': a row for 'tap-directory' cannot be")
    tap.write()
    assert list(tmp_path.iterdir()) == []


def test_ratio_is_that_of_all_rows(tmp_path):
    """Rows are independent: neither every hundredth one nor the first ones."""
    tap = Tap("m", str(tmp_path / "m"), 0.25, "v")
    distances = [tap.rows_to_first() for _ in range(4000)]
    assert min(distances) == 1
    assert sum(distances) / len(distances) == pytest.approx(4, rel=0.15)
    assert len(set(distances)) > 10
