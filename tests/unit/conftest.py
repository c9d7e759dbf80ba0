"""What several of the tests need."""

import gc
import os

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read by the first import of mlflow


@pytest.fixture(scope="session")
def iris():
    """Returns features as MLflow gets them, and a classifier."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    features, labels = load_iris(return_X_y=True, as_frame=True)
    features.columns = ["a", "b", "c", "d"]
    return features, LogisticRegression(max_iter=1000).fit(features, labels)


@pytest.fixture(scope="session")
def iris_directory(iris, tmp_path_factory):
    """Returns the directory of the classifier as MLflow model, with a signature and an example."""
    from mlflow.models import infer_signature

    from .mlflow_models import save_sklearn

    features, model = iris
    path = tmp_path_factory.mktemp("iris") / "model"
    signature = infer_signature(features, model.predict(features))
    save_sklearn(path, model, signature=signature, input_example=features.head(2))
    return path


@pytest.fixture(scope="module", autouse=True)
def quick_collections():
    """Leaves the objects of torch and other libraries out of the collection of each close."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
