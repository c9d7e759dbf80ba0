# SPDX-License-Identifier: Apache-2.0
"""Boosted trees predict in both paths, bit by bit, what their library predicts."""

import numpy as np
import pytest
import xgboost

from pyflink_ml_embedded._exceptions import ModelError

from .models import (
    FEATURES,
    MATRIX,
    ROWS,
    TARGETS,
    open_trees,
    predicted,
    predicted_in_c,
    sql_rows,
    train_lightgbm,
    train_xgboost,
)

THREE = "a DOUBLE, b DOUBLE, c DOUBLE"
LIGHTGBM = {
    "regression": ({}, "number", "y DOUBLE"),
    "binary": ({"objective": "binary"}, "binary", "y DOUBLE"),
    "multiclass": ({"objective": "multiclass", "num_class": 3}, "classes", THREE),
    "one against all": (
        {"objective": "multiclassova", "num_class": 3},
        "classes",
        "y ARRAY<DOUBLE>",
    ),
    "dart": ({"boosting": "dart", "drop_rate": 0.5}, "number", "y DOUBLE"),
    "random forest": (
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        "number",
        "y DOUBLE",
    ),
    "linear leaves": ({"linear_tree": True}, "number", "y DOUBLE"),
    "ranking": ({"objective": "lambdarank"}, "classes", "y DOUBLE"),
}
XGBOOST = {
    "regression": ({}, "number", "y FLOAT"),
    "binary": ({"objective": "binary:logistic"}, "binary", "y DOUBLE"),
    "probabilities": ({"objective": "multi:softprob", "num_class": 3}, "classes", THREE),
    "array": ({"objective": "multi:softprob", "num_class": 3}, "classes", "y ARRAY<FLOAT>"),
    "class": ({"objective": "multi:softmax", "num_class": 3}, "classes", "y INT"),
    "hinge": ({"objective": "binary:hinge"}, "binary", "y BIGINT"),
    "dart": ({"booster": "dart", "rate_drop": 0.5}, "number", "y FLOAT"),
    "linear": ({"booster": "gblinear"}, "number", "y FLOAT"),
    "forest": ({"num_parallel_tree": 3, "subsample": 0.5}, "number", "y FLOAT"),
    "ranking": ({"objective": "rank:pairwise"}, "classes", "y FLOAT"),
    "two targets": ({"multi_strategy": "multi_output_tree"}, "pair", "a FLOAT, b FLOAT"),
}


@pytest.mark.parametrize("kind", LIGHTGBM)
@pytest.mark.parametrize("output", ["prediction", "raw"])
def test_results_are_those_of_lightgbm(tmp_path, kind, output):
    """The user has tested the model with its library."""
    params, target, outputs = LIGHTGBM[kind]
    booster = train_lightgbm(tmp_path / "model.txt", target, **params)
    function = open_trees(tmp_path, outputs=outputs, output=output)
    expected = booster.predict(ROWS, raw_score=output == "raw").reshape(len(ROWS), -1)
    assert np.array_equal(predicted(function, sql_rows(ROWS)), expected)
    if function.engine is not None:
        assert np.array_equal(predicted_in_c(function, sql_rows(ROWS)), expected)


@pytest.mark.parametrize("kind", XGBOOST)
@pytest.mark.parametrize("suffix", ["json", "ubj"])
def test_results_are_those_of_xgboost(tmp_path, kind, suffix):
    """The user has tested the model with its library."""
    params, target, outputs = XGBOOST[kind]
    booster = train_xgboost(tmp_path / f"model.{suffix}", target, **params)
    function = open_trees(tmp_path, outputs=outputs)
    expected = booster.predict(xgboost.DMatrix(ROWS), validate_features=False).reshape(
        len(ROWS), -1
    )
    assert np.array_equal(predicted(function, sql_rows(ROWS)), expected)
    if function.engine is not None:
        assert np.array_equal(predicted_in_c(function, sql_rows(ROWS)), expected)


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_raw_results_are_the_margins_of_xgboost(tmp_path, booster):
    """A class of multi:softmax has a margin for each class."""
    params = {"objective": "multi:softmax", "num_class": 3, "booster": booster}
    trained = train_xgboost(tmp_path / "model.json", "classes", **params)
    function = open_trees(tmp_path, outputs=THREE, output="raw")
    expected = trained.predict(xgboost.DMatrix(ROWS), output_margin=True, validate_features=False)
    assert np.array_equal(predicted(function, sql_rows(ROWS)), expected)
    if function.engine is not None:
        assert np.array_equal(predicted_in_c(function, sql_rows(ROWS)), expected)


