# SPDX-License-Identifier: Apache-2.0
"""C predicts with a booster where it can, and the user may choose."""

import ctypes
import gc
import json
import logging
import threading
import weakref

import lightgbm
import numpy as np
import pytest
import xgboost

from pyflink_ml_embedded._exceptions import ModelError

from .models import (
    INPUT,
    MATRIX,
    ROWS,
    open_trees,
    predicted,
    predicted_in_c,
    sql_rows,
    train_lightgbm,
    train_xgboost,
)

BOTH = pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])
NUMBERS = "age INT, amount BIGINT, score FLOAT, visits BOOLEAN, rate TINYINT"


@BOTH
@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (INPUT, "y DOUBLE"),
        (INPUT.replace("DOUBLE", "FLOAT"), "y FLOAT"),
        ("v ARRAY<DOUBLE>", "y ARRAY<DOUBLE>"),
        ("v ARRAY<FLOAT>", "y ARRAY<FLOAT>"),
    ],
)
def test_rows_do_not_enter_python(tmp_path, train, inputs, outputs):
    """They would wait for the GIL."""
    train(tmp_path / "model")
    rows = sql_rows(ROWS)
    rows = [(list(row),) for row in rows] if "ARRAY" in inputs else rows
    expected = predicted(open_trees(tmp_path, inputs, outputs, engine="python"), rows)
    function = open_trees(tmp_path, inputs, outputs, engine="c")
    assert np.array_equal(predicted_in_c(function, rows), expected)


@BOTH
def test_columns_of_all_numbers_do_not_enter_python(tmp_path, train):
    """Each becomes the number that Python makes of it, also in another order."""
    train(tmp_path / "model")
    inputs = ", ".join(reversed(NUMBERS.split(", ")))
    rows = [(1, True, 0.5, 2**53 + 1, -7), (None,) * 5, (-8, False, -1.5, -3, 2**31 - 1)]
    expected = predicted(open_trees(tmp_path, inputs, engine="python"), rows)
    assert np.array_equal(predicted_in_c(open_trees(tmp_path, inputs, engine="c"), rows), expected)


@BOTH
@pytest.mark.parametrize(
    ("element", "row"),
    [("BOOLEAN", [True, None, False, True, None]), ("DOUBLE", [0.5, None, -1.5, 2.0, None])],
)
def test_null_in_an_array_is_a_missing_value(tmp_path, train, element, row):
    """Only a null among integers is an error."""
    train(tmp_path / "model")
    inputs = f"v ARRAY<{element}>"
    rows = [(row,), (row[::-1],)]
    expected = predicted(open_trees(tmp_path, inputs, engine="python"), rows)
    assert np.array_equal(predicted_in_c(open_trees(tmp_path, inputs, engine="c"), rows), expected)


@pytest.mark.parametrize(
    ("train", "objective"), [(train_lightgbm, "multiclass"), (train_xgboost, "multi:softprob")]
)
def test_large_batches_do_not_enter_python(tmp_path, train, objective):
    """A matrix is written in blocks of rows."""
    train(tmp_path / "model", "classes", objective=objective, num_class=3)
    three = "a DOUBLE, b DOUBLE, c DOUBLE"
    rows = sql_rows(MATRIX)
    expected = predicted(open_trees(tmp_path, outputs=three, engine="python"), rows)
    assert np.array_equal(predicted_in_c(open_trees(tmp_path, outputs=three), rows), expected)


def test_classes_as_integers_do_not_enter_python(tmp_path):
    """XGBoost itself has them as floats."""
    params = {"objective": "multi:softmax", "num_class": 3}
    expected = train_xgboost(tmp_path / "model", "classes", **params).predict(
        xgboost.DMatrix(MATRIX), validate_features=False
    )
    function = open_trees(tmp_path, outputs="y TINYINT", engine="c")
    assert np.array_equal(predicted_in_c(function, sql_rows(MATRIX))[:, 0], expected)


@BOTH
def test_threads_share_a_booster(tmp_path, train):
    """Each subtask predicts on its thread."""
    train(tmp_path / "model")
    rows = sql_rows(MATRIX)
    function = open_trees(tmp_path)
    expected = predicted_in_c(function, rows)
    found = []

    def run():
        found.extend(np.array_equal(predicted_in_c(function, rows), expected) for _ in range(10))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 40


@BOTH
def test_booster_lives_as_long_as_the_engine(tmp_path, train):
    """C uses its memory."""
    train(tmp_path / "model")
    function = open_trees(tmp_path)
    booster = weakref.ref(function._model.native.booster)
    engine = function.engine
    del function
    gc.collect()
    assert booster() is not None
    del engine
    gc.collect()
    assert booster() is None


@BOTH
def test_other_library_than_the_loaded_one_is_refused(tmp_path, train, monkeypatch):
    """It would not know the booster."""
    train(tmp_path / "model")
    module = lightgbm.basic if train is train_lightgbm else xgboost.core
    rows = sql_rows(ROWS)
    expected = predicted(open_trees(tmp_path, engine="c"), rows)
    monkeypatch.setattr(module, "_LIB", _Redirected(module._LIB))
    assert np.array_equal(predicted(open_trees(tmp_path), rows), expected)
    with pytest.raises(ModelError, match=r"C cannot run .*/missing.so' is not loaded. Set it to"):
        open_trees(tmp_path, engine="c")


class _Redirected(ctypes.CDLL):
    """A library that says that it has another path."""

    def __init__(self, library):
        super().__init__(library._name)
        self._name = "/missing.so"

    def __getattr__(self, name):
        function = super().__getattr__(name)
        function.restype = ctypes.c_char_p if name.endswith("Error") else ctypes.c_int
        return function


@pytest.mark.parametrize("booster", ["dart", "gblinear"])
def test_boosters_that_only_python_predicts_with_are_logged(tmp_path, caplog, booster):
    """In C, dart would add its trees in another order, and give other last bits."""
    trained = train_xgboost(tmp_path / "model.json", booster=booster)
    saved = json.loads(trained.save_config())["learner"]["gradient_booster"]["name"]
    if saved != booster:
        pytest.skip("from version 3.4 on, XGBoost saves dart as gbtree")
    with caplog.at_level(logging.INFO, "pyflink_ml_embedded"):
        open_trees(tmp_path)
    assert f"is run by Python: C does not predict with the booster '{booster}'" in caplog.text
    with pytest.raises(ModelError, match=f"C cannot run .* '{booster}'. Set it to auto or python"):
        open_trees(tmp_path, engine="c")


def test_columns_that_only_python_converts_are_logged(tmp_path, caplog):
    """The reason is what to change."""
    train_lightgbm(tmp_path / "model.txt")
    with caplog.at_level(logging.INFO, "pyflink_ml_embedded"):
        open_trees(tmp_path, INPUT.replace("age DOUBLE", "age DECIMAL(5, 2)"))
        open_trees(tmp_path)
    reasons = [record.message.partition(" is run ")[2] for record in caplog.records]
    assert reasons == ["by Python: column 'age' is a DECIMAL", "without Python"]
