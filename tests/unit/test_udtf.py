# SPDX-License-Identifier: Apache-2.0
"""The same class as a PyFlink table function: in a real job, and rule by rule."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyflink.common
import pytest
from pyflink.table import DataTypes

import pyflink_ml_embedded
from pyflink_ml_embedded import ConversionError, ModelError, PredictFunction, Row, Schema
from pyflink_ml_embedded._pyflink.udtf import _PredictTableFunction


def _id(value):
    """Names a case by its value, without the address that some have in their repr."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


PACKAGE_PARENT = str(Path(pyflink_ml_embedded.__file__).parents[1])

JOB = '''
import sys
from pyflink.table import EnvironmentSettings, TableEnvironment
from model import Model

t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
config = t_env.get_config()
config.set("python.execution-mode", sys.argv[1])
config.set("python.executable", sys.executable)
config.set("python.client.executable", sys.executable)
config.set("parallelism.default", "1")
t_env.create_temporary_function("predict", Model.as_udtf(
    "amount DOUBLE, `country code` STRING",
    "score DOUBLE, label STRING, model STRING",
    model_directory="/models/fraud",
    properties={"threshold": "0.5"},
))
result = t_env.sql_query("""
    SELECT id, score, label, model FROM (VALUES (1, CAST(2.0 AS DOUBLE), 'DE'),
                                        (2, CAST(NULL AS DOUBLE), 'FR'),
                                        (3, CAST(4.0 AS DOUBLE), 'IT')) AS t(id, amount, country)
    CROSS JOIN LATERAL TABLE(predict(amount, country))
""")
with result.execute().collect() as rows:
    print("ROWS", sorted(tuple(row) for row in rows))
'''

MODEL = """
import numpy
from pyflink_ml_embedded import PredictFunction, Row

class Model(PredictFunction):
    def open(self, context):
        assert context.get_number_of_parallel_subtasks() == 1
        assert context.subtask_index == 0
        assert context.output_schema.names == ["score", "label", "model"]
        assert self.model_directory == context.model_directory == "/models/fraud"
        self.threshold = float(self.init_properties["threshold"])
        self.name = context.model
        self.rows = context.metrics.counter("rows")
        self.events = context.metrics.add_group("kind", "any").meter("events")
        self.amounts = context.metrics.distribution("amount")
        context.metrics.gauge("threshold", lambda: 1)

    def predict(self, data):
        self.rows.inc()
        self.events.mark_event()
        assert self.rows.get_count() > 0
        if data.amount is None:
            return None
        self.amounts.update(int(data.amount))
        yield Row(numpy.float32(data["amount"] * self.threshold), data["country code"], self.name)
        if data[0] > 3:
            yield {"label": "twice", "model": None, "score": 0.0}
"""


@pytest.mark.parametrize("mode", ["process", "thread"])
def test_class_runs_in_the_modes_of_pyflink(tmp_path, mode):
    """as_udtf() is the way to run a model in another process."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "job.py").write_text(JOB)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{PACKAGE_PARENT}",
        # PyFlink's thread mode takes the first python3 of the PATH for its own.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    result = subprocess.run(
        ["timeout", "-s", "KILL", "300", sys.executable, "job.py", mode],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    rows = [line for line in result.stdout.splitlines() if line.startswith("ROWS")]
    expected = [(1, 1.0, "DE", "Model"), (3, 0.0, "twice", None), (3, 2.0, "IT", "Model")]
    assert rows == [f"ROWS {expected}"], result.stdout + result.stderr


class Answer(PredictFunction):
    """Returns the value of a class attribute."""

    result = None

    def predict(self, data):
        return self.result


class FakeContext:
    """The context of PyFlink before 2.3, without the subtask, where metrics are disabled."""

    def get_metric_group(self):
        raise RuntimeError("Metric has not been enabled.")


def opened(result, outputs):
    """Returns the function as it is in PyFlink's worker; predict returns the result."""
    config = {
        "model_directory_path": None,
        "properties": {},
        "input_schema": Schema.parse("a INT, b STRING").to_json(),
        "output_schema": Schema.parse(outputs).to_json(),
    }
    function = _PredictTableFunction(Answer, json.dumps(config), numpy_arrays=False)
    function.open(FakeContext())
    function._function.result = result
    return function


def evaluated(result, outputs="label STRING, score DOUBLE"):
    """Returns what PyFlink gets where predict returns the result."""
    function = opened(result, outputs)
    rows = function.eval(1, "x")
    function.close()
    return rows


@pytest.mark.parametrize(
    "result",
    [
        [Row("a", 0.5)],
        [Row(score=0.5, label="a")],
        [pyflink.common.Row("a", 0.5)],
        [pyflink.common.Row(score=0.5, label="a")],
        [("a", 0.5)],
        [["a", 0.5]],
        [{"score": 0.5, "label": "a"}],
        (("a", 0.5),),
        Row("a", 0.5),
        Row(x="a", y=0.5),
        {"score": 0.5, "label": "a"},
        iter([("a", 0.5)]),
    ],
    ids=_id,
)
def test_every_shape_of_a_result_is_accepted(result):
    """The rules are those of the embedded mode, not PyFlink's."""
    assert evaluated(result) == [("a", 0.5)]


