# SPDX-License-Identifier: Apache-2.0
"""Trained models of LightGBM and XGBoost, and ways to open and run them."""

import contextvars
from types import SimpleNamespace

import lightgbm
import numpy as np
import pandas as pd
import xgboost

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._native import OpenFunction
from pyflink_ml_embedded._schema import describe_column
from pyflink_ml_embedded.models.trees import TreesPredictFunction

from ..onnx.models import by_batch, by_row, context

FEATURES = ["age", "amount", "score", "visits", "rate"]
INPUT = ", ".join(f"{name} DOUBLE" for name in FEATURES)
_random = np.random.default_rng(7)
# A tenth of the values is missing. They fit FLOAT, so that both libraries compute with the same.
MATRIX = _random.normal(size=(300, len(FEATURES))).astype(np.float32).astype(np.float64)
MATRIX[_random.random(MATRIX.shape) < 0.1] = np.nan
SUMS = np.nansum(MATRIX, axis=1)
TARGETS = {
    "number": SUMS,
    "binary": (SUMS > 0).astype(int),
    "classes": np.digitize(SUMS, [-1, 1]),
    "pair": np.column_stack([SUMS, -SUMS]),
}
ROWS = MATRIX[:40]


def train_lightgbm(path, target="number", rounds=8, **params):
    """Trains a booster, saves it as a file, and returns it."""
    data = lightgbm.Dataset(
        MATRIX,
        TARGETS[target],
        feature_name=FEATURES,
        group=[30] * 10 if "rank" in params.get("objective", "") else None,
    )
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, **params}, data, rounds)
    booster.save_model(path)
    return booster


def train_xgboost(path, target="number", rounds=8, **params):
    """Trains a booster, saves it as a file, and returns it."""
    data = xgboost.DMatrix(MATRIX, TARGETS[target], feature_names=FEATURES)
    if "rank" in params.get("objective", ""):
        data.set_group([30] * 10)
    booster = xgboost.train({"nthread": 1, "max_depth": 3, **params}, data, rounds)
    booster.save_model(path)
    return booster


def shops():
    """Returns a DataFrame with categories of texts, integers and booleans, and a target."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": random.normal(size=300),
            "city": pd.Categorical(random.choice(["Rom", "Bonn", "Oslo"], 300)),
            "size": pd.Categorical(random.choice([1, 5, 900], 300)),
            "is_new": random.random(300) > 0.5,
        }
    )
    return frame, frame["city"].cat.codes * 3 + frame["size"].cat.codes + frame["x"]


def open_trees(directory, inputs=INPUT, outputs="y DOUBLE", **properties):
    """Opens the model of a directory for these columns.

    Each row that is predicted goes through C and through Python, which must agree.
    """
    function = TreesPredictFunction()
    function.input_schema = Schema.parse(inputs)
    function.output_schema = Schema.parse(outputs)
    function.open(context(directory, inputs, outputs, **properties))
    function.in_c = function
    function.engine = function.make_engine()
    return function


def sql_rows(matrix):
    """Returns the rows of a matrix, with None for NaN."""
    return [tuple(None if np.isnan(v) else v for v in row) for row in matrix.tolist()]


def predicted(function, rows):
    """Returns the results of rows as a matrix; those of a batch must be the same."""
    given = by_row(function, rows)
    assert np.array_equal(_matrix(given), _matrix(by_batch(function, rows)))
    return _matrix(given)


def predicted_in_c(function, rows):
    """Returns the results of rows that must not enter Python, one by one and in a batch."""

    def predict(row):
        raise AssertionError("the engine has declined a row")

    in_python = SimpleNamespace(predict=predict)
    schemas = (function.input_schema, function.output_schema)
    columns = [[describe_column(field.name, field.type) for field in schema] for schema in schemas]
    variables = contextvars.Context()
    in_rows, in_batch = (
        OpenFunction(in_python, "m", *columns, variables, True, size, engine=function.make_engine())
        for size in (0, len(rows))
    )
    singles = _matrix([tuple(result) for row in rows for result in in_rows(row)])
    batch = _matrix([tuple(result) for (result,) in in_batch.predict_batch(rows)])
    assert np.array_equal(singles, batch)
    return batch


def _matrix(results):
    return np.array([np.concatenate([np.atleast_1d(value) for value in row]) for row in results])
