# SPDX-License-Identifier: Apache-2.0
"""The columns of a model file are found in it, and it opens with them."""

import lightgbm
import numpy as np
import pytest
import xgboost

from pyflink_ml_embedded._inference import infer_schema

from .models import FEATURES, MATRIX, SUMS, open_trees, shops, train_lightgbm, train_xgboost


def inferred(directory, **properties):
    """Returns the columns of a directory, after opening it with them."""
    schema = infer_schema(directory, {f"properties.{k}": text for k, text in properties.items()})
    open_trees(directory, schema.inputs, schema.outputs, **properties)
    return schema.inputs, schema.outputs


@pytest.mark.parametrize(
    ("train", "target", "params", "outputs"),
    [
        (train_lightgbm, "number", {}, "`prediction` DOUBLE"),
        (
            train_lightgbm,
            "classes",
            {"objective": "multiclass", "num_class": 3},
            "`predictions` ARRAY<DOUBLE>",
        ),
        (train_xgboost, "binary", {"objective": "binary:logistic"}, "`prediction` FLOAT"),
        (
            train_xgboost,
            "classes",
            {"objective": "multi:softmax", "num_class": 3},
            "`prediction` INT",
        ),
        (train_xgboost, "pair", {}, "`predictions` ARRAY<FLOAT>"),
    ],
)
def test_features_and_results_are_columns(tmp_path, train, target, params, outputs):
    """The file has the names of features, and the objective decides how many results there are."""
    train(tmp_path / "model", target, 2, **params)
    assert inferred(tmp_path) == (", ".join(f"`{name}` DOUBLE" for name in FEATURES), outputs)


def test_categories_decide_the_types(tmp_path):
    """A code in place of a category would predict nonsense."""
    frame, target = shops()
    model = lightgbm.train({"verbose": -1}, lightgbm.Dataset(frame, target), 2)
    model.save_model(tmp_path / "model.txt")
    assert inferred(tmp_path)[0] == "`x` DOUBLE, `city` STRING, `size` BIGINT, `is_new` DOUBLE"


@pytest.mark.parametrize("library", [lightgbm, xgboost])
def test_features_without_names_are_one_array(tmp_path, library):
    """Nothing else says what they are."""
    if library is lightgbm:
        model = lightgbm.train({"verbose": -1}, lightgbm.Dataset(MATRIX, SUMS), 2)
    else:
        model = xgboost.train({}, xgboost.DMatrix(MATRIX, np.asarray(SUMS)), 2)
    model.save_model(tmp_path / "model.json")
    assert inferred(tmp_path)[0] == "`features` ARRAY<DOUBLE>"


def test_file_whose_results_are_unknown_is_refused(tmp_path):
    """The runtime's message says how to open the file at all."""
    train_lightgbm(tmp_path / "model", rounds=2)
    with pytest.raises(ValueError, match=r"cannot be inferred: .*'properties.iterations' has no"):
        infer_schema(tmp_path, {"properties.iterations": "all"})
