# SPDX-License-Identifier: Apache-2.0
"""The base class of functions that C predicts without Python."""

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
