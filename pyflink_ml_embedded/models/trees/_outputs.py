# SPDX-License-Identifier: Apache-2.0
"""Converts the results of a model file to the columns of OUTPUT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._exceptions import ModelError
from ..._schema import Schema
from ._features import INTEGERS
from ._model import Array, TreeModel


class Outputs:
    """Converts results: a column for each result of a row, or one ARRAY of all.

    Args:
        schema: the model's OUTPUT.
        model: the model file.

    Attributes:
        results: how many results a row has.
        is_array: whether one ARRAY column gets all of them.
        has_integers: whether they are integers in OUTPUT.

    Raises:
        ModelError: the columns do not fit.
    """

    def __init__(self, schema: Schema, model: TreeModel) -> None:
        self._names = schema.names
        types = [field.sql_type for field in schema]
        self.is_array = len(types) == 1 and types[0].root == "ARRAY"
        if self.is_array:
            types = [types[0].children[0].type]
        self.results = results = model.count_results()
        allowed = ["FLOAT", "DOUBLE", *(sorted(INTEGERS) if model.gives_classes else ())]
        fits = self.is_array or len(types) == results
        if not fits or any(sql_type.root not in allowed for sql_type in types):
            columns = "one column" if results == 1 else f"{results} columns"
            raise ModelError(
                f"the model's OUTPUT does not fit '{model.path}', which has {results} "
                f"result{'s' if results > 1 else ''} for a row: use {columns} of "
                f"{' or '.join(allowed)}, or one ARRAY<DOUBLE>. The model's OUTPUT: {schema}"
            )
        self._integers = [sql_type.root in INTEGERS for sql_type in types]
        self.has_integers = any(self._integers)

    def of_row(self, results: Array) -> Sequence[Any]:
        """Returns the values of OUTPUT for a row.

        Args:
            results: the results of the row.
        """
        if self.is_array:
            return [results]
        values: list[Any] = results.tolist()
        return [int(v) if i else v for v, i in zip(values, self._integers, strict=True)]

    def of_batch(self, results: Array) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name.

        Args:
            results: the results; shape (rows, results of a row).
        """
        if self.is_array:
            return {self._names[0]: results}
        columns = zip(self._names, results.T, self._integers, strict=True)
        return {name: column.astype("int64") if i else column for name, column, i in columns}
