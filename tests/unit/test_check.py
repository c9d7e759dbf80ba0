# SPDX-License-Identifier: Apache-2.0
"""The command that tries a model."""

from __future__ import annotations

import json
import re

import pytest

from pyflink_ml_embedded import Row, Schema, cli
from pyflink_ml_embedded._cli.columns import parse_columns
from pyflink_ml_embedded._cli.trial.compare import difference
from pyflink_ml_embedded._local.model import LocalModel

SCHEMA = "INPUT (x INT, name STRING NOT NULL) OUTPUT (y DOUBLE)"
MODEL = """
    from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

    class Rows(PredictFunction):
        def predict(self, data):
            if data.x == 13:
                raise ValueError("unlucky")
            return [(data.x / 3,)]

    class Batches(BatchPredictFunction):
        def predict_batch(self, batch):
            numbers = batch.column("x").to_pylist()
            if len(numbers) > 1 and 13 in numbers:
                raise ValueError("unlucky")
            return [(number / 3,) for number in numbers]

    class Mean(BatchPredictFunction):
        batch_format = "numpy"

        def predict_batch(self, batch):
            return [batch["x"] - batch["x"].mean()]

    class NoSample(Rows):
        def warm_up_row(self):
            return None

    class BadSample(Rows):
        def warm_up_row(self):
            return ("one", "a")

    class NoisySample(Rows):
        def predict(self, data):
            print("noise")
            return super().predict(data)
"""


@pytest.fixture
def check(write, tmp_path, capsys):
    """Runs the command for a class, and returns its exit code, output and errors."""
    directory = write(model=MODEL)

    def check(name, *arguments, data=None, schema=SCHEMA, suffix=".csv"):
        command = ["check", directory, "--class", f"model.{name}", "--schema", schema, *arguments]
        if data is not None:
            path = tmp_path / f"data{suffix}"
            path.write_text(data)
            command += ["--data", str(path)]
        code = cli.main(command)
        return code, *capsys.readouterr()

    return check


@pytest.mark.parametrize("name", ["Rows", "Batches"])
def test_sample_row_is_predicted_on_both_paths(check, name):
    """A user without data sees whether the model loads and what it returns."""
    code, output, _ = check(name)
    assert code == 0
    assert "x=0, name='a'\n    -> y=0.0" in output
    assert re.search(r"batches +[\d,]+ rows/s in batches of 100", output)
    assert "No problems" in output
    assert output.rstrip().endswith(f"'python-predict-class' = 'model.{name}'\n);")


def test_json_has_times_and_the_statement(check):
    """A script of CI needs both, and nothing else on standard output."""
    code, output, errors = check("NoisySample", "--json", data="x,name\n3,a\n6,b\n")
    assert code == 0
    found = json.loads(output)
    assert found["ok"] is True
    assert (found["rows"], found["batch_rows"], found["problems"]) == (2, 2, [])
    assert 0 < found["median_row_seconds"] < found["open_seconds"]
    assert found["statement"].startswith("CREATE MODEL `model`\nINPUT (`x` INT, `name` STRING NOT")
    assert "noise" in errors


def test_row_that_fails_is_named_and_the_others_are_predicted(check):
    """All failures of a file are wanted at once."""
    data = "x,name\n3,a\n13,b\n6,c\n13,d\n"
    code, output, _ = check("Rows", data=data)
    assert code == 1
    assert output.count("predict failed with ValueError: unlucky") == 2
    assert "model 'model', row 2: " in output
    assert "model 'model', row 4: " in output
    assert "-> failed" in output
    assert "-> y=2.0" in output


def test_problems_end_after_ten(check):
    """A file of a million wrong rows has one cause."""
    code, output, _ = check("Rows", data="x,name\n" + "13,a\n" * 20)
    assert code == 1
    assert output.count("predict failed with ValueError: unlucky") == 10
    assert "After 10 problems, no more are looked for." in output


def test_failure_in_a_batch_alone_is_found(check):
    """It would fail in the job only, when rows arrive quickly."""
    code, output, _ = check("Batches", data="x,name\n3,a\n13,b\n6,c\n")
    assert code == 1
    expected = "in a batch of 3 rows: model 'model', rows 2 to 3: predict_batch failed with ValueE"
    assert expected in output


def test_results_that_depend_on_the_batch_are_found(check):
    """Flink decides which rows are in one batch, so such results change from run to run."""
    code, output, _ = check("Mean", data="x,name\n1,a\n2,b\n3,c\n")
    assert code == 1
    assert "row 1: column 'y': the result alone is not that in a batch" in output
    assert "row 2" not in output


