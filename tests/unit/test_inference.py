# SPDX-License-Identifier: Apache-2.0
"""Where no file of a model has its columns, the message says how to give them."""

import pytest

from pyflink_ml_embedded._inference import infer_schema


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
    write(model="class Model: pass")
    expected = rf"{message}.* Give all columns, e\.g\. inputs='.*', outputs='.*'"
    with pytest.raises(ValueError, match=expected):
        infer_schema(tmp_path / "model", options)


def test_directory_on_other_hosts_is_refused(tmp_path):
    """Its files cannot be read here."""
    with pytest.raises(ValueError, match=r"'.*/absent' .* it is not a directory on this host"):
        infer_schema(tmp_path / "absent", {})