NESTED = pyflink.common.Row(a=0.5, b=[1])


@pytest.mark.parametrize(
    ("sql_type", "value", "expected"),
    [
        ("ARRAY<DOUBLE>", np.array([0.5, 1.5], "f4"), [0.5, 1.5]),
        ("ARRAY<INT>", pa.array([1, None]), [1, None]),
        ("ROW<a DOUBLE, b ARRAY<INT>>", [np.float64(0.5), [np.int8(1)]], NESTED),
        ("MAP<STRING, BIGINT>", {"a": np.int64(1)}, {"a": 1}),
        ("TIMESTAMP(6)", np.datetime64("2024-02-29T12", "ns"), datetime(2024, 2, 29, 12)),
        ("ARRAY<ROW<a INT>>", [Row(a=1)], [pyflink.common.Row(a=1)]),
    ],
    ids=_id,
)
def test_values_that_pyflink_does_not_support_are_converted(sql_type, value, expected):
    """PyFlink would fail on them outside of the function."""
    ((found,),) = evaluated([(value,)], f"y {sql_type}")
    assert found == expected
    assert type(found) is type(expected)


def test_arrays_of_numbers_are_numpy_arrays_where_the_class_asks():
    """The same class runs in the worker as in the JVM."""

    class Vectors(Answer):
        array_format = "numpy"

        def predict(self, data):
            return [(data.v.dtype.name, data.w, data.s)]

    config = {
        "model_directory_path": None,
        "properties": {},
        "input_schema": Schema.parse("v ARRAY<FLOAT>, w ARRAY<INT>, s ARRAY<STRING>").to_json(),
        "output_schema": Schema.parse("a STRING, b INT, c ARRAY<STRING>").to_json(),
    }
    function = _PredictTableFunction(Vectors, json.dumps(config), numpy_arrays=True)
    function.open(FakeContext())
    assert function.eval([0.5, None], None, ["x"]) == [("float32", None, ["x"])]


@pytest.mark.parametrize(
    "result", [[0.5], (0.5,), [(0.5,)], [{"score": 0.5}], iter([0.5])], ids=_id
)
def test_value_alone_is_accepted_for_one_column(result):
    """Regression models return one value."""
    assert evaluated(result, "score DOUBLE") == [(0.5,)]


@pytest.mark.parametrize(("rows", "counted"), [(3, 3), (150, 100)])
def test_predict_that_only_returns_none_is_reported_once(rows, counted, caplog):
    """A forgotten return gives an empty table."""
    function = opened(None, "y DOUBLE")
    for _ in range(rows):
        assert function.eval(1, "x") == []
    function.close()
    (record,) = caplog.records
    assert f"Answer.predict returned None for all of the first {counted} rows" in record.message


def test_predict_that_drops_a_row_on_purpose_is_not_reported(caplog):
    """It has returned results for others."""
    function = opened([], "y DOUBLE")
    for result in ([], *[None] * 100):
        function._function.result = result
        function.eval(1, "x")
    function.close()
    assert not caplog.records


@pytest.mark.parametrize("result", [None, [], (), iter([])], ids=_id)
def test_nothing_drops_the_row(result):
    """A model may filter rows."""
    assert evaluated(result) == []


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("ab", "predict returned str; it must return a list of rows"),
        (0.5, "predict returned float; it must return a list of rows"),
        ([("a",)], r"a row of 1 values, the model's OUTPUT has 2 \(label, score\)"),
        ([0.5], "got float as a row"),
        ([{"label": "a"}], "got a dict whose names do not fit"),
        ([Row(label="a", sorce=0.5)], "the nearest is 'sorce'"),
        ([("a", "b")], "column 'score': expected DOUBLE, got str"),
    ],
)
def test_wrong_result_is_rejected(result, message):
    """PyFlink itself would shift or cut the columns."""
    with pytest.raises(ConversionError, match=message):
        evaluated(result)


def test_wrong_array_format_is_refused_before_a_worker_starts():
    """A typo is found before the job starts."""

    class Wrong(Answer):
        array_format = "numpi"

    with pytest.raises(ModelError, match="array_format is 'numpi'; valid are 'list' and 'numpy'"):
        Wrong.as_udtf("v ARRAY<FLOAT>", "score DOUBLE")


def test_row_types_of_pyflink_are_accepted():
    """Users of the Table API have their types in this form."""
    row_type = DataTypes.ROW(
        [
            DataTypes.FIELD("amount", DataTypes.DECIMAL(10, 2).not_null()),
            DataTypes.FIELD("country", DataTypes.STRING()),
        ]
    )
    wrapper = Answer.as_udtf(row_type, Schema.parse("score DOUBLE"))
    assert wrapper._input_types == ["DECIMAL(10, 2) NOT NULL", "STRING"]
    assert wrapper._result_types == "ROW<`score` DOUBLE>"
