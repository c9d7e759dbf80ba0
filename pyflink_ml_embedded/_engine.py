# SPDX-License-Identifier: Apache-2.0
"""Functions that C predicts without Python."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from ._context import PredictContext
from ._exceptions import ModelError
from ._native import Engine
from ._properties import choice

_logger = logging.getLogger(__name__)

_T = TypeVar("_T")


class EnginePredictFunction:
    """A predict function of this package with an engine, which predicts the rows that it can.

    ``predict`` and ``predict_batch`` get the rows that the engine declines, such as those that
    fail. They must give the same results for all others.
    """

    def make_engine(self) -> Engine | None:
        """Returns a new engine for this open function, or None if only Python can predict."""
        raise NotImplementedError


def make_engine(function: object) -> Engine | None:
    """Returns an engine for an open function, or None if Python must predict.

    A subclass that overrides a method of prediction is not what the engine predicts.
    """
    if not isinstance(function, EnginePredictFunction):
        return None
    kind = type(function)
    maker = next(base for base in kind.__mro__ if "make_engine" in vars(base))
    for method in ("predict", "predict_batch"):
        if getattr(kind, method, None) is not getattr(maker, method, None):
            return None
    return function.make_engine()


def choose_engine(context: PredictContext, path: str, find: Callable[[], _T | str]) -> _T | None:
    """Returns what C predicts with, as the property ``engine`` says, or None if Python predicts.

    Says which of them it is once in the log.

    Args:
        context: the context of the function.
        path: the model's file, for messages.
        find: returns what C predicts with, or the reason why it cannot.

    Raises:
        ModelError: the property is not valid, or it is ``c`` and C cannot predict.
    """
    engine = choice(context.properties, "engine", ("auto", "c", "python"), "auto")
    if engine == "python":
        return None
    found = find()

    def log() -> None:
        way = f"by Python: {found}" if isinstance(found, str) else "without Python"
        _logger.info("Model '%s': '%s' is run %s", context.model, path, way)

    columns = (str(context.input_schema), str(context.output_schema))
    context.shared(("engine", path, *columns), log)
    if not isinstance(found, str):
        return found
    if engine == "c":
        raise ModelError(
            f"option 'properties.engine' is 'c', but C cannot run '{path}': {found}. Set it to "
            "auto or python"
        )
    return None
