# SPDX-License-Identifier: Apache-2.0
"""Without allow-pickle, no file of an MLflow model is unpickled."""

import importlib
import os
import pickle
import sys

import mlflow.pyfunc
import pytest

from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from ..requests import make_request
from .models import IRIS_INPUT, save_python, save_sklearn

REFUSED = r"is loaded by pickle.*, and the option 'allow-pickle', or 'ml.generic-python.allow-pickl"


class Opener:
    """Creates a directory when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (os.environ["OPENED"],)


@pytest.fixture
def unpickled(tmp_path, monkeypatch):
    """The directory that an Opener creates."""
    path = tmp_path / "unpickled"
    monkeypatch.setenv("OPENED", str(path))
    return path


def open_and_close(directory, inputs, outputs, **changes):
    """Opens a model as a job does."""
    close_function(open_function(make_request(directory, inputs, outputs, **changes)))


@pytest.mark.parametrize("serialization_format", ["pickle", "cloudpickle"])
def test_sklearn_model_is_refused_before_it_is_read(
    iris, tmp_path, unpickled, serialization_format
):
    """The error of a file that was read would come too late."""
    directory = tmp_path / "m"
    save_sklearn(directory, iris[1], serialization_format=serialization_format)
    (directory / "model.pkl").write_bytes(pickle.dumps(Opener()))
    columns = (directory, IRIS_INPUT, "label BIGINT")
    with pytest.raises(DescribedError, match=REFUSED):
        open_and_close(*columns, allow_pickle=False)
    assert not unpickled.exists()
    with pytest.raises(DescribedError, match="has no method 'predict'"):
        open_and_close(*columns)
    assert unpickled.exists()


def test_python_model_is_refused(tmp_path):
    """MLflow pickles the object of a PythonModel."""

    class Doubled(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    save_python(tmp_path / "m", Doubled())
    columns = (tmp_path / "m", "x DOUBLE", "y DOUBLE")
    open_and_close(*columns)
    with pytest.raises(DescribedError, match=r"'mlflow\.pyfunc\.model' may load it so"):
        open_and_close(*columns, allow_pickle=False)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_boosters_are_data_and_estimators_of_lightgbm_are_not(iris, tmp_path, library):
    """MLflow saves estimators of LightGBM by cloudpickle or skops, and those of XGBoost as JSON."""
    package = pytest.importorskip(library)
    flavor = importlib.import_module(f"mlflow.{library}")
    features = iris[0]
    labels = iris[1].predict(features)
    kind = "LGBMClassifier" if library == "lightgbm" else "XGBClassifier"
    estimator = getattr(package, kind)(n_estimators=2).fit(features, labels)
    booster = estimator.booster_ if library == "lightgbm" else estimator.get_booster()
    flavor.save_model(booster, str(tmp_path / "booster"), pip_requirements=[])
    options = {"serialization_format": "cloudpickle"} if library == "lightgbm" else {}
    flavor.save_model(estimator, str(tmp_path / "estimator"), pip_requirements=[], **options)
    open_and_close(tmp_path / "booster", IRIS_INPUT, "p ARRAY<DOUBLE>", allow_pickle=False)
    columns = (tmp_path / "estimator", IRIS_INPUT, "label BIGINT")
    if library == "xgboost":
        open_and_close(*columns, allow_pickle=False)
        return
    with pytest.raises(DescribedError, match=r"'mlflow\.lightgbm' may load it so"):
        open_and_close(*columns, allow_pickle=False)


@pytest.mark.parametrize("key", ["code", "data", "model_path"])
@pytest.mark.parametrize("path", ["../elsewhere", "/elsewhere", "a/../../elsewhere"])
def test_paths_in_mlmodel_stay_in_the_directory(iris_directory, tmp_path, key, path):
    """Code and files of another model, or of the host, are not part of this one."""
    text = (iris_directory / "MLmodel").read_text()
    text = text.replace("  python_function:\n", f"  python_function:\n    {key}: {path}\n")
    if key == "model_path":
        text = text.replace("    model_path: model.pkl\n", "")
    (tmp_path / "MLmodel").write_text(text)
    before = list(sys.path)
    with pytest.raises(DescribedError, match=rf"has the path '{path}', which leaves the model's"):
        open_and_close(tmp_path, IRIS_INPUT, "label BIGINT")
    assert sys.path == before
