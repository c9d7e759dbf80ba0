"""The demo's data, its model, and the comparison of the job's results with scikit-learn's."""

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
        digit: what the image shows.
        label: what the model takes it for.
        probabilities: of the digits 0 to 9.
    """

    image: int
    digit: int
    label: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class TrainedModel:
    """scikit-learn's classifier, and the images that it has not seen in training.

    Attributes:
        classifier: trained on the other half of the images.
        images: the numbers of its images in scikit-learn's data set, ascending.
        pixels: a row of 64 for each of these images, each from 0 to 16.
        digits: what each of these images shows.
    """

    classifier: Any
    images: NDArray[np.int64]
    pixels: NDArray[np.float64]
    digits: NDArray[np.int64]

    def write_onnx(self, path: Path) -> None:
        """Writes the classifier as an ONNX model with the input 64 pixels."""
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

        model = to_onnx(
            self.classifier,
            initial_types=[("pixels", FloatTensorType([None, self.pixels.shape[1]]))],
            options={"zipmap": False},  # probabilities as a tensor, not as a list of dicts
        )
        path.write_bytes(model.SerializeToString())

    def write_csv(self, path: Path) -> None:
        """Writes a line for each image: its number, its digit, its 64 pixels."""
        rows = zip(self.images, self.digits, self.pixels, strict=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows((image, digit, *pixels) for image, digit, pixels in rows)


@dataclass(frozen=True)
class Comparison:
    """How the job's results compare with the truth and with scikit-learn's.

    Attributes:
        images: how many there are.
        correct: results with the label that the image shows.
        same_labels: results with the label that scikit-learn gives.
        largest_difference: between a probability of the job's and scikit-learn's.
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
    with threadpool_limits(1):  # threads that wait for each other make this take 30 s, not 0.3
        classifier = LogisticRegression(C=0.01, max_iter=1000).fit(pixels[seen], digits[seen])
    return TrainedModel(classifier, unseen, pixels[unseen], digits[unseen])


def read_predictions(files: Iterable[Path]) -> list[Prediction]:
    """Reads the CSV files that the job wrote; sorted by image."""
    return sorted(_read_rows(files), key=lambda prediction: prediction.image)


def compare(predictions: list[Prediction], model: TrainedModel) -> Comparison:
    """Compares the job's results with the truth and with what scikit-learn predicts itself.

    Raises:
        ValueError: the results are not of the model's images, each once.
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
