# SPDX-License-Identifier: Apache-2.0
"""The same batch class as a pandas UDF of PyFlink: in a real job, and rule by rule."""

import os
import subprocess
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyflink.table import DataTypes
from pyflink.table.types import create_arrow_schema, to_arrow_type
from pyflink.table.utils import arrow_to_pandas, pandas_to_arrow

import pyflink_ml_embedded
from pyflink_ml_embedded import (
    BatchPredictFunction,
    ConversionError,
    PredictFunction,
    Schema,
)
from pyflink_ml_embedded._context import make_model_config
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._pyflink.udf import _PredictBatchFunction

PACKAGE_PARENT = str(Path(pyflink_ml_embedded.__file__).parents[1])

JOB = """
import sys
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from model import Double, Model

t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
config = t_env.get_config()
config.set("python.executable", sys.executable)
config.set("python.client.executable", sys.executable)
config.set("parallelism.default", "1")
t_env.create_temporary_function("predict", Model.as_udf(
    "amount DOUBLE, `country code` STRING, history ARRAY<FLOAT>, currency STRING",
    "score DOUBLE NOT NULL, label STRING, days INT, factors ARRAY<DOUBLE>",
    model_directory="/models/fraud",
    properties={"threshold": "0.5"},
))
t_env.create_temporary_function("twice", Double.as_udf("amount DOUBLE", "y DOUBLE"))
t_env.create_temporary_view("payments", t_env.from_elements(
    [(1, 2.0, "DE", [0.5]), (2, None, None, None), (3, 4.0, "IT", [])],
    DataTypes.ROW([
        DataTypes.FIELD("id", DataTypes.INT()),
        DataTypes.FIELD("amount", DataTypes.DOUBLE()),
        DataTypes.FIELD("country", DataTypes.STRING()),
        DataTypes.FIELD("history", DataTypes.ARRAY(DataTypes.FLOAT())),
    ]),
))
result = t_env.sql_query(
    "SELECT id, p.score, p.label, p.days, p.factors, y FROM (SELECT id, twice(amount).y AS y, "
    "predict(amount, country, history, 'EUR') AS p FROM payments)"
)
with result.execute().collect() as rows:
    print("ROWS", sorted(tuple(row) for row in rows))
"""

MODEL = """
import numpy
from pyflink_ml_embedded import BatchPredictFunction

class Model(BatchPredictFunction):
    def open(self, context):
        assert context.get_number_of_parallel_subtasks() == 1
        assert context.subtask_index == 0
        assert context.model == "Model"
        assert context.output_schema.names == ["score", "label", "days", "factors"]
        assert self.model_directory == context.model_directory == "/models/fraud"
        self.threshold = float(self.init_properties["threshold"])

    def predict_batch(self, batch):
        amounts = numpy.nan_to_num(self.feature_matrix(batch)[:, 0])
        countries = batch["country code"].to_pylist()
        return {
            "factors": batch["history"],
            "days": [None if country is None else 7 for country in countries],
            "label": batch["currency"],
            "score": amounts * self.threshold,
        }

class Double(BatchPredictFunction):
    batch_format = "pandas"

    def predict_batch(self, batch):
        return batch["amount"] * 2
"""


def test_class_runs_in_the_worker_of_pyflink(tmp_path):
    """as_udf() is the way to run a model in another process."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "job.py").write_text(JOB)
    result = subprocess.run(
        ["timeout", "-s", "KILL", "300", sys.executable, "job.py"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{PACKAGE_PARENT}"},
        capture_output=True,
        text=True,
    )
    rows = [line for line in result.stdout.splitlines() if line.startswith("ROWS")]
    expected = [
        (1, 1.0, "EUR", 7, [0.5], 4.0),
        (2, 0.0, "EUR", None, None, None),
        (3, 2.0, "EUR", 7, [], 8.0),
    ]
    assert rows == [f"ROWS {expected}"], result.stdout + result.stderr


class Answer(BatchPredictFunction):
    """Returns the value of a class attribute, and keeps its arguments."""

    result = None
    closed = False

    def predict_batch(self, batch):
        self.batch = batch
        return self.result

    def close(self):
        self.closed = True


class Echo(BatchPredictFunction):
    def predict_batch(self, batch):
        return batch


class FakeContext:
    """The context of PyFlink before 2.3, without the subtask, where metrics are disabled."""

    def get_metric_group(self):
        raise RuntimeError("Metric has not been enabled.")


def opened(function_class, inputs, outputs):
    """Returns the function as it is in PyFlink's worker."""
    config = make_model_config(
        function_class.__name__, Schema.parse(inputs), Schema.parse(outputs), None, {}
    )
    function = _PredictBatchFunction(function_class, config)
    function.open(FakeContext())
    return function


