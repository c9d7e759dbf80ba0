# SPDX-License-Identifier: Apache-2.0
"""The demo: scikit-learn's digits, classified by a Flink SQL job."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .digits import Comparison, Prediction, compare, read_predictions, train
from .progress import progress
from .script import run_script

__all__ = ["run_demo"]

_SHOWN_ROWS = 10


def run_demo(directory: Path, timeout: float) -> bool:
    """Trains a classifier, runs a Flink job that uses it, and compares their results.

    It changes the working directory, because the paths in the job are relative.

    Args:
        directory: where the model, the images and the results are written. It is created if it
            does not exist, and old results are replaced.
        timeout: seconds after which the job is killed and this process exits.

    Returns:
        Whether all labels of the job are those of scikit-learn.

    Raises:
        StatementError: the job failed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    os.chdir(directory)
    shutil.rmtree("predictions", ignore_errors=True)
    Path("model").mkdir(exist_ok=True)

    with progress("Training scikit-learn's classifier on half of the digits"):
        model = train()
    with progress(f"Writing the model and {len(model.images)} other images to {directory}"):
        model.write_onnx(Path("model", "digits.onnx"))
        model.write_csv(Path("images.csv"))
    run_script(Path(__file__).with_name("digits.sql").read_text(encoding="utf-8"), timeout)

    predictions = read_predictions(Path("predictions").glob("part-*"))
    comparison = compare(predictions, model)
    _print_predictions(predictions)
    _print_comparison(comparison)
    return comparison.same_labels == comparison.images


def _print_predictions(predictions: list[Prediction]) -> None:
    step = max(1, len(predictions) // _SHOWN_ROWS)
    print(f"\n{_SHOWN_ROWS} of the {len(predictions)} results:\n")
    print("image  digit  label  probability")
    for prediction in predictions[::step][:_SHOWN_ROWS]:
        print(
            f"{prediction.image:5}  {prediction.digit:5}  {prediction.label:5}"
            f"  {max(prediction.probabilities):11.4f}"
            f"{'' if prediction.label == prediction.digit else '  wrong'}"
        )


def _print_comparison(comparison: Comparison) -> None:
    images, correct = comparison.images, comparison.correct
    lines = {
        "accuracy": f"{correct / images:.4f}  ({correct} of {images})",
        "labels the same as scikit-learn's": f"{comparison.same_labels} of {images}",
        "largest difference of probabilities": f"{comparison.largest_difference:.1e}",
    }
    print()
    for what, value in lines.items():
        print(f"{what:<37}{value}")
