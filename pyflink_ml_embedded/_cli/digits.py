# SPDX-License-Identifier: Apache-2.0
"""The data and the model of the demo, and the comparison of its results with scikit-learn's."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Comparison", "Prediction", "TrainedModel", "compare", "read_predictions", "train"]


@dataclass(frozen=True)
class Prediction:
    """One row that the job wrote.

    Attributes:
        image: the image's number in scikit-learn's data set.
        digit: the digit that the image shows.
        label: the digit that the model predicts.
        probabilities: those of the digits 0 to 9.
    """

    image: int
    digit: int
    label: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class TrainedModel:
    """A classifier of scikit-learn and the images that it was not trained on.

    Attributes:
        classifier: trained on the other half of the images.
        images: the numbers of the other images in scikit-learn's data set, ascending.
        pixels: for each of these images a row of 64 values from 0 to 16.
        digits: the digit that each of these images shows.
    """

    classifier: Any
    images: NDArray[np.int64]
    pixels: NDArray[np.float64]
    digits: NDArray[np.int64]

    def write_onnx(self, path: Path) -> None:
        """Writes the classifier as an ONNX model whose input is 64 pixels."""
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

        model = to_onnx(
            self.classifier,
            initial_types=[("pixels", FloatTensorType([None, self.pixels.shape[1]]))],
            options={"zipmap": False},  # probabilities as a tensor, not as a list of dicts
        )
        path.write_bytes(model.SerializeToString())

    def write_csv(self, path: Path) -> None:
        """Writes a line for each image with its number, its digit and its 64 pixels."""
        rows = zip(self.images, self.digits, self.pixels, strict=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows((image, digit, *pixels) for image, digit, pixels in rows)


@dataclass(frozen=True)
class Comparison:
    """The job's results compared with the digits and with scikit-learn's results.

    Attributes:
        images: the number of images.
        correct: the number of labels that are the digit of the image.
        same_labels: the number of labels that scikit-learn predicts too.
        largest_difference: the largest difference between a probability of the job and the one
            of scikit-learn.
    """

    images: int
    correct: int
    same_labels: int
    largest_difference: float


def train() -> TrainedModel:
    """Trains a classifier on half of scikit-learn's 1797 images of digits."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from threadpoolctl import threadpool_limits

    pixels, digits = load_digits(return_X_y=True)
    seen, unseen = train_test_split(
        np.arange(len(pixels)), test_size=0.5, random_state=0, stratify=digits
    )
    unseen.sort()
    with threadpool_limits(1):  # with more threads this takes 30 s instead of 0.3
        classifier = LogisticRegression(C=0.01, max_iter=1000).fit(pixels[seen], digits[seen])
    return TrainedModel(classifier, unseen, pixels[unseen], digits[unseen])


def read_predictions(files: Iterable[Path]) -> list[Prediction]:
    """Returns the rows of the CSV files that the job wrote, sorted by image."""
    return sorted(_read_rows(files), key=lambda prediction: prediction.image)


def compare(predictions: list[Prediction], model: TrainedModel) -> Comparison:
    """Compares the job's results with the digits and with what scikit-learn predicts.

    Raises:
        ValueError: the job did not write exactly one result for each image.
    """
    images = np.array([prediction.image for prediction in predictions])
    if not np.array_equal(images, model.images):
        raise ValueError(
            f"expected one result for each of {len(model.images)} images, got {len(images)} results"
        )
    labels = np.array([prediction.label for prediction in predictions])
    probabilities = np.array([prediction.probabilities for prediction in predictions])
    own_probabilities = model.classifier.predict_proba(model.pixels)
    return Comparison(
        images=len(images),
        correct=int((labels == model.digits).sum()),
        same_labels=int((labels == model.classifier.predict(model.pixels)).sum()),
        largest_difference=float(np.abs(probabilities - own_probabilities).max()),
    )


def _read_rows(files: Iterable[Path]) -> Iterator[Prediction]:
    for path in files:
        with path.open(newline="") as file:
            for image, digit, label, *probabilities in csv.reader(file):
                yield Prediction(
                    int(image), int(digit), int(label), tuple(map(float, probabilities))
                )
