# SPDX-License-Identifier: Apache-2.0
"""The harness for the tests of users."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pyflink_ml_embedded import (
    BatchPredictFunction,
    ModelError,
    PredictFunction,
    Row,
    predict_function,
)
from pyflink_ml_embedded._native import Columns
from pyflink_ml_embedded._schema import Schema, describe_column
from pyflink_ml_embedded.testing import Harness, PredictError

INPUT, OUTPUT = "x INT, name STRING", "y BIGINT, name STRING"


class Rows(PredictFunction):
    """Doubles x; x = 0 has no result, and x below 0 has two."""

    def predict(self, data):
        if data.x == 13:
            raise ValueError(f"no {data.name}")
        results = [(data.x * 2, data.name)]
        return results * (2 if data.x < 0 else 1) if data.x else None


class Batches(BatchPredictFunction):
    """Doubles x."""

    calls: tuple[int, ...] = ()

    def predict_batch(self, batch):
        numbers = batch.column("x").to_pylist()
        Batches.calls += (len(numbers),)
        if 13 in numbers:
            raise ValueError("no 13")
        return {"y": [2 * number for number in numbers], "name": batch.column("name")}


class Life(PredictFunction):
    """Notes its steps."""

    steps: tuple[str, ...] = ()

    def open(self, context):
        Life.steps += ("open " + context.properties.get("version", "-"),)

    def predict(self, data):
        Life.steps += ("predict",)
        return [data]

    def close(self):
        Life.steps += ("close",)
        if self.init_properties.get("fails"):
            raise RuntimeError("left open")


each_class = pytest.mark.parametrize("function", [Rows, Batches])


@each_class
def test_rows_of_each_form_are_predicted(function):
    """A test is written with the rows that are at hand."""
    with Harness(function, INPUT, OUTPUT) as harness:
        rows = [(1, "a"), [2, "b"], {"name": "c", "x": 3}, Row(4, "d")]
        expected = [Row(y=2 * (i + 1), name="abcd"[i]) for i in range(4)]
        assert harness.predict(rows) == expected
        assert harness.predict_batch(rows) == expected


@each_class
@pytest.mark.parametrize("library", [pa.table, pd.DataFrame, pl.DataFrame])
def test_table_comes_back_as_one_of_its_library(function, library):
    """The results are compared with the tools of the same library."""
    given = {"other": [0.5] * 5, "name": list("abcde"), "x": [1, 2, 3, 4, 5]}
    with Harness(function, INPUT, OUTPUT, batch_size=2) as harness:
        results = harness.predict_batch(library(given))
    assert type(results) is type(library(given))
    as_lists = results.to_pydict() if library is pa.table else {k: list(results[k]) for k in "y"}
    assert as_lists["y"] == [2, 4, 6, 8, 10]


def test_row_may_have_no_result_or_several():
    """That is how ML_PREDICT drops rows."""
    with Harness(Rows, INPUT, OUTPUT) as harness:
        rows = [(1, "a"), (0, "b"), (-1, "c")]
        expected = [Row(y=2, name="a"), Row(y=-2, name="c"), Row(y=-2, name="c")]
        assert harness.predict(rows) == expected
        assert harness.predict_batch(rows) == expected
        table = pa.table({"x": [1, 0, -1], "name": list("abc")})
        assert harness.predict_batch(table).column("name").to_pylist() == ["a", "c", "c"]


def test_batches_have_the_size_of_the_option():
    """A model that depends on it is tested with the size of the job."""
    Batches.calls = ()
    with Harness(Batches, INPUT, OUTPUT, batch_size=4) as harness:
        harness.predict_batch(pa.table({"x": range(10), "name": ["a"] * 10}))
        harness.predict_batch([(1, "a")] * 5)
    assert Batches.calls == (4, 4, 2, 4, 1)


@each_class
@pytest.mark.parametrize("table", [True, False])
def test_error_names_the_row_and_not_its_values(function, table):
    """It is the message of the job, so a test that matches it holds in production."""
    rows = [(i, "secretive") for i in range(1, 20)]
    given = pa.table({"x": range(1, 20), "name": ["secretive"] * 19}) if table else rows
    with Harness(function, INPUT, OUTPUT, batch_size=8) as harness:
        with pytest.raises(PredictError, match=rf"^model '{function.__name__}', row 13: ") as info:
            harness.predict_batch(given)
        assert info.value.row == 13
        assert "secretive" not in str(info.value)
        assert isinstance(info.value.__cause__, ValueError)
        assert "_local" not in str(info.value)
        with pytest.raises(PredictError) as info:
            harness.predict(rows)
        assert info.value.row == 13


@pytest.mark.parametrize("table", [True, False])
def test_value_that_does_not_fit_is_found(table):
    """INT has 32 bits in the job, whatever pandas has."""
    given = pa.table({"x": [1, 2, 2**31], "name": ["a"] * 3}) if table else [(1, "a"), (2**31, "a")]
    with Harness(Rows, INPUT, OUTPUT) as harness:
        with pytest.raises(PredictError, match="column 'x': int out of range of INT") as info:
            harness.predict_batch(given)
        assert (info.value.row, info.value.column) == (3 if table else 2, "x")
        assert len(harness.predict_batch([(1, "a")])) == 1


def test_failure_that_does_not_come_again_names_the_rows():
    """A function that fails by chance has no row at fault."""

    class Once(BatchPredictFunction):
        failed = False

        def predict_batch(self, batch):
            if not self.failed:
                self.failed = True
                raise ValueError("chance")
            return [(1, "a")] * len(batch)

    with (
        Harness(Once, INPUT, OUTPUT) as harness,
        pytest.raises(PredictError, match="rows 1 to 3: predict_batch failed with ValueError"),
    ):
        harness.predict_batch([(1, "a")] * 3)


def test_table_without_a_column_is_refused():
    """Columns by position would swap two of one type."""
    message = "the data does not have the columns of INPUT: no name matches column 'name'"
    with (
        Harness(Rows, INPUT, OUTPUT) as harness,
        pytest.raises(ModelError, match=f"{message}; the nearest is 'names'"),
    ):
        harness.predict_batch(pa.table({"x": [1], "names": ["a"]}))


def test_nanoseconds_stay_in_batches():
    """A cut time is a wrong value that nobody notices."""

    class Same(BatchPredictFunction):
        def predict_batch(self, batch):
            return batch

    column = "t TIMESTAMP(9)"
    time = pa.array([np.datetime64("2024-05-01T00:00:00.123456789")])
    with Harness(Same, column, column) as harness:
        result = harness.predict_batch(pa.table({"t": time}))
    assert result.column("t").cast("int64").to_pylist() == time.cast("int64").to_pylist()


def test_table_without_rows_has_the_columns_of_output():
    """A test of an empty file must not need a case of its own."""
    with Harness(Rows, INPUT, OUTPUT) as harness:
        result = harness.predict_batch(pa.table({"x": pa.array([], "int32"), "name": []}))
    outputs = [describe_column(field.name, field.type) for field in Schema.parse(OUTPUT)]
    assert result.schema == pa.schema(Columns(outputs))
    assert len(result) == 0


def test_function_is_opened_warmed_up_and_closed():
    """The steps are those of a job."""
    Life.steps = ()
    with Harness(Life, "x INT", "x INT", warm_up=True, properties={"version": 1}) as harness:
        assert Life.steps == ("open 1", "predict")
        harness.predict([(1,)])
    assert Life.steps == ("open 1", "predict", "predict", "close")
    harness.close()
    assert Life.steps[-2:] == ("predict", "close")
    with pytest.raises(RuntimeError, match="the harness is closed"):
        harness.predict([(1,)])


def test_error_in_open_or_close_has_the_text_of_the_job():
    """It must not look like an error of the test."""

    class Broken(PredictFunction):
        def open(self, context):
            raise RuntimeError("no weights")

        def predict(self, data):
            return None

    with pytest.raises(PredictError, match="open failed with RuntimeError: no weights"):
        Harness(Broken, "x INT", "x INT")
    harness = Harness(Life, "x INT", "x INT", properties={"fails": "yes"})
    with pytest.raises(PredictError, match="close failed with RuntimeError: left open"):
        harness.close()


MODEL = """
    from pyflink_ml_embedded import PredictFunction
    import helper

    class Model(PredictFunction):
        def predict(self, data):
            return [(helper.VERSION,)]
