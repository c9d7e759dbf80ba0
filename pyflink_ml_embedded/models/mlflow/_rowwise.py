# SPDX-License-Identifier: Apache-2.0
"""Checks that a model predicts the rows of a DataFrame, and not the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..._exceptions import ConversionError
from ._loaders import Predict
from ._result_parts import is_array


class RowwisePredict:
    """Predicts DataFrames, or texts if the model takes the texts of the only column instead.

    Text vectorizers of scikit-learn iterate over their input. A DataFrame is then a mapping, and
    each name of a column is predicted as a text. The number of results shows it, unless there are
    as many rows as columns. So the first rows are predicted together with a copy of the last one
    if there are, and the result of this call is only counted.

    Args:
        predict: takes a DataFrame.
        is_exact: whether the model has one result for each row in any case, as estimators of
            scikit-learn do. Otherwise a model that returns another number is left alone.
    """

    def __init__(self, predict: Predict, is_exact: bool) -> None:
        self._predict = predict
        self._is_exact = is_exact
        self._checked = False
        self._takes_texts = False

    def __call__(self, frame: pd.DataFrame, params: dict[str, Any]) -> Any:
        """Returns the model's result."""
        if not self._checked:
            self._check(frame, params)
        return self._predict(_texts(frame) if self._takes_texts else frame, params)

    def _check(self, frame: pd.DataFrame, params: dict[str, Any]) -> None:
        rows, width = frame.shape
        if rows == width:
            frame = pd.concat([frame, frame.iloc[-1:]], ignore_index=True)
            rows += 1
        try:
            count = _count(self._predict(frame.copy(), params))
        except Exception:
            if not self._is_exact or width > 1 or not self._accepts_texts(frame, params):
                raise
            count = width  # only texts have what the model needs
        if count == width != rows:
            self._check_texts(frame, params)
        elif self._is_exact and count != rows:
            return  # the number of results is checked for each call
        self._checked = True

    def _check_texts(self, frame: pd.DataFrame, params: dict[str, Any]) -> None:
        if not self._is_exact:
            self._takes_texts = self._accepts_texts(frame, params)
            return
        if frame.shape[1] == 1:  # an error of the model is then that of a row, such as NULL
            self._takes_texts = _count(self._predict(_texts(frame), params)) == len(frame)
        if not self._takes_texts:
            raise ConversionError(
                "the model predicts the names of the columns instead of the rows, because it "
                "iterates over the DataFrame that it gets. Save a pipeline that selects the "
                "columns of text, for example by ColumnTransformer([('text', TfidfVectorizer(), "
                "'text')])"
            )

    def _accepts_texts(self, frame: pd.DataFrame, params: dict[str, Any]) -> bool:
        try:
            return _count(self._predict(_texts(frame), params)) == len(frame)
        except Exception:  # then it does not take texts
            return False


def _texts(frame: pd.DataFrame) -> pd.Series:
    return frame.iloc[:, 0]


def _count(result: Any) -> int | None:
    """Returns the number of results, or None if the result has no rows."""
    if hasattr(result, "shape"):
        return int(result.shape[0]) if result.shape else None
    if isinstance(result, Mapping):
        return next((_count(value) for value in result.values() if is_array(value)), None)
    if not isinstance(result, list | tuple):
        return None
    if len(result) and getattr(result[0], "ndim", 0) > 1:  # the classes of several outputs
        return _count(result[0])
    return len(result)
