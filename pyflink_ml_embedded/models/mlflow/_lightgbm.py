# SPDX-License-Identifier: Apache-2.0
"""Predicts with LightGBM models that were trained with categorical columns of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..._exceptions import ConversionError, ModelError
from ..._names import NamesMismatch, match_names


class CategoricalPredict:
    """Gives a model the columns of a DataFrame with the categories that it was trained with.

    MLflow's check of the signature refuses categorical columns, so the model is called directly.

    Args:
        model: a ``Booster``, or an estimator that has one.

    Raises:
        ModelError: the model does not say which of its columns are categorical.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        booster = _booster(model)
        given = booster.params.get("categorical_column", booster.params.get("categorical_feature"))
        if not isinstance(given, list) or len(given) != len(booster.pandas_categorical):
            raise ModelError(
                "the LightGBM model has categories of pandas, and does not say which columns they "
                "belong to: train it with categorical_feature='auto', and save it again"
            )
        self._features: list[str] = booster.feature_name()
        self._dtypes = {
            int(index): pd.CategoricalDtype(categories)
            for index, categories in zip(given, booster.pandas_categorical, strict=True)
        }

    def __call__(self, frame: pd.DataFrame, params: dict[str, Any]) -> Any:
        """Returns the model's result."""
        frame = frame.iloc[:, self._order(list(frame.columns))]
        labels = list(frame.columns)
        return self._model.predict(
            frame.astype({labels[index]: dtype for index, dtype in self._dtypes.items()})
        )

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


def has_categories(model: Any) -> bool:
    """Returns whether a model is one of LightGBM with categorical columns of pandas."""
    return bool(getattr(_booster(model), "pandas_categorical", None))


def _booster(model: Any) -> Any:
    return getattr(model, "booster_", model)