"""


def test_directory_is_reloaded(write):
    """A new version is tested against the one that runs."""
    old = write("old", model=MODEL, helper="VERSION = 1")
    new = write("new", model=MODEL, helper="VERSION = 2")
    broken = write("broken", model=MODEL, helper="VERSION = none")
    with Harness(old, "x INT", "v INT", python_predict_class="model.Model") as harness:
        assert harness.predict([(0,)]) == [Row(v=1)]
        harness.reload(new)
        assert harness.predict([(0,)]) == [Row(v=2)]
        with pytest.raises(PredictError, match="name 'none' is not defined"):
            harness.reload(broken)
        assert harness.predict_batch([(0,)]) == [Row(v=2)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bach_size": 2}, "option 'bach-size' = '2' is unknown; the nearest is 'batch-size'"),
        ({"batch_size": 0}, "option 'batch-size' is '0'; valid is a whole number from 1 on"),
        ({"warm_up": "yes"}, "option 'warm-up' is 'yes'; valid are 'true' and 'false'"),
        ({"max_batch_length": 5}, "option 'max-batch-length' requires 'batch-length-column'"),
    ],
)
def test_option_that_is_not_valid_is_refused(options, message):
    """A misspelt option would make the test pass and the job fail."""
    with pytest.raises(ModelError, match=message):
        Harness(Rows, INPUT, OUTPUT, **options)


@predict_function
def half(x: int) -> float:
    """Halves x."""
    return x / 2


def test_decorated_function_needs_no_columns():
    """Its hints are the columns."""
    with Harness(half) as harness:
        assert harness.predict([(3,)]) == [Row(prediction=1.5)]


def test_coroutines_are_awaited():
    """The method of such a class returns no results by itself."""

    class Awaiting(BatchPredictFunction, PredictFunction):
        async def predict(self, data):
            await asyncio.sleep(0)
            return [data]

        async def predict_batch(self, batch):
            await asyncio.sleep(0)
            return batch

    with Harness(Awaiting, INPUT, INPUT) as harness:
        assert harness.predict([(1, "a")]) == [Row(x=1, name="a")]
        assert harness.predict_batch([(1, "a")]) == [Row(x=1, name="a")]


def test_class_needs_columns():
    """A guess from values would differ from CREATE MODEL."""
    with pytest.raises(ValueError, match="a class does not declare its columns"):
        Harness(Rows)
    with pytest.raises(ValueError, match="give both inputs and outputs"):
        Harness(Rows, INPUT)


def test_what_is_no_model_is_refused():
    """The likely mistake is a function without its decorator."""
    with pytest.raises(TypeError, match="or a decorated function, got 'test_class_needs_columns'"):
        Harness(test_class_needs_columns)


def test_directory_must_exist(tmp_path):
    """The class that is missing in it is not the first thing to report."""
    with pytest.raises(ModelError, match="is not a directory"):
        Harness(tmp_path / "model", INPUT, OUTPUT)
