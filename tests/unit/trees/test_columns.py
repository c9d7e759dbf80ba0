# SPDX-License-Identifier: Apache-2.0
"""The columns of INPUT and OUTPUT are matched with a model's features and results, or refused."""

import numpy as np
import pytest

from pyflink_ml_embedded._exceptions import ConversionError, ModelError

from .models import (
    INPUT,
    ROWS,
    by_batch,
    by_row,
    open_trees,
    predicted,
    sql_rows,
    train_lightgbm,
    train_xgboost,
)

BOTH = pytest.mark.parametrize("train", [train_lightgbm, train_xgboost])


@BOTH
def test_features_are_matched_by_name(tmp_path, train):
    """In the order of the columns, values would be wrong without an error."""
    train(tmp_path / "model")
    other = [4, 2, 0, 1, 3]
    names = [INPUT.split(", ")[index].upper() for index in other]
    given = predicted(open_trees(tmp_path, ", ".join(names)), sql_rows(ROWS[:, other]))
    assert np.array_equal(given, predicted(open_trees(tmp_path), sql_rows(ROWS)))


@BOTH
def test_features_are_matched_by_position_where_no_name_matches(tmp_path, train):
    """A model that was trained with a matrix has names that nobody gave."""
    train(tmp_path / "model")
    function = open_trees(tmp_path, "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE, e DOUBLE")
    expected = predicted(open_trees(tmp_path), sql_rows(ROWS))
    assert np.array_equal(predicted(function, sql_rows(ROWS)), expected)


@BOTH
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            INPUT.replace("amount", "amuont"),
            "no name matches column 'amuont'; the nearest is 'amount'.*features: 'age', 'amount'",
        ),
        (
            INPUT.replace(", rate DOUBLE", ""),
            "there are 4 columns for 5 features, and none has the name of the feature 'rate'",
        ),
        ("a DOUBLE, b DOUBLE", "there are 2 columns for 5 features. The file's"),
        (INPUT.replace("age DOUBLE", "age STRING"), "'age' is STRING, and the feature .* number"),
        ("v ARRAY<STRING>", "column 'v' is ARRAY<STRING>, and the features are numbers"),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path, train, inputs, message):
    """The message has what to change."""
    train(tmp_path / "model")
    with pytest.raises(ModelError, match=f"INPUT does not fit .*{message}"):
        open_trees(tmp_path, inputs)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ("a DOUBLE, b DOUBLE", "has 3 results for a row: use 3 columns of FLOAT or DOUBLE, or one"),
        ("a DOUBLE, b DOUBLE, c BIGINT", "The model's OUTPUT: .*`c` BIGINT"),
        ("a ARRAY<STRING>", "one ARRAY<DOUBLE>"),
    ],
)
def test_results_that_do_not_fit_are_refused(tmp_path, outputs, message):
    """A multiclass model has a probability for each class."""
    train_xgboost(tmp_path / "model", "classes", objective="multi:softprob", num_class=3)
    with pytest.raises(ModelError, match=f"OUTPUT does not fit .*{message}"):
        open_trees(tmp_path, outputs=outputs)


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("number", [float("inf"), -1e39])
def test_infinity_fails_the_row_for_xgboost(tmp_path, predict, number):
    """Booster.predict refuses it too."""
    train_xgboost(tmp_path / "model")
    with pytest.raises(ConversionError, match=r"column 'score'.*infinity.*feature 'score'"):
        predict(open_trees(tmp_path), [(1.0, 1.0, number, 1.0, 1.0)])


@pytest.mark.parametrize("number", [float("inf"), -1e39])
def test_infinity_is_a_feature_of_lightgbm(tmp_path, number):
    """LightGBM takes it itself."""
    row = (1.0, 1.0, number, 1.0, 1.0)
    expected = train_lightgbm(tmp_path / "model").predict(np.array([row]))
    assert predicted(open_trees(tmp_path), [row])[0] == expected


@BOTH
@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("element", "array", "message"),
    [
        ("DOUBLE", None, "NULL cannot fill the features"),
        ("DOUBLE", [1.0] * 4, "an ARRAY of 4 elements cannot fill the 5 features"),
        ("INT", [1, 2, None, 4, 5], "(NULL|null)"),
    ],
)
def test_array_that_does_not_fit_fails_its_row(tmp_path, train, predict, element, array, message):
    """The other rows of a batch are predicted."""
    train(tmp_path / "model")
    with pytest.raises(ConversionError, match=rf"column 'v.*{message}"):
        predict(open_trees(tmp_path, f"v ARRAY<{element}>"), [(array,)])
