"""How native code is told of columns that are not described by Java."""

from __future__ import annotations

import re
from typing import Any

from ._schema import Schema, _split

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


def describe_column(name: str, sql_type: str, nullable: bool = True) -> dict[str, Any]:
    """Describes one column, as ``ArrowTypes.toJson`` does in Java.

    Args:
        name: the column's name.
        sql_type: a type that crosses, as Flink writes it, e.g. ``ARRAY<ROW<a INT NOT NULL>>``.
        nullable: False makes it NOT NULL.
    """
    bare = sql_type.removesuffix(" NOT NULL")
    nullable = nullable and bare == sql_type
    field: dict[str, Any] = {"name": name, "type": bare if nullable else f"{bare} NOT NULL"}
    field["nullable"] = nullable
    match = _TYPE.fullmatch(bare)
    assert match is not None, sql_type
    root, inner = match["root"], match["inner"]
    numbers = [int(number) for number in (match["numbers"] or "").split(",") if number]
    if root == "ARRAY":
        return {**field, "arrow": "+l", "children": [describe_column("item", inner)]}
    if root in ("MAP", "MULTISET"):
        row = f"ROW<{_entry_fields(root, inner)}>"
        return {**field, "arrow": "+m", "children": [describe_column("entries", row, False)]}
    if root == "ROW":
        children = [describe_column(child.name, child.type) for child in Schema.parse(inner)]
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
    key, value = _split(inner)
    return f"key {key}, value {value}"
