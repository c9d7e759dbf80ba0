# SPDX-License-Identifier: Apache-2.0
"""Categorical features take the categories of the training, or the model is refused."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from pyflink_ml_embedded._exceptions import ConversionError, ModelError

from .models import by_batch, by_row, open_trees, predicted, predicted_in_c, shops

INPUT = "`size` SMALLINT, city STRING, x DOUBLE, is_new BOOLEAN"


def train_lightgbm(path, frame, target):
    """Trains a booster, saves it as a file, and returns its predict."""
    params = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    booster = lightgbm.train(params, lightgbm.Dataset(frame, target), 8)
    booster.save_model(path)
    return booster.predict


def train_xgboost(path, frame, target):
    """Trains a booster, saves it as a file, and returns its predict."""
    data = xgboost.DMatrix(frame, target, enable_categorical=True)
    booster = xgboost.train({"nthread": 1}, data, 8)
    booster.save_model(path)
    return lambda frame: booster.predict(xgboost.DMatrix(frame, enable_categorical=True))


BOTH = pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])


def rows_of(frame):
    """Returns the rows for INPUT."""
    columns = (frame[name].tolist() for name in ("size", "city", "x", "is_new"))
    return list(zip(*columns, strict=True))


@BOTH
def test_columns_have_the_categories_themselves(tmp_path, train):
    """The user knows no codes."""
    frame, target = shops()
    predict = train(tmp_path / "model", frame, target)
    function = open_trees(tmp_path, INPUT)
    rows = rows_of(frame.head(40))
    expected = predict(frame.head(40))
    assert np.array_equal(predicted(function, rows)[:, 0], expected)
    assert np.array_equal(predicted_in_c(function, rows)[:, 0], expected)


@BOTH
def test_null_is_a_missing_category(tmp_path, train):
    """As a missing value of the DataFrame is."""
    frame, target = shops()
    predict = train(tmp_path / "model", frame, target)
    missing = frame.head(1).assign(city=pd.Categorical([None], frame["city"].cat.categories))
    row = (rows_of(frame)[0][0], None, *rows_of(frame)[0][2:])
    assert predicted(open_trees(tmp_path, INPUT), [row])[0] == predict(missing)


def test_unknown_category_is_missing_for_lightgbm(tmp_path):
    """LightGBM treats it so itself."""
    frame, target = shops()
    train_lightgbm(tmp_path / "model", frame, target)
    function = open_trees(tmp_path, INPUT)
    unknown, missing = (1, "Paris", 0.5, True), (1, None, 0.5, True)
    assert predicted(function, [unknown]) == predicted(function, [missing])


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_unknown_category_fails_the_row_for_xgboost(tmp_path, predict):
    """XGBoost itself takes it for another category."""
    frame, target = shops()
    train_xgboost(tmp_path / "model", frame, target)
    with pytest.raises(ConversionError, match=r"column 'city'.*not one of the 3 categories"):
        predict(open_trees(tmp_path, INPUT), [(1, "Paris", 0.5, True)])


def test_warm_up_row_has_known_categories(tmp_path):
    """An unknown one would fail."""
    frame, target = shops()
    train_xgboost(tmp_path / "model", frame, target)
    function = open_trees(tmp_path, INPUT)
    predicted(function, [tuple(function.warm_up_row())])


@BOTH
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (INPUT.replace("city STRING", "city INT"), "'city' is INT, .* Python type str: use STRING"),
        (INPUT.replace("SMALLINT", "STRING"), "'size' is STRING, .* Python type int: use BIGINT"),
        ("v ARRAY<DOUBLE>", "the features 'city', 'size' are categorical"),
    ],
)
def test_columns_of_other_types_than_the_categories_are_refused(tmp_path, train, inputs, message):
    """Codes instead of categories would give wrong values without an error."""
    train(tmp_path / "model", *shops())
    with pytest.raises(ModelError, match=message):
        open_trees(tmp_path, inputs)


def test_categories_that_the_file_does_not_have_are_refused(tmp_path):
    """Only the training knows what the codes stand for."""
    codes = np.random.default_rng(1).integers(0, 3, (100, 1))
    data = xgboost.DMatrix(codes, codes[:, 0], feature_names=["city"], feature_types=["c"])
    xgboost.train({"nthread": 1}, data, 2).save_model(tmp_path / "model.json")
    with pytest.raises(ModelError, match=r"'city' of .* does not have their categories: train"):
        open_trees(tmp_path, "city INT")


def test_categories_that_xgboost_saves_wrongly_are_refused(tmp_path):
    """XGBoost 3.2 cuts texts with other characters than ASCII at the wrong places."""
    frame, target = shops()
    train_xgboost(
        tmp_path / "model.json",
        frame.assign(city=frame["city"].cat.rename_categories({"Bonn": "Köln"})),
        target,
    )
    with pytest.raises(ModelError, match=r"'city' of .* other characters than ASCII"):
        open_trees(tmp_path, INPUT)


def test_category_features_without_pandas_are_numbers(tmp_path):
    """LightGBM was trained with the integers themselves."""
    codes = np.random.default_rng(1).integers(0, 9, (300, 2)).astype(float)
    data = lightgbm.Dataset(codes, codes[:, 0] % 3, categorical_feature=[0])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}, data, 5)
    booster.save_model(tmp_path / "model.txt")
    rows = [tuple(map(int, row)) for row in codes[:20]]
    given = predicted(open_trees(tmp_path, "a INT, b INT"), rows)
    assert np.array_equal(given[:, 0], booster.predict(codes[:20]))