def evaluated(result, outputs="label STRING, score DOUBLE"):
    """Returns what PyFlink gets where predict_batch returns the result for two rows."""
    function = opened(Answer, "a INT", outputs)
    function._function.result = result
    frame = function.eval(pd.Series([1, 2], dtype="int32"))
    assert type(frame) is pd.DataFrame
    return {name: series.tolist() for name, series in frame.items()}


def given(function_class, inputs, *columns):
    """Returns what predict_batch is given for these columns of two rows."""
    function = opened(function_class, inputs, "y INT")
    function._function.result = [0, 0]
    function.eval(*columns)
    return function._function.batch


LABELS, SCORES = ["a", None], np.array([0.5, 1.5])


@pytest.mark.parametrize(
    "result",
    [
        pa.RecordBatch.from_pydict({"score": SCORES, "label": LABELS}),
        pa.table({"score": SCORES, "label": LABELS}),
        pd.DataFrame({"score": SCORES, "label": LABELS}),
        {"score": SCORES, "label": LABELS},
        [LABELS, SCORES],
        (pa.array(LABELS), SCORES),
        ({"score": SCORES, "label": LABELS}, [0, 1]),
        ({"score": SCORES, "label": LABELS}, np.array([0, 1])),
    ],
    ids=lambda result: type(result).__name__,
)
def test_every_shape_of_a_result_is_accepted(result):
    """The rules are those of the embedded mode, not PyFlink's."""
    assert evaluated(result) == {"label": ["a", None], "score": [0.5, 1.5]}


def test_matrix_has_a_column_for_each_of_output():
    """A classifier returns probabilities in this form."""
    found = evaluated(np.array([[1, 2, 3], [4, 5, 6]], "f4"), "x DOUBLE, y FLOAT, z FLOAT")
    assert found == {"x": [1.0, 4.0], "y": [2.0, 5.0], "z": [3.0, 6.0]}


def test_batch_with_as_many_rows_as_columns_is_not_transposed():
    """Lists by column would fit this batch and no other."""

    class Model(BatchPredictFunction):
        batch_format = "numpy"

        def predict_batch(self, batch):
            by_column = [batch["a"].tolist(), (batch["a"] * 10).tolist()]
            return by_column if self.by_column else list(zip(*by_column, strict=True))

    function = opened(Model, "a INT NOT NULL", "x INT, y INT")
    column = pd.Series([1, 2], dtype="int32")
    function._function.by_column = True
    with pytest.raises(ConversionError, match="lists in a list are rows"):
        function.eval(column)
    function._function.by_column = False
    assert function.eval(column).to_numpy().tolist() == [[1, 10], [2, 20]]


@pytest.mark.parametrize(
    "result",
    [SCORES, SCORES[:, None], [0.5, 1.5], [SCORES], pa.array(SCORES), pd.Series(SCORES)],
    ids=lambda result: type(result).__name__,
)
def test_array_alone_is_accepted_for_one_column(result):
    """Regression models return one; in SQL the result is still a ROW."""
    assert evaluated(result, "score DOUBLE") == {"score": [0.5, 1.5]}


