# SPDX-License-Identifier: Apache-2.0
"""Converts the input example of an MLflow model to a row of INPUT."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..._names import NamesMismatch, match_names
from ..._schema import Schema
from ..._types import SqlType
from ._file import ModelFile

_KINDS: dict[str, tuple[type, ...]] = {
    "BOOLEAN": (bool,),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT"), (int,)),
    **dict.fromkeys(("FLOAT", "DOUBLE"), (int, float)),
    **dict.fromkeys(("CHAR", "VARCHAR"), (str,)),
}


def example_values(model: ModelFile, schema: Schema) -> Mapping[str, Any]:
    """Returns the values of the example's first row that fit their columns of INPUT, by name.

    Values without a JSON type, such as times, are left out. Without an example, an ARRAY has the
    length of its tensor in the signature.
    """
    example = _read(model) or _zeros(model, schema)
    if isinstance(example, Mapping) and "data" in example:
        values = _flat(_first(example["data"]))
        columns = example.get("columns", range(len(values)))  # pandas numbers them
        row = dict(zip(map(str, columns), values, strict=False))
    elif isinstance(example, Mapping):
        row = {name: _first(value) for name, value in example.items()}
    else:
        row = dict(zip(schema.names, _flat(_first(example)), strict=False))
        if len(schema) == 1:
            row = {schema.names[0]: _first(example)}
    found = {field.name: _find(field.name, row) for field in schema}
    return {
        field.name: found[field.name]
        for field in schema
        if _fits(found[field.name], field.sql_type)
    }


def sample_row(model: ModelFile, schema: Schema, sample: Sequence[Any]) -> list[Any]:
    """Returns a sample row, with the values of the example where they fit."""
    example = example_values(model, schema)
    return [example.get(name, value) for name, value in zip(schema.names, sample, strict=True)]


def _find(column: str, row: Mapping[str, Any]) -> Any:
    names = list(row)
    try:
        indices = match_names([column], names)
    except NamesMismatch:
        return None
    return row[names[indices[0]]] if indices else None


def _zeros(model: ModelFile, schema: Schema) -> Mapping[str, Any]:
    """Returns zeros for the columns that are tensors of a fixed size."""
    sizes = {}
    for spec in model.inputs or ():
        shape = spec.get("tensor-spec", {}).get("shape", ())[1:]
        name = spec.get("name", schema.names[0] if len(schema) == 1 else None)
        if shape and -1 not in shape and name in schema.names:
            sizes[name] = math.prod(shape)
    return {"columns": list(sizes), "data": [[[0] * size for size in sizes.values()]]}


def _read(model: ModelFile) -> Any:
    if not model.example or "artifact_path" not in model.example:
        return None
    try:
        with open(model.path_of(model.example["artifact_path"]), encoding="utf-8") as file:
            example = json.load(file)
    except (OSError, ValueError):
        return None
    if isinstance(example, Mapping) and "params" in model.example:
        example = example.get("inputs")
    return example


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else values


def _flat(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _fits(value: Any, sql_type: SqlType) -> bool:
    if sql_type.root == "ARRAY":
        (item,) = sql_type.children
        return isinstance(value, list) and all(_fits(element, item.type) for element in value)
    kinds = _KINDS.get(sql_type.root, ())
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
