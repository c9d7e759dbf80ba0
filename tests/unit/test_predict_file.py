# SPDX-License-Identifier: Apache-2.0
"""The command that predicts a file."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pyflink_ml_embedded import Schema, cli
from pyflink_ml_embedded._cli.data.reading import read_batches
from pyflink_ml_embedded._cli.data.writing import open_output
from pyflink_ml_embedded._local.model import input_columns

MODEL = """
    from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

    class Model(PredictFunction):
        def predict(self, data):
            if data.x == 13:
                raise ValueError("unlucky")
            return [(data.x * 2, data.x)] * data.x
"""
SCHEMA = "INPUT (x INT) OUTPUT (y BIGINT, x INT)"


@pytest.fixture
def predict(write, tmp_path, capsys):
    """Predicts a file and returns the exit code and the errors."""
    directory = write(model=MODEL)

    def predict(data, output, *arguments):
        command = ["predict", directory, "--class", "model.Model", "--schema", SCHEMA]
        code = cli.main([*command, "--data", str(data), "-o", str(output), *arguments])
        return code, capsys.readouterr().err

    return predict


def test_results_are_beside_their_rows(predict, tmp_path):
    """As in the results of ML_PREDICT: a row has one line for each result."""
    (tmp_path / "in.csv").write_text('id,x\n007,1\n"a,b",0\n9,2\n')
    assert predict(tmp_path / "in.csv", tmp_path / "out.jsonl") == (0, "")
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "007", "x": 1, "y": 2, "x0": 1},
        {"id": "9", "x": 2, "y": 4, "x0": 2},
        {"id": "9", "x": 2, "y": 4, "x0": 2},
    ]


def test_parts_of_a_large_file_are_joined(predict, tmp_path):
    """A file larger than the memory is predicted in parts."""
    rows = 40_000
    pq.write_table(pa.table({"n": range(rows), "x": [1] * rows}), tmp_path / "in.parquet")
    assert predict(tmp_path / "in.parquet", tmp_path / "out.parquet")[0] == 0
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column("n").to_pylist() == list(range(rows))
    assert table.column("y").to_pylist() == [2] * rows


def test_row_that_fails_is_named_and_no_file_is_left(predict, tmp_path):
    """Half of the results looks like all of them."""
    rows = [1] * 20_000
    rows[17_000] = 13
    (tmp_path / "in.jsonl").write_text("".join(f'{{"x": {x}}}\n' for x in rows))
    (tmp_path / "out.csv").write_text("old")
    code, errors = predict(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert code == 1
    assert "model 'model', row 17001: predict failed with ValueError: unlucky" in errors
    assert (tmp_path / "out.csv").read_text() == "old"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("in.csv", "--output is the file of --data"),
        ("out.txt", "ends in none of .csv"),
        ("no/out.csv", "is not a directory"),
    ],
)
def test_output_that_cannot_be_written_is_refused_at_once(predict, tmp_path, output, message):
    """Not after an hour."""
    (tmp_path / "in.csv").write_text("x\n1\n")
    code, errors = predict(tmp_path / "in.csv", tmp_path / output)
    assert code in (1, 2)
    assert message in errors
    assert (tmp_path / "in.csv").read_text() == "x\n1\n"


TYPES = Schema.parse(
    "b BOOLEAN, i TINYINT, l BIGINT, f FLOAT, d DOUBLE, m DECIMAL(38, 18), s STRING, d1 DATE, "
    "t TIME(3), ts TIMESTAMP(9), tz TIMESTAMP_LTZ(6)"
)
NESTED = Schema.parse(
    "z BYTES, a ARRAY<DATE>, r ROW<x INT, y ARRAY<DOUBLE>>, k MAP<STRING, BYTES>, "
    "u MULTISET<STRING>"
)
VALUES = {
    "b": [True, None],
    "i": [-128, 127],
    "l": [2**63 - 1, None],
    "f": [0.5, None],
    "d": [0.1, 1e300],
    "m": [Decimal("12345678901234567890.123456789012345678"), None],
    "s": ["", None],
    "d1": [datetime.date(1, 1, 1), None],
    "t": [datetime.time(1, 2, 3, 4000), None],
    "ts": [np.datetime64("2024-02-29T01:02:03.123456789"), None],
    "tz": [datetime.datetime(2024, 2, 29, 1, 2, 3, 4, datetime.timezone.utc), None],
    "z": [b"\0\xff", None],
    "a": [[datetime.date(2024, 1, 2), None], []],
    "r": [{"x": 1, "y": [0.5]}, {"x": None, "y": None}],
    "k": [[("key", b"\0")], []],
    "u": [[("a", 2)], []],
}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_values_are_the_same_after_writing_and_reading(tmp_path, suffix):
    """A value that changes on the way is a wrong prediction that nobody notices."""
    schema = TYPES if suffix == ".csv" else Schema([*TYPES, *NESTED])
    arrow = pa.schema(input_columns(schema))
    arrays = [pa.array(VALUES[field.name], field.type) for field in arrow]
    batch = pa.RecordBatch.from_arrays(arrays, schema=arrow)
    path = tmp_path / f"rows{suffix}"
    with open_output(path, arrow) as write:
        write(batch)
    (read,) = read_batches(path, schema, 10)
    for name in schema.names:
        assert read.column(name).equals(batch.column(name)), name


def test_csv_has_no_form_for_arrays(tmp_path):
    """The text of a list would be read as something else by each tool."""
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(Exception, match="CSV has no form for column 'a' of type ARRAY<INT>"):
        list(read_batches(tmp_path / "a.csv", Schema.parse("a ARRAY<INT>"), 10))


@pytest.mark.parametrize("zone", ["Z", "+00:00", " +0000"])
def test_json_may_have_an_array_and_any_form_of_time(tmp_path, zone):
    """Exports of other tools differ in this."""
    path = tmp_path / "rows.json"
    text = f"2024-05-01 10:00:00{zone}".replace(" +", "+")
    path.write_text(
        json.dumps([{"n": 1.5, "t": text}, {"n": 2.5, "t": "2024-05-01T12:00:00+02:00"}])
    )
    (batch,) = read_batches(path, Schema.parse("t TIMESTAMP_LTZ(3)"), 10)
    assert batch.schema.names == ["n", "t"]
    time = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.timezone.utc)
    assert batch.column("t").to_pylist() == [time, time]


def test_number_of_json_keeps_its_digits(tmp_path):
    """A float has 17 of the 38 that a DECIMAL has."""
    (tmp_path / "m.jsonl").write_text('{"m": 12345678901234567890.123456789012345678}\n')
    (batch,) = read_batches(tmp_path / "m.jsonl", Schema.parse("m DECIMAL(38, 18)"), 10)
    assert batch.column("m").to_pylist() == [VALUES["m"][0]]
