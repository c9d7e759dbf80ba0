# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded demo``: scikit-learn's digits, classified by a Flink SQL job."""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .output import Commands, Outcome, add_command, needed_by
from .progress import progress
from .timeout import add_timeout

if TYPE_CHECKING:
    from .digits import Comparison, Prediction

__all__ = ["add_parser"]

_SHOWN_ROWS = 10


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    demo = add_command(
        commands,
        "demo",
        "train a classifier, use it in a Flink SQL job and compare the results",
        _run,
        example="demo --directory demo-output",
    )
    demo.add_argument(
        "--directory",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="directory for the model, the images and the results (default: %(default)s)",
    )
    add_timeout(demo, default=600)


def _run(options: argparse.Namespace) -> Outcome:
    with needed_by("the demo", "pyflink-ml-embedded[demo]"):
        return _run_demo(options.directory, options.timeout)


def _run_demo(directory: Path, timeout: float) -> Outcome:
    """Trains a classifier, runs a Flink job that uses it, and compares their results.

    It changes the working directory, because the paths in the job are relative.

    Args:
        directory: where the model, the images and the results are written. It is created if it
            does not exist, and old results are replaced.
        timeout: seconds after which the job is killed and this process exits.

    Returns:
        The comparison; it is ok if all labels of the job are those of scikit-learn.

    Raises:
        StatementError: the job failed.
    """
    from .digits import compare, read_predictions, train
    from .script import run_script

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
    return Outcome(
        comparison.same_labels == comparison.images,
        {"directory": str(directory), **asdict(comparison)},
        f"{_describe_predictions(predictions)}\n{_describe_comparison(comparison)}",
    )


def _describe_predictions(predictions: list[Prediction]) -> str:
    step = max(1, len(predictions) // _SHOWN_ROWS)
    lines = [
        f"\n{_SHOWN_ROWS} of the {len(predictions)} results:\n",
        "image  digit  label  probability",
    ]
    lines += [
        f"{prediction.image:5}  {prediction.digit:5}  {prediction.label:5}"
        f"  {max(prediction.probabilities):11.4f}"
        f"{'' if prediction.label == prediction.digit else '  wrong'}"
        for prediction in predictions[::step][:_SHOWN_ROWS]
    ]
    return "\n".join(lines)


def _describe_comparison(comparison: Comparison) -> str:
    images, correct = comparison.images, comparison.correct
    lines = {
        "accuracy": f"{correct / images:.4f}  ({correct} of {images})",
        "labels the same as scikit-learn's": f"{comparison.same_labels} of {images}",
        "largest difference of probabilities": f"{comparison.largest_difference:.1e}",
    }
    return "".join(f"\n{what:<37}{value}" for what, value in lines.items())
