# SPDX-License-Identifier: Apache-2.0
"""Calls the methods of a loaded ``python_function`` with rows and batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from ._inputs import Inputs
from ._loaders import Predict
from ._results import ResultColumns, ResultShaper, merge


class Calls(Protocol):
    """Predicts values of INPUT. Both methods raise ConversionError."""

    def of_row(self, values: Sequence[Any]) -> tuple[ResultColumns, int]:
        """Returns the results of one row, and how many they are."""

    def of_batch(self, arrays: Sequence[pa.Array]) -> Any:
        """Returns the results of a batch in a form that ``predict_batch`` may return."""


class PredictCalls:
    """Calls ``predict`` with all rows.

    Args:
        inputs: makes the argument of the model.
        predict: takes it, and the params.
        params: the params.
        shaper: reads the results.
        is_exact: whether one row must have one result.
    """

    def __init__(
        self,
        inputs: Inputs,
        predict: Predict,
        params: dict[str, Any],
        shaper: ResultShaper,
        is_exact: bool,
    ) -> None:
        self._inputs = inputs
        self._predict = predict
        self._params = params
        self._shaper = shaper
        self._is_exact = is_exact

    def of_row(self, values: Sequence[Any]) -> tuple[ResultColumns, int]:
        """Returns the results of one row, and how many they are."""
        result = self._predict(self._inputs.of_row(values), dict(self._params))
        return self._shaper.columns(result, 1, self._is_exact)

    def of_batch(self, arrays: Sequence[pa.Array]) -> ResultColumns:
        """Returns one result for each row; rows that do not fit in one tensor are several calls."""
        groups = self._inputs.groups(arrays)
        if groups is None:
            return self._together(arrays)
        parts = [
            self._together([array.take(pa.array(group)) for array in arrays]) for group in groups
        ]
        return merge(parts, groups)

    def _together(self, arrays: Sequence[pa.Array]) -> ResultColumns:
        result = self._predict(self._inputs.of_batch(arrays), dict(self._params))
        return self._shaper.columns(result, len(arrays[0]), is_exact=True)[0]


class StreamCalls:
    """Calls ``predict_stream`` with each row. Each chunk of the stream is a result.

    Args:
        inputs: makes the argument of the model.
        stream: takes it, and the params, and returns the chunks.
        params: the params.
        shaper: reads the chunks.
        names: the names of the columns of OUTPUT.
    """

    def __init__(
        self,
        inputs: Inputs,
        stream: Predict,
        params: dict[str, Any],
        shaper: ResultShaper,
        names: Sequence[str],
    ) -> None:
        self._inputs = inputs
        self._stream = stream
        self._params = params
        self._shaper = shaper
        self._names = names

    def of_row(self, values: Sequence[Any]) -> tuple[ResultColumns, int]:
        """Returns the results of one row, and how many they are."""
        chunks = self._chunks(self._inputs.of_row(values))
        return self._merged(chunks), len(chunks)

    def of_batch(self, arrays: Sequence[pa.Array]) -> tuple[ResultColumns, list[int]]:
        """Returns the results, and the number of the row of each."""
        chunks: list[ResultColumns] = []
        numbers: list[int] = []
        for row in range(len(arrays[0])):
            of_row = self._chunks(self._inputs.of_batch([array[row : row + 1] for array in arrays]))
            chunks += of_row
            numbers += [row] * len(of_row)
        return self._merged(chunks), numbers

    def _chunks(self, data: Any) -> list[ResultColumns]:
        stream = self._stream(data, dict(self._params))
        return [self._shaper.columns(chunk, 1, is_exact=True)[0] for chunk in stream]

    def _merged(self, chunks: list[ResultColumns]) -> ResultColumns:
        if not chunks:
            return {name: [] for name in self._names}
        return merge(chunks, [[number] for number in range(len(chunks))])