def test_only_the_first_rows_are_read(check):
    """A file may be large."""
    code, output, _ = check("Rows", "--rows", "2", "--json", data="x,name\n1,a\n2,b\n13,c\n")
    assert code == 0
    assert json.loads(output)["rows"] == 2


@pytest.mark.parametrize(
    ("arguments", "message", "expected"),
    [
        (("Rows", "--option", "bach-size=2"), "'bach-size' = '2' is unknown", 1),
        (("Rows", "--option", "provider=openai"), "'provider' is always generic-python here", 1),
        (("Rows", "--option", "batch-size"), "does not have the form NAME=VALUE", 2),
        (("Rows", "--rows", "0"), "--rows is 0; valid is a number from 1 on", 2),
        (("Missing",), "module 'model' has no class 'Missing'", 1),
        (("NoSample",), "warm_up_row of the class returns None", 1),
        (("BadSample",), "column 'x': expected INT, got str", 1),
    ],
)
def test_what_is_wrong_is_said(check, arguments, message, expected):
    """The exit code tells a wrong command line from a wrong model."""
    code, _, errors = check(*arguments)
    assert message in errors
    assert code == expected


@pytest.mark.parametrize(
    ("data", "suffix", "message"),
    [
        ("x,names\n1,a\n", ".csv", "no name matches column 'name'; the nearest is 'names'"),
        ("x,name\n1,a\none,b\n", ".csv", "line 3, column 'x': the text is not a value of type"),
        ("x,name\n1,\n", ".csv", "row 1 of the data: column 'name': null in a column"),
        ("x,name\n", ".csv", "has no rows"),
        ("x,name\n1,a\n2\n", ".csv", "Row #3: Expected 2 columns, got 1\n"),
        ('{"x": 1, "name": "a"}\n{"x": "1", "name": "a"}\n', ".jsonl", "row 2: column 'x': exp"),
        ('{"x": 1, "name": "a"}\n{"x": 1,\n', ".jsonl", "line 2: not JSON"),
        ("[1]", ".json", "element 1: expected an object, got int"),
        ("x", ".txt", "ends in none of .csv, .json, .jsonl, .ndjson, .parquet"),
        ("x", ".parquet", "data.parquet"),
    ],
)
def test_data_that_cannot_be_read_is_refused(check, data, suffix, message):
    """Nobody looks for a typing error in a file of a million rows."""
    code, _, errors = check("Rows", data=data, suffix=suffix)
    assert message in errors
    assert code in (1, 2)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("INPUT (x FOO) OUTPUT (y INT)", "found 'FOO'"),
        ("x INT", "expected INPUT and columns in parentheses"),
        ("INPUT (x INT)", "expected OUTPUT and columns in parentheses"),
        ("INPUT (x INT) OUTPUT (y INT) WITH ()", "'WITH ()' behind the columns of OUTPUT"),
    ],
)
def test_columns_that_cannot_be_read_are_refused(check, schema, message):
    """The same text would fail in CREATE MODEL."""
    code, _, errors = check("Rows", schema=schema)
    assert (code, message in errors) == (2, True)


def test_columns_may_have_parentheses_and_any_names():
    """DECIMAL has parentheses, and a name in backquotes may have any character."""
    text = "input (`a)b` DECIMAL(10, 2), c ROW<d INT>) output (`input (` ARRAY<INT>);"
    inputs, outputs = parse_columns(text)
    assert inputs == Schema.parse("`a)b` DECIMAL(10, 2), c ROW<d INT>")
    assert outputs.names == ["input ("]


def test_statement_quotes_names_and_values():
    """A directory may have a quote in its name."""
    columns = Schema.parse("`a``b` INT")
    model = LocalModel("m`s", "/it's", None, columns, columns, {"properties.x": "'"})
    assert model.statement.startswith("CREATE MODEL `m``s`\nINPUT (`a``b` INT)\n")
    assert "'model-directory-path' = '/it''s'" in model.statement
    assert "'properties.x' = ''''" in model.statement


def test_numbers_are_equal_but_for_rounding():
    """Libraries add numbers in another order in a batch."""
    one = [Row(a=0.1 + 0.2, b=[float("nan"), None], c={"k": 1.0})]
    assert difference(one, [Row(a=0.3, b=[float("nan"), None], c={"k": 1.0000001})]) is None
    assert "column 'b'" in (difference(one, [Row(a=0.3, b=[1.0, None], c={"k": 1.0})]) or "")
    assert "column 'c'" in (difference(one, [Row(a=0.3, b=[float("nan"), None], c={})]) or "")
    assert "1 results alone and 0 in a batch" in (difference(one, []) or "")