@pytest.mark.parametrize("rows", [[0], [0, 0], [1, 1], [0, 0, 1], []], ids=repr)
def test_pair_without_one_result_for_each_row_is_rejected(rows):
    """PyFlink would assign results to the wrong rows, or report wrong lengths."""
    with pytest.raises(ConversionError, match="a scalar function returns exactly one for each row"):
        evaluated(({"score": [0.5] * len(rows)}, rows), "score DOUBLE")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "predict_batch returned None"),
        (np.zeros((2, 3)), r"a numpy.ndarray of shape \(2, 3\); expected one array for each"),
        ([LABELS], "returned 1 values for 2 rows; lists in a list are rows"),
        ({"label": LABELS}, "a dict with 'label'"),
        ([LABELS * 2, SCORES], "column 'label': "),
        ([LABELS, SCORES[:1]], "column 'score': "),
        ([SCORES, SCORES], "column 'label', result 1: expected STRING, got numpy.float64"),
    ],
)
def test_wrong_result_is_rejected(result, message):
    """PyFlink alone would shift or cut the columns, or fail far from the function."""
    with pytest.raises(ConversionError, match=message):
        evaluated(result)


def test_null_in_not_null_column_is_rejected():
    """PyFlink does not support NOT NULL in a ROW, so that only this check finds it."""
    with pytest.raises(ConversionError, match="column 'y', result 2: null in a column of type"):
        evaluated([1.0, None], "y DOUBLE NOT NULL")


def test_not_null_of_the_output_is_hidden_from_pyflink():
    """Its conversion to Arrow fails for it."""
    wrapper = Answer.as_udf("a INT NOT NULL", "y DOUBLE NOT NULL, z ARRAY<INT NOT NULL>")
    assert wrapper._input_types == ["INT NOT NULL"]
    assert wrapper._result_type == "ROW<`y` DOUBLE, `z` ARRAY<INT NOT NULL>>"


@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (DataTypes.BOOLEAN(), [True, None]),
        (DataTypes.TINYINT(), [-128, None]),
        (DataTypes.SMALLINT(), [1, None]),
        (DataTypes.INT(), [1, None, 2**31 - 1]),
        (DataTypes.BIGINT(), [2**63 - 1, -(2**63)]),
        (DataTypes.FLOAT(), [0.5, None]),
        (DataTypes.DOUBLE(), [0.1, None, float("inf")]),
        (DataTypes.DECIMAL(10, 2), [Decimal("1.25"), None]),
        (DataTypes.CHAR(2), ["ab", None]),
        (DataTypes.VARCHAR(20), ["ä", None]),
        (DataTypes.STRING(), ["", None]),
        (DataTypes.VARBINARY(4), [b"ab", None]),
        (DataTypes.BYTES(), [b"\0", None]),
        (DataTypes.DATE(), [date(2020, 1, 2), None]),
        (DataTypes.TIME(0), [time(1, 2, 3), None]),
        (DataTypes.TIME(6), [time(1, 2, 3, 4000), None]),
        (DataTypes.TIMESTAMP(0), [datetime(2020, 1, 2, 3, 4, 5), None]),
        (DataTypes.TIMESTAMP(3), [datetime(2020, 1, 2, 3, 4, 5, 6000), None]),
        (DataTypes.TIMESTAMP(6), [datetime(1920, 1, 2, 3, 4, 5, 678901), None]),
        (DataTypes.TIMESTAMP(9), [pd.Timestamp("2020-01-02 03:04:05.123456789"), None]),
        (DataTypes.ARRAY(DataTypes.INT()), [[1, None], [], None]),
        (DataTypes.ARRAY(DataTypes.DOUBLE()), [[0.5, None], [], None]),
        (DataTypes.ARRAY(DataTypes.STRING()), [["a", None], [], None]),
        (DataTypes.ARRAY(DataTypes.ARRAY(DataTypes.BIGINT())), [[[1], []], [None], None]),
        (
            DataTypes.MAP(DataTypes.STRING(nullable=False), DataTypes.INT()),
            [[("a", 1), ("b", None)], [], None],
        ),
    ],
    ids=lambda value: str(value) if not isinstance(value, list) else "",
)
def test_values_pass_pyflink_in_both_directions(data_type, values):
    """PyFlink converts through pandas, which treats NULL and times differently."""
    row_type = DataTypes.ROW([DataTypes.FIELD("x", data_type)])
    function = Echo.as_udf(row_type, row_type)._func
    function.open(FakeContext())
    arrow_type = to_arrow_type(data_type)
    batch = pa.RecordBatch.from_arrays([pa.array(values, arrow_type)], ["x"])
    frame = function.eval(*arrow_to_pandas("UTC", [data_type], [batch]))
    schema = create_arrow_schema(["result"], [row_type])
    (column,) = pandas_to_arrow(schema, "UTC", [row_type], [frame]).column(0).flatten()
    assert column.type == arrow_type
    assert column.to_pylist() == values


