# SPDX-License-Identifier: Apache-2.0
"""The columns of a model file of LightGBM or XGBoost: one for each feature that has a name."""

from __future__ import annotations

from collections.abc import Sequence

from .._context import PredictContext
from .._schema import Field, Schema
from ..models.trees._features import match_features
from ..models.trees._function import find_model
from ..models.trees._model import TreeModel

_CATEGORIES: dict[type, str] = {int: "BIGINT", bool: "BOOLEAN"}


def infer(context: PredictContext) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the types of the columns of INPUT and OUTPUT, by name.

    Features of a model that was trained with a matrix have no names, and are one ARRAY.

    Raises:
        ModelError: the file cannot be loaded, or has categories that no column takes.
    """
    model = find_model(context)
    inputs = (
        {"features": "ARRAY<DOUBLE>"}
        if _are_numbered(model.features)
        else {name: _type_of(model, index) for index, name in enumerate(model.features)}
    )
    match_features(Schema(Field(*column) for column in inputs.items()), model)
    result = "FLOAT" if model.dtype == "float32" else "DOUBLE"
    if model.gives_classes:
        return inputs, {"prediction": "INT"}
    if model.count_results() == 1:
        return inputs, {"prediction": result}
    return inputs, {"predictions": f"ARRAY<{result}>"}


def _are_numbered(features: Sequence[str]) -> bool:
    """Returns whether the library has named the features, because nobody else did."""
    return any(
        list(features) == [f"{prefix}{index}" for index in range(len(features))]
        for prefix in ("Column_", "f")
    )


def _type_of(model: TreeModel, feature: int) -> str:
    if feature not in model.categories:
        return "DOUBLE"
    return _CATEGORIES.get(type(next(iter(model.categories[feature]), "")), "STRING")
