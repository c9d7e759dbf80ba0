# SPDX-License-Identifier: Apache-2.0
"""A loaded model file, in the form that both libraries share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .._tree_files import Library

Array: TypeAlias = npt.NDArray[Any]
Output: TypeAlias = Literal["prediction", "raw"]
Iterations: TypeAlias = Literal["auto", "all", "best"]


@dataclass(frozen=True)
class Settings:
    """The properties of a model.

    Attributes:
        output: whether results are the library's predictions, or what its trees add up to.
        iterations: which iterations predict; None if the property is not set.
        threads: how many threads one prediction uses.
    """

    output: Output
    iterations: Iterations | None
    threads: int


@dataclass(frozen=True)
class NativeBooster:
    """What C needs to predict with a booster that Python has loaded.

    Attributes:
        path: the path of the library that Python has loaded.
        booster: the object in Python, which keeps the booster in the library.
        handle: the address of the booster in the library.
        is_raw: whether results are what the trees add up to.
        end_iteration: the last iteration that predicts plus one; 0 for all.
        threads: how many threads one prediction uses.
    """

    path: str
    booster: Any
    handle: int
    is_raw: bool
    end_iteration: int
    threads: int


@dataclass(frozen=True)
class TreeModel:
    """A model file that its library has loaded.

    Attributes:
        path: the path of the file, for messages.
        library: the library.
        features: the names of the features, in order.
        categories: the categories of the features that have any, in the order of their codes, by
            the position of the feature.
        dtype: the type of numbers that the library computes with.
        gives_classes: whether a result is the number of a class.
        predict: takes a matrix of shape (rows, features), and returns one of shape (rows, results).
            Several threads may call it at a time.
        native: what C needs to predict, or why it cannot.
    """

    path: str
    library: Library
    features: Sequence[str]
    categories: Mapping[int, Sequence[Any]]
    dtype: Literal["float32", "float64"]
    gives_classes: bool
    predict: Callable[[Array], Array]
    native: NativeBooster | str

    def count_results(self) -> int:
        """Returns how many results a row has."""
        missing = np.full((1, len(self.features)), np.nan, self.dtype)
        return int(self.predict(missing).shape[1])
