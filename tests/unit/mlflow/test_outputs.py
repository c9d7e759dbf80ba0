# SPDX-License-Identifier: Apache-2.0
"""Columns of OUTPUT that the model cannot fill are refused when it is opened."""

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, TensorSpec
from mlflow.types import Schema as MlflowSchema

from pyflink_ml_embedded._exceptions import ModelError

from .models import IRIS_INPUT, Echo, opened, predicted, save_python, save_sklearn


def saved(path, outputs, compute=None, **options):
    """Saves a model with these outputs in its signature; without a function it cannot predict."""
    signature = ModelSignature(MlflowSchema([ColSpec("double", "x")]), MlflowSchema(outputs))
    mlflow.pyfunc.save_model(
        str(path),
        python_model=Echo(compute),
        signature=signature,
        pip_requirements=[],
        **options,
    )
    return path


NAMED = [ColSpec("double", "score"), ColSpec("string", "label")]


@pytest.mark.parametrize(
    ("outputs", "columns"),
    [
        (NAMED, "label STRING, scor DOUBLE"),
        (NAMED, "a DOUBLE"),
        (NAMED, "a DOUBLE, b STRING, c STRING"),
        ([ColSpec("double")], "a DOUBLE, b DOUBLE"),
        ([TensorSpec(np.dtype("f8"), (-1,))], "a DOUBLE, b DOUBLE"),
        ([TensorSpec(np.dtype("f8"), (-1, 3))], "a DOUBLE, b DOUBLE"),
    ],
)
def test_output_that_does_not_fit_the_signature_fails_in_open(tmp_path, outputs, columns):
    """The first row may come hours after the job has started."""
    with pytest.raises(ModelError, match=r"OUTPUT does not fit the signature in .*, whose"):
        opened(saved(tmp_path / "m", outputs), "x DOUBLE", columns)


@pytest.mark.parametrize(
    ("outputs", "columns"),
    [
        (NAMED, "LABEL STRING"),
        (NAMED, "a DOUBLE, b STRING"),
        ([TensorSpec(np.dtype("f8"), (-1, 3))], "a ARRAY<DOUBLE>"),
        ([TensorSpec(np.dtype("f8"), (-1, -1))], "a DOUBLE, b DOUBLE"),
        ([TensorSpec(np.dtype("f8"), (-1, 2))], "a DOUBLE, b DOUBLE"),
    ],
)
def test_output_that_fits_the_signature_is_not_predicted(tmp_path, outputs, columns):
    """The prediction of a large model takes time, and may have a price."""
    opened(saved(tmp_path / "m", outputs), "x DOUBLE", columns)


def test_signature_that_is_wrong_does_not_stop_the_job(tmp_path):
    """MLflow does not check outputs, so the result of the model decides."""
    compute = lambda data, _: pd.DataFrame({"a": data["x"], "b": data["x"]})  # noqa: E731
    saved(tmp_path / "m", [ColSpec("double")], compute)
    assert predicted(opened(tmp_path / "m", "x DOUBLE", "a DOUBLE, b DOUBLE"), [(1.0,)]) == [
        (1.0, 1.0)
    ]


def test_probabilities_with_the_signature_of_labels_are_predicted(iris, tmp_path):
    """infer_signature gets the result of predict, and predict_fn selects another method."""
    features, model = iris
    signature = infer_signature(features, model.predict(features))
    save_sklearn(tmp_path / "m", model, signature=signature, pyfunc_predict_fn="predict_proba")
    opened(tmp_path / "m", IRIS_INPUT, "x DOUBLE, y DOUBLE, z DOUBLE")
    with pytest.raises(ModelError, match=r"for a sample row: .*shape \(1, 3\)"):
        opened(tmp_path / "m", IRIS_INPUT, "x DOUBLE, y DOUBLE")


def test_estimator_without_signature_is_asked(iris, tmp_path):
    """The number of its columns depends on no value."""
    save_sklearn(tmp_path / "m", iris[1], pyfunc_predict_fn="predict_proba")
    with pytest.raises(ModelError, match=r"for a sample row: .*shape \(1, 3\)"):
        opened(tmp_path / "m", IRIS_INPUT, "x DOUBLE, y DOUBLE")


def test_model_with_an_example_is_asked(tmp_path):
    """The author saved it as something that the model accepts."""
    compute = lambda data, _: pd.DataFrame({"a": data["x"]})  # noqa: E731
    save_python(
        tmp_path / "m", Echo(compute), input_example=pd.DataFrame({"x": [1.0]}), signature=False
    )
    with pytest.raises(ModelError, match=r"sample row: the model returned the columns 'a'"):
        opened(tmp_path / "m", "x DOUBLE", "a DOUBLE, b DOUBLE")


def test_other_models_are_not_asked(tmp_path):
    """A prediction of sample values may have an effect elsewhere."""
    save_python(tmp_path / "m", Echo(None), [ColSpec("double", "x")])
    opened(tmp_path / "m", "x DOUBLE", "a DOUBLE, b DOUBLE")
