# SPDX-License-Identifier: Apache-2.0
"""Models of the flavor onnx are run by OnnxPredictFunction."""

import mlflow.onnx
import numpy as np
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, TensorSpec
from mlflow.types import Schema as MlflowSchema
from skl2onnx import to_onnx

from pyflink_ml_embedded._engine import make_engine
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction

from .models import IRIS_INPUT, NAMES, opened, predicted
from .test_loading import without_mlflow


@pytest.fixture(scope="module")
def onnx_model(iris):
    """Returns the classifier as an ONNX file with one input of four columns."""
    features, model = iris
    options = {id(model): {"zipmap": False}}
    return to_onnx(model, features.to_numpy(np.float32)[:1], options=options, target_opset=17)


COLUMNS = ModelSignature(MlflowSchema([ColSpec("float", name) for name in NAMES]))
TENSOR = ModelSignature(MlflowSchema([TensorSpec(np.dtype("float32"), (-1, 4))]))


@pytest.mark.parametrize("signature", [None, COLUMNS, TENSOR])
def test_onnx_file_is_run_by_the_onnx_function(iris, onnx_model, tmp_path, signature):
    """It takes the properties of an ONNX file, and a row needs no DataFrame."""
    mlflow.onnx.save_model(onnx_model, str(tmp_path / "m"), signature=signature)
    function = opened(tmp_path / "m", IRIS_INPUT, "label BIGINT", **{"intra-op-threads": "1"})
    assert isinstance(function._runner._function, OnnxPredictFunction)
    given = predicted(function, iris[0].to_numpy().tolist()[::10])
    assert [label for (label,) in given] == iris[1].predict(iris[0])[::10].tolist()
    assert len(function.warm_up_row()) == 4


def test_columns_of_an_onnx_file_have_the_order_of_the_signature(iris, onnx_model, tmp_path):
    """The file has one input, whose columns have no names."""
    mlflow.onnx.save_model(onnx_model, str(tmp_path / "m"), signature=COLUMNS)
    function = opened(tmp_path / "m", "D DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", "label BIGINT")
    rows = [(d, b, a, c) for a, b, c, d in iris[0].to_numpy().tolist()[::10]]
    expected = iris[1].predict(iris[0])[::10].tolist()
    assert [label for (label,) in predicted(function, rows)] == expected
    with pytest.raises(ModelError, match="no name matches column 'e'"):
        opened(tmp_path / "m", "e DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", "label BIGINT")


def test_onnx_flavor_needs_no_mlflow(iris, onnx_model, tmp_path):
    """A TaskManager without MLflow has fewer packages."""
    mlflow.onnx.save_model(onnx_model, str(tmp_path / "m"), signature=COLUMNS)
    rows = iris[0].to_numpy().tolist()[::50]
    given = without_mlflow(str(tmp_path / "m"), IRIS_INPUT, "label BIGINT", rows)
    assert given == [[label] for label in iris[1].predict(iris[0])[::50].tolist()]


@pytest.mark.parametrize(
    ("columns", "has_engine"),
    [(IRIS_INPUT, True), ("D DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", False)],
)
def test_onnx_file_is_run_by_c(onnx_model, tmp_path, columns, has_engine):
    """Unless the columns must be put in order before."""
    mlflow.onnx.save_model(onnx_model, str(tmp_path / "m"), signature=COLUMNS)
    function = opened(tmp_path / "m", columns, "label BIGINT")
    assert (make_engine(function) is not None) == has_engine
