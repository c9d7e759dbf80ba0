# SPDX-License-Identifier: Apache-2.0
"""MlflowPredictFunction converts columns to the types of a signature, and predicts as MLflow."""

import datetime
import math
import warnings
from decimal import Decimal

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.models import infer_signature
from mlflow.types import ColSpec, DataType, ParamSpec, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._native import Columns

from ..requests import described
from .models import (
    IRIS_INPUT,
    NAMES,
    Echo,
    failure,
    opened,
    paths,
    predicted,
    save_python,
    save_sklearn,
)


def test_classifier_predicts_what_mlflow_predicts(iris, iris_directory):
    """This is the most common kind of model."""
    rows = iris[0].to_numpy().tolist()
    expected = mlflow.pyfunc.load_model(str(iris_directory)).predict(iris[0])
    function = opened(iris_directory, IRIS_INPUT, "label BIGINT")
    assert [label for (label,) in predicted(function, rows)] == expected.tolist()


def test_columns_are_matched_by_name(iris, iris_directory):
    """CREATE MODEL may list them in another order."""
    rows = iris[0].to_numpy().tolist()
    function = opened(iris_directory, "d DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", "label BIGINT")
    expected = iris[1].predict(iris[0])
    given = predicted(function, [(d, b, a, c) for a, b, c, d in rows])
    assert [label for (label,) in given] == expected.tolist()


def test_columns_match_the_signature_without_case(iris, iris_directory):
    """SQL is often written in another letter case; the model still gets its own names."""
    rows = iris[0].to_numpy().tolist()[::20]
    function = opened(iris_directory, "D DOUBLE, B DOUBLE, a DOUBLE, C DOUBLE", "label BIGINT")
    given = predicted(function, [(d, b, a, c) for a, b, c, d in rows])
    assert [label for (label,) in given] == iris[1].predict(iris[0])[::20].tolist()


def test_predict_fn_of_the_model_is_called(tmp_path):
    """The author of the model chose probabilities."""
    features, labels = load_iris(return_X_y=True, as_frame=True)
    features.columns = NAMES
    model = RandomForestClassifier(5, random_state=1).fit(features, labels)
    save_sklearn(tmp_path / "m", model, pyfunc_predict_fn="predict_proba")
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(features)
    function = opened(tmp_path / "m", IRIS_INPUT, "x DOUBLE, y DOUBLE, z DOUBLE")
    given = predicted(function, features.to_numpy().tolist())
    assert given == [tuple(row) for row in expected.tolist()]


@pytest.mark.parametrize("serialization_format", ["pickle", "cloudpickle"])
def test_pipeline_of_text_and_numbers_predicts_what_mlflow_predicts(tmp_path, serialization_format):
    """A DataFrame has columns of several types, and pickles have two formats."""
    frame = pd.DataFrame(
        {"n": [1, 2, 3, 4], "city": ["A", "B", "A", "C"], "x": [0.5, 1.5, 2.5, 0.25]}
    )
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough"),
        RandomForestClassifier(5, random_state=1),
    ).fit(frame, ["u", "v", "u", "v"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # integers cannot be missing
        signature = infer_signature(frame)
    save_sklearn(
        tmp_path / "m", model, signature=signature, serialization_format=serialization_format
    )
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame)
    function = opened(tmp_path / "m", "city STRING, n INT, x FLOAT", "label STRING")
    rows = list(zip(frame["city"], frame["n"], frame["x"], strict=True))
    assert [label for (label,) in predicted(function, rows)] == expected.tolist()


def test_python_model_gets_its_params(tmp_path):
    """Properties are read in the type of their param; other params have their defaults."""
    params = [
        ParamSpec("factor", "double", 2.0),
        ParamSpec("count", "long", 1),
        ParamSpec("flag", "boolean", False),
        ParamSpec("name", "string", "x"),
        ParamSpec("day", "datetime", datetime.datetime(2020, 1, 1)),
        ParamSpec("items", "long", [1, 2], (-1,)),
        ParamSpec("words", "string", ["a"], (-1,)),
    ]
    model = Echo(lambda data, params: [repr(sorted(params.items()))] * len(data))
    save_python(tmp_path / "m", model, [ColSpec("double", "a")], params)
    given = {"factor": 3.5, "count": 7, "flag": True, "items": [3]}
    frame = pd.DataFrame({"a": [1.0]})
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame, params=given)
    function = opened(
        tmp_path / "m",
        "a DOUBLE",
        "p STRING",
        factor="3.5",
        count="7",
        flag="true",
        items="[3]",
    )
    assert predicted(function, [(1.0,)]) == [(expected[0],)]


