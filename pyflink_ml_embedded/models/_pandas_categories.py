# SPDX-License-Identifier: Apache-2.0
"""The categories that LightGBM saves of a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._exceptions import ModelError


def pandas_categories(booster: Any) -> dict[int, Sequence[Any]]:
    """Returns the categories of the features that have any, by the position of the feature.

    Args:
        booster: a ``lightgbm.Booster``.

    Raises:
        ModelError: the model does not say which of its features are categorical.
    """
    categories = booster.pandas_categorical or []
    params = booster.params
    indices = params.get("categorical_column", params.get("categorical_feature"))
    if categories and (not isinstance(indices, list) or len(indices) != len(categories)):
        raise ModelError(
            "the LightGBM model has categories of pandas, and does not say which columns they "
            "belong to: train it with categorical_feature='auto', and save it again"
        )
    return {
        int(index): values
        for index, values in zip(indices if categories else (), categories, strict=True)
    }
