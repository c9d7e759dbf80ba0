# SPDX-License-Identifier: Apache-2.0
"""Columns that neither files nor hints have are asked for."""

import pytest

from pyflink_ml_embedded._inference import infer_schema
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has no MLmodel .* it has: model.py"),
        ({"python-predict-class": "model.Model"}, r"the class 'model.Model' does not declare"),
        (
            {"python-predict-class": "pyflink_ml_embedded.models.onnx.OnnxPredictFunction"},
            r"has: no \*\.onnx file",
        ),
    ],
)
def test_columns_that_no_file_has_are_asked_for(write, options, message, tmp_path):
    """The user knows them."""
    write(
        model="""
        from pyflink_ml_embedded import PredictFunction

        class Model(PredictFunction):
            def predict(self, data):
                return [data]
        """
    )
    expected = rf"{message}.* Give all columns, e\.g\. inputs='.*', outputs='.*'"
    with pytest.raises(ValueError, match=expected):
        infer_schema(tmp_path / "model", options)


def test_directory_on_other_hosts_is_refused(tmp_path):
    """Its files cannot be read here."""
    with pytest.raises(ValueError, match=r"'.*/absent' .* it is not a directory on this host"):
        infer_schema(tmp_path / "absent", {})


def test_columns_of_a_decorated_function_are_its_own(write, tmp_path):
    """A nullable column could not be bound to INPUT that is NOT NULL."""
    write(
        model="""
        from pyflink_ml_embedded import predict_function

        @predict_function
        def score(amount: float, tags: list[str]) -> float:
            return amount
        """
    )
    schema = infer_schema(tmp_path / "model", {"python-predict-class": "model.score"})
    assert schema.inputs == "`amount` DOUBLE, `tags` ARRAY<STRING>"
    assert schema.outputs == "`prediction` DOUBLE NOT NULL"
    request = make_request(
        tmp_path / "model", schema.inputs, schema.outputs, python_class="model.score"
    )
    close_function(open_function(request))
