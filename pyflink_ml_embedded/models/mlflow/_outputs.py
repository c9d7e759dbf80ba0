# SPDX-License-Identifier: Apache-2.0
"""Compares the columns of OUTPUT with the outputs that a signature declares."""

from __future__ import annotations

from collections.abc import Sequence

from ..._names import NamesMismatch, listed, match_names
from ..._schema import Schema
from ._columns import Spec
from ._file import ModelFile
from ._result_columns import as_names


def outputs_fit(model: ModelFile, schema: Schema) -> bool | None:
    """Returns whether the outputs of the signature fit OUTPUT, or None if that is not known.

    A single column of type ARRAY, MAP or ROW may hold several outputs, so nothing is known then.
    """
    if not model.outputs or (len(schema) == 1 and schema[0].sql_type.is_nested):
        return None
    labels = _labels(model.outputs)
    if labels is None:
        width = _width(model.outputs)
        return None if width is None else width == len(schema)
    try:
        indices = match_names(schema.names, as_names(labels))
    except NamesMismatch:
        return False
    return indices is not None or len(labels) == len(schema)


def shown_outputs(model: ModelFile) -> str:
    """Returns the outputs of the signature for a message."""
    labels = _labels(model.outputs or ())
    if labels is not None:
        return listed(labels)
    width = _width(model.outputs or ())
    return f"{width} without a name" if width else "not known"


def _labels(specs: Sequence[Spec]) -> list[object] | None:
    """Returns the names of the outputs, or None if they have none."""
    if len(specs) == 1 and specs[0].get("type") == "object" and "name" not in specs[0]:
        return list(specs[0]["properties"])
    return [spec["name"] for spec in specs] if all("name" in spec for spec in specs) else None


def _width(specs: Sequence[Spec]) -> int | None:
    """Returns how many outputs without names each row has, or None if that is not known."""
    if len(specs) == 1 and specs[0]["type"] in ("map", "array", "any"):
        return None
    if specs[0]["type"] != "tensor":
        return len(specs)
    shape = specs[0]["tensor-spec"]["shape"]
    if len(specs) > 1 or len(shape) not in (1, 2) or shape[-1] == 0:
        return None
    width = 1 if len(shape) == 1 else int(shape[1])
    return None if width < 0 else width