def test_columns_have_the_order_of_the_signature(tmp_path):
    """Models may select columns by position, and may change the DataFrame."""

    def compute(data, _):
        data.iloc[0, 1] = data.iloc[0, 1] + 1
        return [repr(data.to_dict("list"))] * len(data)

    kinds = ["string", "double", "long", "string", "double"]
    specs = [ColSpec(kind, name) for kind, name in zip(kinds, "abcde", strict=True)]
    save_python(tmp_path / "m", Echo(compute), specs)
    frame = pd.DataFrame({"a": ["u"], "b": [1.5], "c": [7], "d": ["v"], "e": [2.5]})
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame.copy())
    function = opened(
        tmp_path / "m", "e DOUBLE, d STRING, c BIGINT, b DOUBLE, a STRING", "y STRING"
    )
    assert predicted(function, [(2.5, "v", 7, 1.5, "u")]) == [tuple(expected)]


def test_columns_of_numbered_features_have_the_numbers_as_names(tmp_path):
    """pandas numbers the columns of a matrix, and scikit-learn expects these labels."""
    frame = pd.DataFrame(np.array([[1.0, 2.0], [3.0, 4.5], [5.0, 1.0]]))
    model = LinearRegression().fit(frame, [1, 2, 4])
    save_sklearn(tmp_path / "m", model, signature=infer_signature(frame), input_example=frame)
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame)
    function = opened(tmp_path / "m", "`1` DOUBLE, `0` DOUBLE", "y DOUBLE")
    given = [y for (y,) in predicted(function, [(2.0, 1.0), (4.5, 3.0), (1.0, 5.0)])]
    assert given == pytest.approx(expected.tolist())
    assert list(function.warm_up_row()) == [2.0, 1.0]


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (
            {"depth": "1"},
            "unknown option 'properties.depth'; MlflowPredictFunction supports 'properties.count', "
            "'properties.items', 'properties.predict-method', 'properties.result-columns', "
            "'properties.share-model'",
        ),
        ({"count": "1.5"}, "option 'properties.count' is '1.5'; it must be integer"),
        ({"count": "2147483648"}, "it must be integer"),
        ({"items": "1"}, "option 'properties.items' is '1'; it must be a JSON array of double"),
        ({"items": "[1"}, "it must be a JSON array of double"),
    ],
)
def test_wrong_param_is_named(tmp_path, properties, message):
    """A param that is silently ignored would mislead."""
    params = [ParamSpec("count", "integer", 1), ParamSpec("items", "double", [1.0], (-1,))]
    save_python(tmp_path / "m", Echo(lambda data, params: data), [ColSpec("double", "a")], params)
    with pytest.raises(ModelError) as caught:
        opened(tmp_path / "m", "a DOUBLE", "y DOUBLE", **properties)
    assert message in str(caught.value)


