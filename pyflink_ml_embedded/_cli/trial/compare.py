# SPDX-License-Identifier: Apache-2.0
"""Compares the results of one row on both paths."""

from __future__ import annotations

import math
from typing import Any

from ..._native import Row

# Libraries add numbers in another order in a batch, and FLOAT has 24 bits.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8


def difference(alone: list[Row], batched: list[Row]) -> str | None:
    """Returns how the results differ, without values; or None if they are equal.

    Numbers with a fraction may differ in the last digits that FLOAT has.
    """
    if len(alone) != len(batched):
        return (
            f"it has {len(alone)} results alone and {len(batched)} in a batch; they must not "
            "depend on the other rows"
        )
    for one, other in zip(alone, batched, strict=True):
        for name, left, right in zip(one._fields, one, other, strict=True):
            if not _is_equal(left, right):
                return (
                    f"column '{name}': the result alone is not that in a batch; it must not depend "
                    "on the other rows"
                )
    return None


def _is_equal(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or math.isclose(left, right, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(left, (list, Row)) and isinstance(right, (list, Row)):
        return len(left) == len(right) and all(map(_is_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            _is_equal(value, right[key]) for key, value in left.items()
        )
    return bool(left == right)
