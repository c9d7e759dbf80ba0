# SPDX-License-Identifier: Apache-2.0
"""A classifier that MLflow saved, which several of the tests open."""

import pytest
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from .models import save_sklearn


@pytest.fixture(scope="session")
def iris():
    """Returns features as MLflow gets them, and a classifier."""
    features, labels = load_iris(return_X_y=True, as_frame=True)
    features.columns = ["a", "b", "c", "d"]
    return features, LogisticRegression(max_iter=1000).fit(features, labels)


@pytest.fixture(scope="session")
def iris_directory(iris, tmp_path_factory):
    """Returns the directory of the classifier, saved with a signature and an example."""
    features, model = iris
    path = tmp_path_factory.mktemp("iris") / "model"
    signature = infer_signature(features, model.predict(features))
    save_sklearn(path, model, signature=signature, input_example=features.head(2))
    return path
