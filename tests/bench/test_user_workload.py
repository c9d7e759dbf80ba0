# SPDX-License-Identifier: Apache-2.0
"""The user's own rows and schema become a workload, or are rejected with a remedy."""

import json
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet
import pytest

from pyflink_ml_embedded.bench.measure.user_workload import OwnWorkloadError, write_own

SCHEMA = "INPUT (amount DECIMAL(10, 2), at TIMESTAMP(3), `tags x` ARRAY<STRING>) OUTPUT (y DOUBLE)"
ROWS = [
    {"amount": Decimal("1.50"), "at": datetime(2026, 1, 2, 3, 4, 5, 6000), "tags x": ["a", None]},
    {"amount": None, "at": None, "tags x": None},
]


@pytest.fixture
def own(tmp_path):
    """Returns a function that writes a workload from this text or table."""

    def write(data, suffix, schema=SCHEMA):
        file = tmp_path / f"data{suffix}"
        if isinstance(data, pa.Table):
            pa.parquet.write_table(data, file)
        else:
            file.write_text(data)
        return write_own(tmp_path, "m.Model", {"k": "v"}, schema, file, tmp_path / "own")

    return write


def test_rows_of_a_parquet_file_keep_their_types(own):
    """All contenders must receive the same values."""
    types = [("amount", pa.decimal128(10, 2)), ("at", pa.timestamp("us"))]
    schema = pa.schema([*types, ("tags x", pa.list_(pa.string())), ("more", pa.int8())])
    workload = own(pa.Table.from_pylist([{**row, "more": 1} for row in ROWS], schema), ".parquet")
    assert workload.tuples() == [tuple(row.values()) for row in ROWS]
    lines = [json.loads(line) for line in workload.rows_file.read_text().splitlines()]
    assert lines[0] == {"amount": "1.50", "at": "2026-01-02 03:04:05.006000", "tags x": ["a", None]}


def test_rows_of_csv_and_json_are_cast_to_the_schema(own):
    """Text files have no DECIMAL or FLOAT."""
    schema = "INPUT (a DOUBLE, b STRING) OUTPUT (y DOUBLE)"
    expected = [(1.0, "x"), (2.0, "y")]
    assert own("b,a\nx,1\ny,2\n", ".csv", schema).tuples() == expected
    json_lines = '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'
    assert own(json_lines, ".jsonl", schema).tuples() == expected


@pytest.mark.parametrize(
    ("data", "suffix", "schema", "message"),
    [
        ("a\n1\n", ".csv", "a DOUBLE", "--schema: expected 'INPUT"),
        ("a\n1\n", ".csv", "INPUT (a WRONG) OUTPUT (y INT)", "--schema: a type in INPUT"),
        ("a\n1\n", ".csv", "INPUT (a INT) OUTPUT (y WRONG)", "--schema: a type in OUTPUT"),
        ("a\n1\n", ".csv", "INPUT (a INT) OUTPUT (a INT)", "a is in INPUT and in OUTPUT"),
        ("a\n1\n", ".txt", "INPUT (a INT) OUTPUT (y INT)", "expected a file .csv"),
        ("a\n", ".csv", "INPUT (a INT) OUTPUT (y INT)", "has no rows"),
        ("b\n1\n", ".csv", "INPUT (a INT) OUTPUT (y INT)", "has no column 'a'; it has: b"),
        ("a\nsecret\n", ".csv", "INPUT (a INT) OUTPUT (y INT)", "column 'a' of .* is string"),
    ],
)
def test_unusable_argument_is_refused_with_the_remedy(own, data, suffix, schema, message):
    """Otherwise a job would fail minutes later; values are not printed."""
    with pytest.raises(OwnWorkloadError, match=message) as error:
        own(data, suffix, schema)
    assert "secret" not in str(error.value)