CASTS = [
    ("boolean", "BOOLEAN", [True, False]),
    ("integer", "TINYINT", [-128, 127]),
    ("integer", "BIGINT", [-(2**31), 2**31 - 1]),
    ("integer", "DOUBLE", [3.0, -(2.0**31)]),
    ("long", "INT", [2**31 - 1]),
    ("long", "DOUBLE", [2.0**62, -(2.0**63)]),
    ("long", "DECIMAL(20, 1)", [Decimal("12.0")]),
    ("float", "DOUBLE", [0.1, math.inf, 1e38]),
    ("float", "INT", [2**24]),
    ("double", "BIGINT", [2**53, 2**62, -(2**63)]),
    ("double", "FLOAT", [0.5]),
    ("double", "DECIMAL(10, 2)", [Decimal("0.10")]),
    ("string", "STRING", ["Müller", ""]),
    ("binary", "BYTES", [b"\0\xff"]),
    ("datetime", "TIMESTAMP(3)", [datetime.datetime(2020, 1, 2, 3, 4, 5, 6000)]),
    ("datetime", "DATE", [datetime.date(1969, 12, 31)]),
]


@pytest.mark.parametrize(("kind", "sql_type", "values"), CASTS)
def test_value_becomes_the_type_of_the_signature(tmp_path, kind, sql_type, values):
    """MLflow rejects most of these types; the reference is its conversion of the exact value."""
    model = Echo(lambda data, _: [f"{data['a'].dtype} {value!r}" for value in data["a"]])
    save_python(tmp_path / "m", model, [ColSpec(kind, "a")])
    function = opened(tmp_path / "m", f"a {sql_type}", "y STRING")
    dtype = DataType[kind].to_pandas()
    exact = pd.Series(values, dtype=object)
    exact = exact.astype(float) if isinstance(values[0], Decimal) else exact
    frame = pd.DataFrame({"a": exact.astype(dtype)})
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame)
    assert [y for (y,) in predicted(function, [(value,) for value in values])] == expected


@pytest.mark.parametrize(
    ("kind", "sql_type", "good", "bad"),
    [
        ("double", "BIGINT", 1, 2**53 + 1),
        ("double", "BIGINT", 1, 2**63 - 1),
        ("float", "BIGINT", 1, 2**24 + 1),
        ("float", "DOUBLE", 1.0, 1e300),
        ("long", "DOUBLE", 1.0, 3.5),
        ("long", "DOUBLE", 1.0, 2.0**63),
        ("long", "DOUBLE", 1.0, math.nan),
        ("long", "DECIMAL(20, 1)", Decimal(1), Decimal("1.5")),
        ("integer", "BIGINT", 1, 2**31),
        ("integer", "DOUBLE", 1.0, -(2.0**31) - 1),
        ("datetime", "TIMESTAMP(3)", datetime.datetime(2020, 1, 1), datetime.datetime(1, 1, 1)),
        ("integer", "INT", 1, None),
        ("long", "DOUBLE", 1.0, None),
        ("boolean", "BOOLEAN", True, None),
        ("string", "STRING", "a", None),
        ("binary", "BYTES", b"a", None),
    ],
)
def test_value_that_would_change_is_refused(tmp_path, kind, sql_type, good, bad):
    """A rounded number, or NULL as False, gives a wrong prediction."""
    save_python(tmp_path / "m", Echo(lambda data, _: ["x"] * len(data)), [ColSpec(kind, "b")])
    function = opened(tmp_path / "m", f"b {sql_type}", "y STRING")
    given = "NULL cannot be converted" if bad is None else "the value cannot be converted exactly"
    message = failure(function, (good,), (bad,))
    assert f"column 'b': {given}" in message
    assert bad is None or str(bad) not in message
    assert predicted(function, [(good,)]) == [("x",)]


def test_null_is_nan_in_floating_point_numbers(tmp_path):
    """This holds for every type that becomes a float, next to numbers and alone."""
    names = ["f", "g", "i", "d", "t"]
    kinds = ["float", "double", "double", "double", "datetime"]
    model = Echo(
        lambda data, _: [str(data[n].dtype) + str(data[n].isna().tolist()[-1]) for n in data]
    )
    save_python(tmp_path / "m", model, [ColSpec(k, n) for k, n in zip(kinds, names, strict=True)])
    inputs = "f FLOAT, g DOUBLE, i BIGINT, d DECIMAL(5, 2), t TIMESTAMP(3)"
    function = opened(tmp_path / "m", inputs, ", ".join(f"{n} STRING" for n in names))
    by_row, _ = paths(function)
    given = [*by_row((None,) * 5)[0]]
    dtypes = ["float32", "float64", "float64", "float64", "datetime64[ns]"]
    assert given == [f"{dtype}True" for dtype in dtypes]


