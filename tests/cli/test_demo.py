# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded demo``."""

import dataclasses

import pytest

from pyflink_ml_embedded._cli import digits


@pytest.fixture(scope="module")
def model():
    """Returns a trained classifier."""
    return digits.train()


@pytest.fixture
def predictions(model):
    """Returns the rows of a job that predicts what scikit-learn predicts."""
    labels = model.classifier.predict(model.pixels)
    probabilities = model.classifier.predict_proba(model.pixels)
    return [
        digits.Prediction(int(image), int(digit), int(label), tuple(row))
        for image, digit, label, row in zip(
            model.images, model.digits, labels, probabilities, strict=True
        )
    ]


def test_demo_predicts_what_scikit_learn_predicts(run_command, tmp_path):
    """Results of an earlier run in the same directory are replaced."""
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "part-old").write_text("0,0,0\n")
    result = run_command("demo", "--directory", tmp_path)
    assert result.returncode == 0, result.stdout
    assert "CREATE MODEL digits" in result.stdout
    assert "10 of the 899 results" in result.stdout
    assert "labels the same as scikit-learn's    899 of 899" in result.stdout


def test_missing_extra_is_named(run_command, tmp_path):
    """The demo's libraries are not among the package's dependencies."""
    (tmp_path / "skl2onnx.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'skl2onnx'\", name='skl2onnx')"
    )
    result = run_command("demo", "--directory", tmp_path, PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert "skl2onnx is not installed" in result.stdout
    assert "pip install 'pyflink-ml-embedded[demo]'" in result.stdout


def test_differing_label_is_counted(model, predictions):
    """The demo must not report success when a label differs."""
    wrong = (predictions[0].label + 1) % 10
    predictions[0] = dataclasses.replace(predictions[0], label=wrong)
    assert digits.compare(predictions, model).same_labels == 898


def test_lost_result_is_an_error(model, predictions):
    """A row that the job dropped must not pass for agreement."""
    with pytest.raises(ValueError, match="one result for each of 899 images, got 898"):
        digits.compare(predictions[1:], model)
