# SPDX-License-Identifier: Apache-2.0
"""Functions that C predicts without Python."""

from __future__ import annotations

from ._native import Engine


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
        if getattr(kind, method) is not getattr(maker, method):
            return None
    return function.make_engine()
