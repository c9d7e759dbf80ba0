# SPDX-License-Identifier: Apache-2.0
"""Builds columns and open functions for the tests, as a request from Java would describe them."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import Any

from pyflink_ml_embedded._native import OpenFunction, Row
from pyflink_ml_embedded._schema import describe_column

SCALAR_TYPES = [
    *["BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES"],
    *["DATE", "TIME(0)", "TIME(3)", "TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP(9)"],
    *["TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(9)", "DECIMAL(10, 2)"],
    "DECIMAL(38, 18)",
]


def column(name: str, sql_type: str, nullable: bool = True) -> dict[str, Any]:
    """Describes a column as a request from Java does."""
    return describe_column(name, sql_type if nullable else f"{sql_type} NOT NULL")


class Function:
    """A predict function that calls a callable."""

    def __init__(self, predict: Callable[[Row], Any]) -> None:
        self._predict = predict

    def predict(self, data: Row) -> Any:
        return self._predict(data)


def open_function(
    predict: Callable[[Row], Any],
    inputs: Sequence[dict[str, Any]],
    outputs: Sequence[dict[str, Any]],
    numpy_arrays: bool = False,
) -> OpenFunction:
    """Opens a function of rows for a model called 'm'."""
    return OpenFunction(
        Function(predict), "m", inputs, outputs, contextvars.Context(), numpy_arrays
    )


def result_of(value: Any, output: dict[str, Any]) -> Any:
    """Returns what a model with one OUTPUT column emits when predict returns ``[(value,)]``."""
    opened = open_function(lambda row: [(value,)], [column("x", "INT")], [output])
    ((emitted,),) = opened([None])
    return emitted