@pytest.mark.parametrize("is_estimator", [True, False])
@pytest.mark.parametrize("iterations", [None, "all", "best"])
def test_early_stopping_is_that_of_the_class_that_saved_the_file(
    tmp_path, is_estimator, iterations
):
    """Estimators of XGBoost predict with the best iteration, and Booster with all."""
    classifier = xgboost.XGBClassifier(
        n_estimators=60, max_depth=4, early_stopping_rounds=5, n_jobs=1
    )
    target = TARGETS["binary"]
    classifier.fit(
        MATRIX[:200], target[:200], eval_set=[(MATRIX[200:], target[200:])], verbose=False
    )
    booster = classifier.get_booster()
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    (classifier if is_estimator else booster).save_model(tmp_path / "model.ubj")
    properties = {} if iterations is None else {"iterations": iterations}
    function = open_trees(tmp_path, **properties)
    given = predicted(function, sql_rows(ROWS))
    assert np.array_equal(predicted_in_c(function, sql_rows(ROWS)), given)
    if iterations == "best" or (is_estimator and iterations is None):
        assert np.array_equal(given[:, 0], classifier.predict_proba(ROWS)[:, 1])
    else:
        assert np.array_equal(given[:, 0], booster.predict(xgboost.DMatrix(ROWS)))


def test_best_iteration_needs_early_stopping(tmp_path):
    """The option would have no effect."""
    train_xgboost(tmp_path / "model.json")
    with pytest.raises(ModelError, match=r"'best', but .* was trained without early stopping"):
        open_trees(tmp_path, iterations="best")


def test_iterations_are_refused_for_lightgbm(tmp_path):
    """Its files have only the best."""
    train_lightgbm(tmp_path / "model.txt")
    with pytest.raises(ModelError, match=r"'properties.iterations' has no effect on .* LightGBM"):
        open_trees(tmp_path, iterations="best")


@pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])
def test_threads_give_the_same_results(tmp_path, train):
    """A batch is divided between them."""
    train(tmp_path / "model")
    one, two = (open_trees(tmp_path, threads=threads) for threads in ("1", "2"))
    rows = sql_rows(MATRIX[:70])
    assert np.array_equal(predicted(one, rows), predicted(two, rows))


@pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])
def test_all_number_types_are_features(tmp_path, train):
    """NULL is missing in each of them."""
    train(tmp_path / "model")
    types = ["TINYINT", "DECIMAL(6, 2)", "FLOAT", "BOOLEAN", "BIGINT"]
    inputs = ", ".join(f"{name} {kind}" for name, kind in zip(FEATURES, types, strict=True))
    rows = [(1, "0.25", -0.5, True, 3), (None,) * 5, (-2, "1.5", 0.25, False, -1)]
    from decimal import Decimal

    typed = [(a, b and Decimal(b), c, d, e) for a, b, c, d, e in rows]
    numbers = np.array([[np.nan if v is None else float(v) for v in row] for row in rows])
    given = predicted(open_trees(tmp_path, inputs), typed)
    assert np.array_equal(given, predicted(open_trees(tmp_path), sql_rows(numbers)))


@pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])
@pytest.mark.parametrize("element", ["DOUBLE", "FLOAT", "DECIMAL(10, 9)"])
def test_one_array_has_all_features(tmp_path, train, element):
    """A vector of features needs no column for each."""
    from decimal import Decimal

    train(tmp_path / "model")
    rows = sql_rows(np.round(ROWS * 8) / 8)
    arrays = [
        ([None if v is None else Decimal(v) if "DEC" in element else v for v in row],)
        for row in rows
    ]
    given = predicted(open_trees(tmp_path, f"v ARRAY<{element}>"), arrays)
    assert np.array_equal(given, predicted(open_trees(tmp_path), rows))
