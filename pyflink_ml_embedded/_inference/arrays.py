# SPDX-License-Identifier: Apache-2.0
"""The type of a column that holds a row of a tensor."""

from __future__ import annotations

from collections.abc import Sequence


def array_type(element: str, sizes: Sequence[object], *, is_row: bool = False) -> str:
    """Returns the type with one level of ARRAY for each dimension.

    Args:
        element: the type of the elements.
        sizes: the sizes of the dimensions, without that of the rows.
        is_row: whether the tensor is one row. Otherwise a single dimension of length 1 is a single
            value.
    """
    levels = 0 if not is_row and list(sizes) == [1] else len(sizes)
    return "ARRAY<" * levels + element + ">" * levels
