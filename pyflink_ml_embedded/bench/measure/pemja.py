# SPDX-License-Identifier: Apache-2.0
"""The model as the contender ``pemja`` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._native import Row
from .model import load_model
from .workload import load

__all__ = ["PemjaFunction"]


class PemjaFunction:
    """Makes a Row from the values of PemJa, and returns the results as tuples for it.

    Args:
        directory: the directory of the workload.
    """

    def __init__(self, directory: str) -> None:
        workload = load(directory)
        self._names = workload.inputs.names
        self._function: Any = load_model(workload)
        has_arrays = any(field.type.startswith("ARRAY") for field in workload.outputs)
        self._to_tuple = _without_numpy if has_arrays else tuple

    def predict(self, fields: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Predicts one row."""
        row = Row(*fields)
        row.set_field_names(self._names)
        return [self._to_tuple(result) for result in self._function.predict(row)]


def _without_numpy(result: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value.tolist() if hasattr(value, "tolist") else value for value in result)
