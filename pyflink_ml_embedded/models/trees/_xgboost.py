# SPDX-License-Identifier: Apache-2.0
"""Loads model files of XGBoost."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..._exceptions import ModelError
from ..._names import listed
from .._requirements import require_package
from ._library import native_booster
from ._model import Array, NativeBooster, Settings, TreeModel

_log = logging.getLogger(__name__)

_CLASSES = {"multi:softmax", "binary:hinge"}


def load_xgboost(path: str, settings: Settings) -> TreeModel:
    """Loads a file.

    Raises:
        ModelError: XGBoost is not installed or cannot load the file, the file does not have the
            best iteration, or it has categorical features without their categories.
    """
    xgboost = require_package("xgboost", "xgboost")
    with open(path, "rb") as file:
        content = bytearray(file.read())  # of a file, XGBoost reads the name before the content
    try:
        booster = xgboost.Booster({"nthread": settings.threads}, model_file=content)
    except (xgboost.core.XGBoostError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f"XGBoost {xgboost.__version__} cannot load '{path}': {reason}. If the file is "
            "damaged, copy it to the directory again; if a newer XGBoost saved it, install that one"
        ) from error
    learner = json.loads(booster.save_config())["learner"]
    features = booster.feature_names or [f"f{i}" for i in range(booster.num_features())]
    name = learner["gradient_booster"]["name"]
    iterations = _iterations(booster, settings, path)
    is_raw = settings.output == "raw"
    native: NativeBooster | str = f"C does not predict with the booster '{name}'"
    if name == "gbtree":
        handle = getattr(booster, "handle", None)
        native = native_booster(xgboost.core, booster, handle, settings, iterations[1])
    return TreeModel(
        path=path,
        library="XGBoost",
        features=features,
        categories=_categories(booster, features, path),
        dtype="float32",
        gives_classes=learner["objective"]["name"] in _CLASSES and not is_raw,
        predict=_predict(xgboost, booster, name, iterations, settings),
        native=native,
    )


def _predict(
    xgboost: Any, booster: Any, name: str, iterations: tuple[int, int], settings: Settings
) -> Callable[[Array], Array]:
    """Returns a function that gives exactly what ``Booster.predict`` does."""
    is_raw = settings.output == "raw"
    if name == "gbtree":

        def predict_in_place(matrix: Array) -> Array:
            result: Array = booster.inplace_predict(
                matrix,
                iteration_range=iterations,
                predict_type="margin" if is_raw else "value",
                validate_features=False,
            )
            return result.reshape(len(matrix), -1)

        return predict_in_place

    # In place, XGBoost does not predict with gblinear, and sums the trees of dart in another order.
    # Only boosters of trees may be used by several threads.
    lock = threading.Lock() if name == "gblinear" else contextlib.nullcontext()

    def predict(matrix: Array) -> Array:
        rows = xgboost.DMatrix(matrix, nthread=settings.threads)
        with lock:
            result: Array = booster.predict(
                rows, output_margin=is_raw, iteration_range=iterations, validate_features=False
            )
        return result.reshape(len(matrix), -1)

    return predict


def _iterations(booster: Any, settings: Settings, path: str) -> tuple[int, int]:
    """Returns the first and the last iteration plus one; (0, 0) for all."""
    best = booster.attr("best_iteration")
    chosen = settings.iterations or "auto"
    if chosen == "best" and best is None:
        raise ModelError(
            f"option 'properties.iterations' is 'best', but '{path}' was trained without early "
            "stopping and has no best iteration: remove the option"
        )
    if chosen == "auto":
        # Booster.predict uses all iterations. Estimators do not, and mark their files.
        chosen = "best" if booster.attr("scikit_learn") else "all"
    if best is None:
        return 0, 0
    rounds = booster.num_boosted_rounds()
    _log.info(
        "'%s' was trained with early stopping: %s of its %d iterations predict",
        path,
        int(best) + 1 if chosen == "best" else "all",
        rounds,
    )
    return (0, int(best) + 1) if chosen == "best" else (0, 0)


def _categories(booster: Any, features: Sequence[str], path: str) -> dict[int, Sequence[Any]]:
    types = booster.feature_types or ()
    positions = [position for position, kind in enumerate(types) if kind == "c"]
    if not positions:
        return {}
    found: dict[int, Sequence[Any]] = {}
    if hasattr(booster, "get_categories"):  # from 3.1 on
        arrays = booster.get_categories(export_to_arrow=True).to_arrow()
        found = {
            position: _readable(arrays[position][1], features[position], path)
            for position in positions
            if arrays[position][1] is not None
        }
    missing = [features[position] for position in positions if position not in found]
    if missing:
        raise ModelError(
            f"the features {listed(missing)} of '{path}' are categorical, and the file does not "
            "have their categories: train the model with XGBoost 3.1 or newer, from a DataFrame "
            "whose columns have the type category, or set 'python-predict-class' to a class of "
            "yours that loads it"
        )
    return found


def _readable(array: Any, feature: str, path: str) -> Sequence[Any]:
    """Returns the categories of a feature.

    Raises:
        ModelError: a category has other characters than ASCII, at which XGBoost 3.2 cuts texts.
    """
    with contextlib.suppress(UnicodeDecodeError):
        values: list[Any] = array.to_pylist()
        if all(not isinstance(value, str) or value.isascii() for value in values):
            return values
    raise ModelError(
        f"the categories of the feature '{feature}' of '{path}' have other characters than ASCII, "
        "which XGBoost does not save correctly: train the model with other categories"
    )
