# SPDX-License-Identifier: Apache-2.0
"""Converts rows of INPUT to the DataFrame that a column-based signature describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ._columns import (
    Check,
    Misfit,
    Spec,
    frame_converter,
    frame_dtype,
    match_specs,
    natural_spec,
    numpy_dtype,
)
from ._rows import NumberColumn, NumberRow, one_value


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """A column of the DataFrame.

    Attributes:
        name: the name of the column of INPUT.
        label: the label in the DataFrame.
        type: the type of the column of INPUT.
        spec: the type that the values are converted to.
    """

    name: str
    label: Any
    type: pa.DataType
    spec: Spec


def natural_columns(fields: Sequence[pa.Field]) -> list[FrameColumn]:
    """Returns the columns for a model without a signature: names and types are those of INPUT."""
    return [
        FrameColumn(f.name, f.name, f.type, {**natural_spec(f.type), "required": False})
        for f in fields
    ]


def map_columns(specs: Sequence[Spec], fields: Sequence[pa.Field]) -> list[FrameColumn]:
    """Maps columns of INPUT to the inputs of a signature: by name, or by position without names.

    Raises:
        Misfit: they do not fit.
    """
    if len(specs) == 1 and "name" not in specs[0] and specs[0].get("type") == "object":
        # From the type hint list[some class]: MLflow creates its objects from the columns.
        specs = [{**spec, "name": name} for name, spec in specs[0]["properties"].items()]
    if all("name" not in spec for spec in specs):
        if len(specs) != len(fields):
            raise Misfit(f"there are {len(fields)} columns for {len(specs)} inputs without names")
        pairs = zip(fields, specs, strict=True)
        return [FrameColumn(field.name, field.name, field.type, spec) for field, spec in pairs]
    by_name = {str(spec.get("name")): spec for spec in specs}
    matched = match_specs([field.name for field in fields], by_name, "")
    of_input = dict(zip(matched, fields, strict=True))
    return [
        FrameColumn(of_input[name].name, spec["name"], of_input[name].type, spec)
        for name, spec in by_name.items()
        if name in of_input
    ]


class FrameInputs:
    """Makes DataFrames, with the columns in the order of the signature.

    Args:
        columns: the columns of the DataFrame.
        fields: the columns of INPUT.
        check: what MLflow checks the DataFrame against.
    """

    def __init__(
        self, columns: Sequence[FrameColumn], fields: Sequence[pa.Field], check: Check
    ) -> None:
        names = [field.name for field in fields]
        self._columns = [
            (
                column.label,
                names.index(column.name),
                column.type,
                frame_converter(column.name, column.type, column.spec, check),
            )
            for column in columns
        ]
        self._labels = pd.Index([column.label for column in columns])
        numbers: dict[np.dtype[Any], list[int]] = {}
        self._others = []
        for place, column in enumerate(columns):
            dtype = frame_dtype(column.spec, check)
            if dtype is None:
                self._others.append(place)
            else:
                numbers.setdefault(dtype, []).append(place)
        self._numbers = [
            (self._labels[places], NumberRow([_number(columns[p], names) for p in places], dtype))
            for dtype, places in numbers.items()
        ]
        order = [place for places in numbers.values() for place in places] + self._others
        self._order = np.argsort(order) if order != sorted(order) else None

    @property
    def is_text(self) -> bool:
        """Whether the only column has text."""
        return len(self._columns) == 1 and pa.types.is_string(self._columns[0][2])

    def of_batch(self, arrays: Sequence[pa.Array]) -> pd.DataFrame:
        """Converts the columns of a batch."""
        return pd.DataFrame(
            {label: _series(convert(arrays[index])) for label, index, _, convert in self._columns}
        )

    def groups(self, arrays: Sequence[pa.Array]) -> None:
        """Returns None: all rows have the same columns."""

    def of_row(self, values: Sequence[Any]) -> pd.DataFrame:
        """Converts one row."""
        parts = [
            pd.DataFrame(row.matrix(values), columns=labels, copy=False)
            for labels, row in self._numbers
        ]
        for place in self._others:
            label, index, arrow_type, convert = self._columns[place]
            parts.append(
                pd.DataFrame({label: _series(convert(one_value(values[index], arrow_type)))})
            )
        frame = parts[0] if len(parts) == 1 else pd.concat(parts, axis=1)
        return frame if self._order is None else frame.take(self._order, axis=1)


def _number(column: FrameColumn, names: Sequence[str]) -> NumberColumn:
    return NumberColumn(column.name, names.index(column.name), numpy_dtype(column.type))


def _series(values: Any) -> pd.Series:
    """Returns a Series that keeps objects, which pandas would partly convert to numbers."""
    return pd.Series(values, dtype=object) if isinstance(values, list) else pd.Series(values)
