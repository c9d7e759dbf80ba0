# SPDX-License-Identifier: Apache-2.0
"""LightGBM models with categorical columns predict what LightGBM predicts."""

import mlflow.lightgbm
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, TensorSpec
from mlflow.types import Schema as MlflowSchema

from pyflink_ml_embedded import ConversionError

from .models import IRIS_INPUT, opened, paths, predicted, save_sklearn

lightgbm = pytest.importorskip("lightgbm")

KINDS = {"x": "double", "city": "string", "size": "long", "a b": "double"}
SIGNATURE = ModelSignature(MlflowSchema([ColSpec(kind, name) for name, kind in KINDS.items()]))
INPUT = "x DOUBLE, city STRING, `size` INT, `a b` DOUBLE"


@pytest.fixture(scope="module")
def shops():
    """Returns features with categories of text and of numbers, and a regressor."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": random.normal(size=300),
            "city": pd.Categorical(random.choice(["Rom", "Bonn", "Köln"], 300)),
            "size": pd.Categorical(random.choice([1, 5, 9], 300)),
            "a b": random.normal(size=300),
        }
    )
    target = frame["city"].cat.codes * 3 + frame["size"].astype(int) + frame["x"]
    model = lightgbm.LGBMRegressor(n_estimators=10, min_child_samples=5, verbose=-1)
    return frame, model.fit(frame, target)


def save_booster(path, model, **options):
    """Saves the booster of an estimator."""
    mlflow.lightgbm.save_model(model.booster_, str(path), pip_requirements=[], **options)


@pytest.mark.parametrize("save", [save_booster, save_sklearn])
@pytest.mark.parametrize("signature", [None, SIGNATURE])
def test_categories_are_those_of_the_training(shops, tmp_path, save, signature):
    """LightGBM refuses texts, MLflow refuses categorical columns, and INPUT has another order."""
    frame, model = shops
    save(tmp_path / "m", model, signature=signature)
    function = opened(
        tmp_path / "m", "`size` BIGINT, city STRING, `A b` DOUBLE, x DOUBLE", "y DOUBLE"
    )
    columns = (frame["size"].astype(int), frame["city"], frame["a b"], frame["x"])
    given = predicted(function, list(zip(*columns, strict=True))[:20])
    assert [y for (y,) in given] == pytest.approx(model.predict(frame.head(20)).tolist())


def test_features_without_signature_are_matched_by_name(iris, tmp_path):
    """By position, INPUT in another order would give wrong values without an error."""
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(
        iris[0], iris[1].predict(iris[0])
    )
    save_sklearn(tmp_path / "m", model, pyfunc_predict_fn="predict_proba")
    function = opened(
        tmp_path / "m", "d DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", "x DOUBLE, y DOUBLE, z DOUBLE"
    )
    rows = [(d, b, a, c) for a, b, c, d in iris[0].to_numpy().tolist()[::30]]
    assert predicted(function, rows) == [
        tuple(row) for row in model.predict_proba(iris[0])[::30].tolist()
    ]


def test_tensor_is_given_as_it_is(iris, tmp_path):
    """Its columns have no names."""
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)
    model.fit(iris[0], iris[1].predict(iris[0]))
    tensor = ModelSignature(MlflowSchema([TensorSpec(np.dtype("float64"), (-1, 4))]))
    save_sklearn(tmp_path / "m", model, signature=tensor)
    rows = iris[0].to_numpy().tolist()[::30]
    function = opened(tmp_path / "m", IRIS_INPUT, "label BIGINT")
    assert [y for (y,) in predicted(function, rows)] == model.predict(iris[0])[::30].tolist()


def test_unknown_category_is_missing(shops, tmp_path):
    """LightGBM treats it so itself."""
    frame, model = shops
    save_booster(tmp_path / "m", model, signature=SIGNATURE)
    function = opened(tmp_path / "m", INPUT, "y DOUBLE")
    unknown = frame.head(1).assign(city=pd.Categorical([None], categories=["Rom"]))
    row = (frame["x"][0], "Paris", int(frame["size"][0]), frame["a b"][0])
    assert predicted(function, [row]) == [(pytest.approx(model.predict(unknown)[0]),)]


def test_features_that_almost_match_are_refused(shops, tmp_path):
    """LightGBM matches features by position only."""
    save_booster(tmp_path / "m", shops[1])
    by_row, _ = paths(opened(tmp_path / "m", INPUT.replace("city", "town"), "y DOUBLE"))
    with pytest.raises(ConversionError, match="INPUT does not fit the LightGBM model"):
        by_row((1.0, "Rom", 1, 1.0))
