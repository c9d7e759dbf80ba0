# SPDX-License-Identifier: Apache-2.0
"""Chooses the columns of a result that fill the columns of OUTPUT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..._exceptions import ConversionError, ModelError
from ..._names import NamesMismatch, listed, match_names
from ..._schema import Schema
from ..._types import SqlType


class ColumnChooser(Protocol):
    """Chooses columns of a table."""

    def choose(self, table: Mapping[Any, Any]) -> list[Any]:
        """Returns an array for each column of OUTPUT.

        Args:
            table: arrays by their labels.

        Raises:
            ConversionError: the columns of the table do not fit.
        """


class ByName:
    """Chooses columns by name, or all columns in order if no name matches.

    Args:
        names: the names of the columns of OUTPUT.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._labels: tuple[Any, ...] | None = None
        self._chosen: list[Any] = []

    def choose(self, table: Mapping[Any, Any]) -> list[Any]:
        """Returns the arrays in the order of OUTPUT."""
        labels = tuple(table)
        if labels != self._labels:
            self._chosen = self._match(labels)
            self._labels = labels
        return [table[label] for label in self._chosen]

    def matches(self, labels: Sequence[Any]) -> bool:
        """Returns whether a label has the name of a column."""
        try:
            return match_names(self._names, as_names(labels)) is not None
        except NamesMismatch:
            return True

    def _match(self, labels: Sequence[Any]) -> list[Any]:
        try:
            indices = match_names(self._names, as_names(labels))
        except NamesMismatch as mismatch:
            raise ConversionError(
                f"the model returned the columns {listed(labels)}, which do not fit the columns of "
                f"OUTPUT: {mismatch}"
            ) from None
        if indices is not None:
            return [labels[index] for index in indices]
        if len(labels) != len(self._names):
            raise unexpected(listed(labels) or "no column", self._names)
        return list(labels)


class ByType:
    """Chooses columns by type, as the ``result_type`` of MLflow's ``spark_udf`` does.

    A column of OUTPUT gets the leftmost column of its type, and an ARRAY gets all of them.

    Args:
        schema: the model's OUTPUT.

    Raises:
        ModelError: OUTPUT has several columns, or a type that has no counterpart.
    """

    def __init__(self, schema: Schema) -> None:
        option = "option 'properties.result-columns' is 'type', which"
        if len(schema) != 1:
            raise ModelError(
                f"{option} needs one column of OUTPUT, and there are {len(schema)}. Remove the "
                "option, so that columns are selected by name"
            )
        self._names = schema.names
        sql_type = schema[0].sql_type
        self._is_array = sql_type.root == "ARRAY"
        item = sql_type.children[0].type if self._is_array else sql_type
        self._family = _FAMILIES.get(item.root)
        if self._family is None:
            raise ModelError(
                f"{option} needs a column of OUTPUT of type {', '.join(_FAMILIES)}, or an ARRAY of "
                f"one of them, and '{schema.names[0]}' is {sql_type}"
            )
        self._item = item
        self._chosen: list[Any] | None = None

    def choose(self, table: Mapping[Any, Any]) -> list[Any]:
        """Returns the only column of OUTPUT."""
        chosen = [label for label, values in table.items() if _fits(values, self._item)]
        if not chosen:
            raise ConversionError(
                f"the model returned no column of the type {self._item.root}; it returned "
                f"{listed(list(table)) or 'no column'}",
                self._names[0],
            )
        chosen = chosen if self._is_array else chosen[:1]
        self._check(chosen, list(table))
        arrays = [list(table[label]) for label in chosen]
        return [list(zip(*arrays, strict=True)) if self._is_array else table[chosen[0]]]

    def _check(self, chosen: list[Any], labels: list[Any]) -> None:
        """Checks that the choice contradicts no name and is the same for all results."""
        if self._chosen is None:
            named = ByName(self._names)
            if not self._is_array and named.matches(labels):
                (label,) = named.choose({label: label for label in labels})
                if label != chosen[0]:
                    raise ConversionError(
                        f"the leftmost column of its type is '{chosen[0]}', but '{label}' has its "
                        "name: rename the column of OUTPUT, or select it by name without the "
                        "option 'properties.result-columns'",
                        self._names[0],
                    )
            self._chosen = chosen
        if chosen != self._chosen:
            raise ConversionError(
                f"the columns of its type are {listed(chosen)}, and they were "
                f"{listed(self._chosen)} in an earlier result: select a column by name",
                self._names[0],
            )


def as_names(labels: Sequence[Any]) -> list[Any]:
    """Returns the labels with text for numbers, as pandas numbers columns."""
    return [str(label) if isinstance(label, int | np.integer) else label for label in labels]


def unexpected(given: str, names: Sequence[str]) -> ConversionError:
    """Returns the error for a result that does not fit the columns of OUTPUT."""
    return ConversionError(f"the model returned {given}; expected the columns {listed(names)}")


def _fits(values: Any, item: SqlType) -> bool:
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if series.dtype == object:
        series = series.infer_objects()
    family = _FAMILIES[item.root]
    if family == "text":
        return bool(pd.api.types.infer_dtype(series, skipna=True) == "string")
    dtype = getattr(series.dtype, "numpy_dtype", series.dtype)  # of pandas' nullable dtypes
    if family == "integer":
        bits = {"TINYINT": 1, "SMALLINT": 2, "INT": 4, "BIGINT": 8}[item.root]
        return dtype.kind in "iu" and np.can_cast(dtype, f"i{bits}")
    return dtype.kind in {"number": "iuf", "boolean": "b"}[family]


_FAMILIES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "number"),
    "BOOLEAN": "boolean",
    **dict.fromkeys(("CHAR", "VARCHAR"), "text"),
}