def test_integers_beside_null_keep_all_their_digits():
    """pandas would convert them to floats."""
    largest = 2**63 - 1
    assert evaluated([largest, None], "y BIGINT") == {"y": [largest, None]}
    (first, second) = evaluated({"y": [[largest, None], None]}, "y ARRAY<BIGINT>")["y"]
    assert (list(first), second) == ([largest, None], None)


@pytest.mark.parametrize(
    ("sql_type", "values", "path"),
    [
        ("BIGINT", pd.Series([2.0**53, float("nan")]), "x"),
        ("ARRAY<BIGINT>", pd.Series([None, np.array([-(2.0**53), np.nan])]), r"x\[\]"),
    ],
)
def test_integer_that_pyflink_may_have_rounded_is_refused(sql_type, values, path):
    """PyFlink makes floats of integers beside NULL, and nobody would notice another id."""
    with pytest.raises(ConversionError, match=f"column '{path}': PyFlink passes a BIGINT beside"):
        given(Answer, f"x {sql_type}", values)
    fitting = given(Answer, "x BIGINT", pd.Series([2.0**53 - 1, float("nan")]))
    assert fitting["x"].to_pylist() == [2**53 - 1, None]


def test_batch_is_that_of_the_embedded_mode():
    """The same class runs in the worker as in the JVM, and finds the same Arrow types."""
    batch = given(
        Answer,
        "i INT, `s t` STRING NOT NULL, t TIMESTAMP_LTZ(3), d DECIMAL(10, 2)",
        pd.Series([1.0, None]),
        pd.Series(["a", "b"]),
        pd.Series(pd.to_datetime(["2020-01-02", None])).dt.tz_localize("Europe/Berlin"),
        pd.Series([Decimal("1.25"), None]),
    )
    assert isinstance(batch, pa.RecordBatch)
    assert batch.schema.equals(
        pa.schema(
            [
                pa.field("i", pa.int32()),
                pa.field("s t", pa.string(), nullable=False),
                pa.field("t", pa.timestamp("ms", "UTC")),
                pa.field("d", pa.decimal128(10, 2)),
            ]
        )
    )
    assert batch["i"].to_pylist() == [1, None]
    assert batch["t"].to_pylist() == [datetime(2020, 1, 1, 23, tzinfo=timezone.utc), None]


def test_batch_has_the_format_that_the_class_asks_for():
    """Most models take data frames or arrays of numpy."""

    class InPandas(Answer):
        batch_format = "pandas"

    class InNumpy(Answer):
        batch_format = "numpy"

    columns = pd.Series([1, 2], dtype="int32"), pd.Series(["a", None])
    frame = given(InPandas, "i INT, s STRING", *columns)
    pd.testing.assert_frame_equal(
        frame, pd.DataFrame({"i": columns[0], "s": columns[1]}).astype({"i": "Int32"})
    )
    arrays = given(InNumpy, "i INT, s STRING", *columns)
    assert arrays["i"].dtype == "int32"
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "i": [1, 2],
        "s": ["a", None],
    }


def test_nan_is_null_where_the_column_may_have_it():
    """PyFlink converts NULL to NaN, so that both arrive as NaN."""
    columns = [pd.Series([0.5, float("nan")])] * 2
    batch = given(Answer, "x DOUBLE, y DOUBLE NOT NULL", *columns)
    assert batch["x"].to_pylist() == [0.5, None]
    assert batch["y"].null_count == 0
    assert np.isnan(batch["y"][1].as_py())


