# SPDX-License-Identifier: Apache-2.0
"""Matches the columns of INPUT with the features of a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._exceptions import ModelError
from ..._names import NamesMismatch, listed, match_names
from ..._schema import Field, Schema
from ._model import TreeModel

INTEGERS = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT"})
_NUMBERS = INTEGERS | {"FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"}
_SHOWN = 10
# The Python type of the categories of a feature -> the types of a column that holds them.
_CATEGORIES: dict[type, frozenset[str]] = {
    str: frozenset({"CHAR", "VARCHAR"}),
    int: INTEGERS,
    bool: frozenset({"BOOLEAN"}),
}


@dataclass(frozen=True)
class FeatureColumns:
    """Which columns fill the features.

    Attributes:
        order: the position of each feature's column.
        codes: the code of each category, by the position of the feature.
        is_array: whether one ARRAY column has all features.
    """

    order: Sequence[int]
    codes: Mapping[int, Mapping[Any, int]]
    is_array: bool


def match_features(schema: Schema, model: TreeModel) -> FeatureColumns:
    """Matches columns with features by name, or by position if no name matches.

    Raises:
        ModelError: the columns do not fit.
    """
    try:
        return _match(schema, model)
    except NamesMismatch as mismatch:
        features = listed(model.features[:_SHOWN])
        more = len(model.features) - _SHOWN
        raise ModelError(
            f"the model's INPUT does not fit '{model.path}': {mismatch}. The file's features: "
            f"{features}{f' and {more} more' if more > 0 else ''}. The model's INPUT: {schema}"
        ) from None


def _match(schema: Schema, model: TreeModel) -> FeatureColumns:
    if len(schema) == 1 and schema[0].sql_type.root == "ARRAY":
        _check_array(schema[0], model)
        return FeatureColumns((), {}, is_array=True)
    # LightGBM replaces spaces of names.
    columns = [name.replace(" ", "_") for name in schema.names]
    features = [name.replace(" ", "_") for name in model.features]
    if len(columns) != len(features):
        raise NamesMismatch(_counts(columns, features))
    indices = match_names(columns, features)
    order = range(len(columns)) if indices is None else _inverse(indices)
    codes = {}
    for position, feature in enumerate(model.features):
        categories = model.categories.get(position)
        field = schema[order[position]]
        if categories is None:
            _check_number(field, feature)
        else:
            _check_category(field, feature, categories)
            codes[position] = {category: code for code, category in enumerate(categories)}
    return FeatureColumns(order, codes, is_array=False)


def _counts(columns: Sequence[str], features: Sequence[str]) -> str:
    text = f"there are {len(columns)} columns for {len(features)} features"
    folded = {column.casefold() for column in columns}
    missing = [feature for feature in features if feature.casefold() not in folded]
    if len(missing) < len(features) and missing:
        text += f", and none has the name of the feature {listed(missing[:_SHOWN])}"
    return text


def _inverse(indices: Sequence[int]) -> list[int]:
    return sorted(range(len(indices)), key=indices.__getitem__)


def _check_array(field: Field, model: TreeModel) -> None:
    element = field.sql_type.children[0].type
    if element.root not in _NUMBERS:
        raise NamesMismatch(
            f"column '{field.name}' is {field.type}, and the features are numbers: use "
            "ARRAY<DOUBLE>, or a column for each feature"
        )
    if model.categories:
        names = listed([model.features[position] for position in model.categories])
        raise NamesMismatch(
            f"column '{field.name}' is {field.type}, and the features {names} are categorical: use "
            "a column for each feature"
        )


def _check_number(field: Field, feature: str) -> None:
    if field.sql_type.root not in _NUMBERS:
        raise NamesMismatch(
            f"column '{field.name}' is {field.type}, and the feature '{feature}' is a number, for "
            "which the file has no categories: use DOUBLE, with the numbers that the model was "
            "trained with"
        )


def _check_category(field: Field, feature: str, categories: Sequence[Any]) -> None:
    kinds = {type(category) for category in categories}
    types = _CATEGORIES.get(kinds.pop(), frozenset()) if len(kinds) == 1 else frozenset()
    if not types:
        raise NamesMismatch(
            f"the categories of the feature '{feature}' are neither all texts, nor all integers, "
            "nor all booleans: train the model with such categories"
        )
    if field.sql_type.root not in types:
        raise NamesMismatch(
            f"column '{field.name}' is {field.type}, and the categories of the feature '{feature}' "
            f"are of the Python type {type(categories[0]).__name__}: use "
            f"{'STRING' if 'VARCHAR' in types else 'BIGINT' if 'BIGINT' in types else 'BOOLEAN'}"
        )