def test_optional_columns_may_be_missing_or_null(tmp_path):
    """The signature says which columns are optional."""
    model = Echo(lambda data, _: [f"{list(data)} {row!r}" for row in data.values.tolist()])
    specs = [
        ColSpec("string", "s", required=False),
        ColSpec("double", "x"),
        ColSpec("string", "t", required=False),
    ]
    save_python(tmp_path / "m", model, specs)
    function = opened(tmp_path / "m", "x DOUBLE, t STRING", "y STRING")
    assert predicted(function, [(1.0, None)]) == [("['x', 't'] [1.0, None]",)]


COMPLEX = [
    ColSpec(Array(DataType.float), "v"),
    ColSpec(Array(Array(DataType.long)), "w"),
    ColSpec(Array(DataType.string), "s"),
    ColSpec(Map(DataType.integer), "m"),
    ColSpec(
        Object(
            [
                Property("x", DataType.float),
                Property("l", Array(DataType.integer)),
                Property("n", DataType.string, required=False),
            ]
        ),
        "o",
    ),
    ColSpec(AnyType(), "any"),
]


def test_nested_values_are_what_mlflow_takes(tmp_path):
    """MLflow checks each number inside an object."""
    model = Echo(lambda data, _: [repr(list(row)) for row in data.itertuples(index=False)])
    save_python(tmp_path / "m", model, COMPLEX)
    inputs = (
        "v ARRAY<DOUBLE>, w ARRAY<ARRAY<INT>>, s ARRAY<STRING>, m MAP<STRING, BIGINT>, "
        "o ROW<x DOUBLE, l ARRAY<BIGINT>, n STRING>, any DATE"
    )
    function = opened(tmp_path / "m", inputs, "y STRING")
    day = datetime.date(2020, 1, 1)
    rows = [
        ([0.5, 1.5], [[1], [2, 3]], ["a"], {"k": 7}, Row(2.5, [1, 2], None), day),
        ([], [], [], {}, Row(0.0, [], "n"), day),
    ]
    frame = pd.DataFrame(
        {
            "v": [np.array(row[0], np.float32) for row in rows],
            "w": [row[1] for row in rows],
            "s": [row[2] for row in rows],
            "m": [{key: np.int32(value) for key, value in row[3].items()} for row in rows],
            "o": [
                {"x": np.float32(row[4][0]), "l": np.array(row[4][1], np.int32), "n": row[4][2]}
                for row in rows
            ],
            "any": [row[5] for row in rows],
        },
        dtype=object,
    )
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(frame)
    assert [y for (y,) in predicted(function, rows)] == expected


def test_part_of_a_batch_is_converted_as_the_whole(tmp_path):
    """A failing row is found by predicting slices, which share the memory of the batch."""
    model = Echo(lambda data, _: [repr(list(row)) for row in data.itertuples(index=False)])
    save_python(tmp_path / "m", model, COMPLEX[:5])
    inputs = (
        "v ARRAY<FLOAT>, w ARRAY<ARRAY<BIGINT>>, s ARRAY<STRING>, m MAP<STRING, INT>, "
        "o ROW<x FLOAT, l ARRAY<INT>, n STRING>"
    )
    columns = {
        "v": [[1.0], [2.0, 3.0], [4.0]],
        "w": [[[1], [2]], [[3, 4]], []],
        "s": [["a"], [], ["b", "c"]],
        "m": [[("k", 1)], [("l", 2), ("m", 3)], [("n", 4)]],
        "o": [{"x": 1.0, "l": [1], "n": None}, {"x": 2.0, "l": [], "n": "n"}, {"x": 3.0, "l": [2]}],
    }
    schema = pa.schema(Columns(described(inputs)))
    batch = pa.RecordBatch.from_pydict(columns, schema)
    function = opened(tmp_path / "m", inputs, "y STRING")
    assert function.predict_batch(batch[1:3])["y"] == function.predict_batch(batch)["y"][1:3]


