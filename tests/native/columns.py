"""Builds columns and row paths for the tests, as a request from Java would describe them."""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable, Sequence
from typing import Any

from pyflink_ml_embedded._native import OpenFunction, Row
from pyflink_ml_embedded._schema import Schema
from pyflink_ml_embedded._schema import _split as split_types

_SIMPLE = {
    "BOOLEAN": "b",
    "TINYINT": "c",
    "SMALLINT": "s",
    "INT": "i",
    "BIGINT": "l",
    "FLOAT": "f",
    "DOUBLE": "g",
    "CHAR": "u",
    "VARCHAR": "u",
    "STRING": "u",
    "BINARY": "z",
    "VARBINARY": "z",
    "BYTES": "z",
    "DATE": "tdD",
    "TIME": "ttm",
}
_TYPE = re.compile(r"(?P<root>\w+)(?:\((?P<numbers>[\d, ]+)\)|<(?P<inner>.*)>)?", re.DOTALL)

SCALAR_TYPES = [
    *["BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES"],
    *["DATE", "TIME(0)", "TIME(3)", "TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP(9)"],
    *["TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(9)", "DECIMAL(10, 2)"],
    "DECIMAL(38, 18)",
]


def column(name: str, sql_type: str, nullable: bool = True) -> dict[str, Any]:
    """Describes one column of a type as SQL DDL has it, e.g. ``ARRAY<ROW<a INT NOT NULL>>``."""
    bare = sql_type.removesuffix(" NOT NULL")
    nullable = nullable and bare == sql_type
    field: dict[str, Any] = {"name": name, "type": bare if nullable else f"{bare} NOT NULL"}
    field["nullable"] = nullable
    match = _TYPE.fullmatch(bare)
    assert match is not None, sql_type
    root, inner = match["root"], match["inner"]
    numbers = [int(number) for number in (match["numbers"] or "").split(",") if number]
    if root == "ARRAY":
        return {**field, "arrow": "+l", "children": [column("item", inner)]}
    if root in ("MAP", "MULTISET"):
        entries = column("entries", f"ROW<{_entry_fields(root, inner)}>", nullable=False)
        return {**field, "arrow": "+m", "children": [entries]}
    if root == "ROW":
        children = [column(child.name, child.type) for child in Schema.parse(inner)]
        return {**field, "arrow": "+s", "children": children}
    if root == "DECIMAL":
        return {**field, "arrow": "d:{},{}".format(*numbers), "precision": numbers[0]}
    if root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        unit = "m" if numbers[0] <= 3 else "u" if numbers[0] <= 6 else "n"
        zone = "UTC" if root == "TIMESTAMP_LTZ" else ""
        return {**field, "arrow": f"ts{unit}:{zone}", "precision": numbers[0]}
    field["arrow"] = _SIMPLE[root]
    if numbers:
        field["precision" if root == "TIME" else "length"] = numbers[0]
    return field


def _entry_fields(root: str, inner: str) -> str:
    if root == "MULTISET":
        return f"key {inner}, value INT NOT NULL"
    key, value = split_types(inner)
    return f"key {key}, value {value}"


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
    numpy_arrays: bool = False,
) -> OpenFunction:
    """Opens a path for a model called 'm'."""
    return OpenFunction(
        Function(predict), "m", inputs, outputs, contextvars.Context(), numpy_arrays
    )


def result_of(value: Any, output: dict[str, Any]) -> Any:
    """Returns what a model with one OUTPUT column emits when predict returns ``[(value,)]``."""
    path = row_path(lambda row: [(value,)], [column("x", "INT")], [output])
    ((emitted,),) = path([None])
    return emitted