def test_constant_argument_is_repeated():
    """PyFlink passes a literal of the query as a single value."""
    batch = given(Answer, "s STRING, x DOUBLE", "EUR", pd.Series([0.5, 1.5]))
    assert batch["s"].to_pylist() == ["EUR", "EUR"]


def test_rows_of_the_input_become_structs():
    """PyFlink makes a DataFrame of each ROW column."""
    frame = pd.DataFrame({"a": [1.0, None], "b": ["x", None]})
    batch = given(Answer, "r ROW<a INT, b STRING>", frame)
    assert batch["r"].to_pylist() == [{"a": 1, "b": "x"}, {"a": None, "b": None}]


def test_feature_matrix_has_the_numbers_of_the_batch():
    """Models that work on matrices gain most from batches."""

    class Sums(BatchPredictFunction):
        def predict_batch(self, batch):
            return self.feature_matrix(batch, "float64").sum(axis=1)

    function = opened(Sums, "a INT, s STRING, b DOUBLE", "y DOUBLE")
    frame = function.eval(pd.Series([1, 2]), pd.Series(["x", "y"]), pd.Series([0.5, 0.25]))
    assert frame["y"].tolist() == [1.5, 2.25]


def test_frames_are_not_written_again():
    """PyFlink may still hold one when the next batch comes."""
    function = opened(Echo, "x DOUBLE", "x DOUBLE")
    first = function.eval(pd.Series([1.0, 2.0]))
    function.eval(pd.Series([3.0, 4.0]))
    assert first["x"].tolist() == [1.0, 2.0]


def test_function_is_closed_with_the_worker():
    """close() releases the resources of open()."""
    function = opened(Answer, "a INT", "y INT")
    assert not function._function.closed
    function.close()
    assert function._function.closed


@pytest.mark.parametrize(
    "sql_type",
    [
        "TIMESTAMP_LTZ(3)",
        "ROW<a INT>",
        "MULTISET<STRING>",
        "MAP<STRING, INT>",
        "ARRAY<ROW<a INT>>",
        "INTERVAL DAY",
        "NULL",
        "NUMBER",
    ],
)
def test_output_that_pyflink_does_not_support_is_refused(sql_type):
    """PyFlink would fail in the worker, without a column's name."""
    message = (
        f"column 'bad one' is of type {sql_type}, which PyFlink does not support in a pandas UDF: "
    )
    with pytest.raises(ModelError) as failure:
        Answer.as_udf("a INT", f"good INT, `bad one` {sql_type}")
    assert str(failure.value).startswith(message)
    assert len(str(failure.value)) > len(message)


def test_input_may_have_what_no_field_of_a_result_may_have():
    """PyFlink supports more types as arguments than as fields of a ROW."""
    wrapper = Answer.as_udf("t TIMESTAMP_LTZ(3), r ROW<a INT>", "y INT")
    assert wrapper._input_types == ["TIMESTAMP_LTZ(3)", "ROW<`a` INT>"]
    with pytest.raises(ModelError, match="column 'm' is of type MULTISET<INT>, which PyFlink"):
        Answer.as_udf("m MULTISET<INT>", "y INT")


def test_types_are_those_that_flink_would_write():
    """open() and native code find them in one form, whatever users wrote."""
    wrapper = Answer.as_udf("a integer, b timestamp, c varchar(2147483647)", "y double precision")
    assert wrapper._input_types == ["INT", "TIMESTAMP(6)", "STRING"]
    assert wrapper._result_type == "ROW<`y` DOUBLE>"


def test_wrong_batch_format_is_refused_before_the_job():
    """A typo is found before a worker starts."""

    class Wrong(Answer):
        batch_format = "polars"

    with pytest.raises(ModelError, match="batch_format is 'polars'"):
        Wrong.as_udf("a INT", "y INT")


def test_class_of_both_kinds_has_both_functions():
    """One class may serve the row path, the batch path and PyFlink's worker."""

    class Both(PredictFunction, Answer):
        def predict(self, data):
            return [data[0]]

    assert Both.as_udtf("a INT", "y INT")._result_types == "ROW<`y` INT>"
    assert Both.as_udf("a INT", "y INT")._func_type == "pandas"