def test_model_without_signature_gets_the_columns_as_they_are(tmp_path):
    """Without a signature, only the types of the columns are known."""
    model = Echo(
        lambda data, _: [str([str(d) for d in data.dtypes] + row) for row in data.values.tolist()]
    )
    save_python(tmp_path / "m", model)
    function = opened(
        tmp_path / "m", "t TINYINT, f FLOAT, g DOUBLE, s STRING, b BOOLEAN", "y STRING"
    )
    expected = "['int8', 'float32', 'float64', 'object', 'bool', 1, 0.5, nan, None, True]"
    assert predicted(function, [(1, 0.5, None, None, True)]) == [(expected,)]
    message = failure(function, (1, 0.5, 1.0, "x", True), (None, 0.5, 1.0, "x", True))
    assert "column 't': NULL cannot be converted to int8" in message


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            "a DOUBLE, b DOUBLE, c DOUBLE",
            "column 'd' is missing. The signature's inputs: a: double, b: double, c: double, "
            "d: double. The model's INPUT: `a` DOUBLE, `b` DOUBLE, `c` DOUBLE",
        ),
        (
            "a DOUBLE, b DOUBLE, c DOUBLE, d1 DOUBLE",
            "no name matches column 'd1'; the nearest is 'd'",
        ),
        ("x DOUBLE, y DOUBLE, z DOUBLE, w DOUBLE", "no name matches column 'x' (left over: 'a', "),
        (f"{IRIS_INPUT}, e DOUBLE", "no name matches column 'e'; columns are matched by name"),
        (
            "a DOUBLE, b DOUBLE, c DOUBLE, d STRING",
            "column 'd' is string, and the signature has float64",
        ),
        ("a DOUBLE, b DOUBLE, c DOUBLE, d BOOLEAN", "column 'd' is bool, and the signature has"),
    ],
)
def test_input_that_does_not_fit_fails_in_open(iris_directory, inputs, message):
    """The message has what the signature takes and what the model declares."""
    with pytest.raises(ModelError) as caught:
        opened(iris_directory, inputs, "label BIGINT")
    assert f"does not fit the signature in '{iris_directory}/MLmodel': {message}" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("spec", "inputs", "message"),
    [
        (TensorSpec(np.dtype("f4"), (-1, 3)), "a DOUBLE, b DOUBLE", "2 columns for a tensor"),
        (TensorSpec(np.dtype("f4"), (-1, 1)), "a STRING", "column 'a' is string"),
        (TensorSpec(np.dtype("f4"), (2, 1)), "a DOUBLE", "its first dimension must be -1 or 1"),
        (TensorSpec(np.dtype("S"), (-1,)), "a STRING", "column 'a' is string, and the tensor has"),
        (TensorSpec(np.dtype("f4"), (-1, -1, -1)), "a ARRAY<FLOAT>", "an ARRAY with 2 levels"),
        (TensorSpec(np.dtype("f4"), (-1, 1), "x"), "a DOUBLE", "no name matches column 'a'"),
        (ColSpec(Map(DataType.string), "a"), "a MAP<INT, STRING>", "the signature has map"),
        (ColSpec(DataType.datetime, "a"), "a TIME(0)", "the signature has datetime"),
        (ColSpec(Array(DataType.long), "a"), "a ARRAY<STRING>", "column 'a[]' is string"),
        (ColSpec(DataType.long), "a INT, b INT", "2 columns for 1 inputs"),
    ],
)
def test_type_that_does_not_fit_fails_in_open(tmp_path, spec, inputs, message):
    """The first row would be too late."""
    save_python(tmp_path / "m", Echo(lambda data, _: data), [spec])
    with pytest.raises(ModelError) as caught:
        opened(tmp_path / "m", inputs, "y DOUBLE")
    assert message in str(caught.value)
