# SPDX-License-Identifier: Apache-2.0
"""Predicts with LightGBM models, which match columns by position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ..._exceptions import ConversionError
from ..._names import NamesMismatch, match_names
from .._pandas_categories import pandas_categories


class LightgbmPredict:
    """Gives a model its features in the order and with the categories that it was trained with.

    LightGBM itself takes columns by position. MLflow's check of a signature refuses categorical
    columns, so the model is called directly.

    Args:
        model: a ``Booster``, or an estimator that has one.
        predict: the method of the model that takes a DataFrame.

    Raises:
        ModelError: the model does not say which of its columns are categorical.
    """

    def __init__(self, model: Any, predict: Callable[[Any], Any]) -> None:
        self._predict = predict
        booster = _booster(model)
        self._features: list[str] = booster.feature_name()
        self._dtypes = {
            index: pd.CategoricalDtype(values)
            for index, values in pandas_categories(booster).items()
        }

    def __call__(self, frame: Any, params: dict[str, Any]) -> Any:
        """Returns the model's result for a DataFrame, or for the tensor of a signature."""
        if not isinstance(frame, pd.DataFrame):
            return self._predict(frame)
        frame = frame.iloc[:, self._order(list(frame.columns))]
        if self._dtypes:
            labels = list(frame.columns)
            frame = frame.astype({labels[index]: dtype for index, dtype in self._dtypes.items()})
        return self._predict(frame)

    def _order(self, labels: Sequence[Any]) -> Sequence[int]:
        """Returns the positions of the features, which LightGBM does not match by name."""
        # LightGBM has replaced spaces.
        names = [str(label).replace(" ", "_") for label in labels]
        if len(names) != len(self._features):
            raise ConversionError(
                f"the LightGBM model has {len(self._features)} features, and INPUT has "
                f"{len(names)} columns"
            )
        try:
            indices = match_names(self._features, names)
        except NamesMismatch as mismatch:
            raise ConversionError(f"INPUT does not fit the LightGBM model: {mismatch}") from None
        return range(len(names)) if indices is None else indices


def is_lightgbm(model: Any) -> bool:
    """Returns whether a model is a booster of LightGBM, or an estimator that has one."""
    return hasattr(_booster(model), "pandas_categorical")


def _booster(model: Any) -> Any:
    return getattr(model, "booster_", model)
