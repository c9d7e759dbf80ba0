# SPDX-License-Identifier: Apache-2.0
"""Loads model files of LightGBM."""

from __future__ import annotations

from ..._exceptions import ModelError
from .._pandas_categories import pandas_categories
from .._requirements import require_package
from ._library import native_booster
from ._model import Array, Settings, TreeModel

_COPY_AGAIN = "copy it to the directory again"


def load_lightgbm(path: str, settings: Settings) -> TreeModel:
    """Loads a file, which has the iterations that its training found best.

    Raises:
        ModelError: LightGBM is not installed or cannot load the file, or a property has no effect.
    """
    if settings.iterations is not None:
        raise ModelError(
            "option 'properties.iterations' has no effect on a file of LightGBM, which has only "
            "the iterations that it was saved with: remove it"
        )
    lightgbm = require_package("lightgbm", "lightgbm")
    text = _read(path)
    try:
        booster = lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
        raise ModelError(
            f"LightGBM {lightgbm.__version__} cannot load '{path}': {error}. If the file is "
            f"damaged, {_COPY_AGAIN}; if a newer LightGBM saved it, install that one"
        ) from error

    def predict(matrix: Array) -> Array:
        result: Array = booster.predict(
            matrix,
            raw_score=settings.output == "raw",
            num_threads=settings.threads,
            validate_features=False,
        )
        return result.reshape(len(matrix), -1)

    return TreeModel(
        path=path,
        library="LightGBM",
        features=booster.feature_name(),
        categories=pandas_categories(booster),
        dtype="float64",
        gives_classes=False,
        predict=predict,
        native=native_booster(
            lightgbm.basic, booster, getattr(booster, "_handle", None), settings, 0
        ),
    )


def _read(path: str) -> str:
    """Returns the file's text; LightGBM ends the process if the file is truncated."""
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise ModelError(f"'{path}' is not UTF-8, so it is damaged: {_COPY_AGAIN}") from error
    if "\nend of trees" not in text or (
        "\nparameters:" in text and "\nend of parameters" not in text
    ):
        raise ModelError(f"'{path}' is truncated: {_COPY_AGAIN}")
    return text
