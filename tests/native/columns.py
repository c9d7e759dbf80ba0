"""Builds row paths for the tests, as a request from Java would describe them."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import Any

from pyflink_ml_embedded._native import Row, RowPath

ARROW = {
    "BOOLEAN": "b",
    "TINYINT": "c",
    "SMALLINT": "s",
    "INT": "i",
    "BIGINT": "l",
    "FLOAT": "f",
    "DOUBLE": "g",
    "STRING": "u",
    "BYTES": "z",
    "DATE": "tdD",
    "TIME(0)": "ttm",
    "TIME(3)": "ttm",
    "TIMESTAMP(0)": "tsm:",
    "TIMESTAMP(3)": "tsm:",
    "TIMESTAMP(6)": "tsu:",
    "TIMESTAMP(9)": "tsn:",
    "TIMESTAMP_LTZ(3)": "tsm:UTC",
    "TIMESTAMP_LTZ(6)": "tsu:UTC",
    "TIMESTAMP_LTZ(9)": "tsn:UTC",
    "DECIMAL(10, 2)": "d:10,2",
    "DECIMAL(38, 18)": "d:38,18",
}


def column(
    name: str, sql_type: str, nullable: bool = True, length: int | None = None
) -> dict[str, Any]:
    """Describes one column; ``length`` is the n of ``VARCHAR(n)``."""
    field: dict[str, Any] = {"name": name, "type": sql_type, "nullable": nullable}
    if length is None:
        field["arrow"] = ARROW[sql_type]
    else:
        field["arrow"] = "z" if "BINARY" in sql_type else "u"
        field["length"] = length
    if sql_type.startswith("TIME"):
        field["precision"] = int(sql_type[-2])
    return field


class Function:
    """A predict function made of a callable."""

    def __init__(self, predict: Callable[[Row], Any]) -> None:
        self._predict = predict

    def predict(self, data: Row) -> Any:
        return self._predict(data)


def row_path(
    predict: Callable[[Row], Any],
    inputs: Sequence[dict[str, Any]],
    outputs: Sequence[dict[str, Any]],
) -> RowPath:
    """Opens a path for a model called 'm'."""
    return RowPath(Function(predict), "m", inputs, outputs, contextvars.Context())


def result_of(value: Any, output: dict[str, Any]) -> Any:
    """Returns what a model with one OUTPUT column emits when predict returns ``[(value,)]``."""
    path = row_path(lambda row: [(value,)], [column("x", "INT")], [output])
    ((emitted,),) = path([None])
    return emitted
