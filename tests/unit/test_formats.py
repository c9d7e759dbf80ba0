# SPDX-License-Identifier: Apache-2.0
"""The predict function is chosen by the files of the directory."""

import pytest

from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime.formats import find_class


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["MLmodel", "model.onnx", "requirements.txt"], "mlflow.MlflowPredictFunction"),
        (["model.onnx"], "onnx.OnnxPredictFunction"),
        (["a.onnx", "b.onnx", "notes.txt"], "onnx.OnnxPredictFunction"),
        (["config.json", "model.safetensors"], "transformers.TransformersPredictFunction"),
        (
            ["config.json", "pytorch_model.bin", "a.onnx"],
            "transformers.TransformersPredictFunction",
        ),
        (["config.json"], "transformers.TransformersPredictFunction"),
        (["modules.json"], "transformers.TransformersPredictFunction"),
        (["config.json", "model.onnx", "tokenizer.json"], "onnx.OnnxPredictFunction"),
    ],
)
def test_files_choose_the_class(tmp_path, files, expected):
    """The files are those that the libraries save."""
    for name in files:
        (tmp_path / name).touch()
    assert find_class(str(tmp_path)) == f"pyflink_ml_embedded.models.{expected}"


def test_unknown_files_are_named_with_the_known_formats(tmp_path):
    """The user forgot to name the class."""
    for number in range(22):
        (tmp_path / f"m{number:02}.py").touch()
    with pytest.raises(
        ModelError,
        match=r"\*\.onnx, and no model file .*; it has: m00.py, .* and 2 more\. .*class'",
    ):
        find_class(str(tmp_path))


def test_missing_class_is_reported_if_there_is_no_directory():
    """Another provider may have neither."""
    with pytest.raises(ModelError, match="'python-predict-class', or 'model-directory-path'"):
        find_class(None)
