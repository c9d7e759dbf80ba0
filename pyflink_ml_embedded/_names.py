# SPDX-License-Identifier: Apache-2.0
"""The rule by which columns are matched with names: by name, or by position if no name matches."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class NamesMismatch(Exception):
    """Only some names match, or one name matches several times; the message says which."""


def match_names(
    columns: Sequence[str], names: Sequence[object], by_position: bool = True
) -> list[int] | None:
    """Matches each column with one of the names.

    A column has the name that is equal to it, or else the only one that is equal to it without
    case (``str.casefold``). Names that are left over are the caller's matter.

    Args:
        columns: the names of columns, which are unique.
        names: the names that the other side has; those that are not str match no column.
        by_position: whether columns are matched by position if no name matches; otherwise that is
            an error too.

    Returns:
        For each column the index of its name, or None if no column has one: then the columns are
        matched by position.

    Raises:
        NamesMismatch: only some columns have a name, or a column has several.
    """
    found = [_find(column, columns, names) for column in columns]
    indices = [index for index in found if index is not None]
    if len(indices) == len(columns):
        return indices
    if not indices and by_position:
        return None
    missing = [column for column, index in zip(columns, found, strict=True) if index is None]
    rest = [str(name) for index, name in enumerate(names) if index not in indices]
    rule = ", or by position if no name matches" if by_position else ""
    raise NamesMismatch(
        "; ".join(_missing(column, rest) for column in missing)
        + f"; columns are matched by name{rule}"
    )


def _find(column: str, columns: Sequence[str], names: Sequence[object]) -> int | None:
    """Returns the index of the column's name, or None if there is none."""
    equal = [index for index, name in enumerate(names) if name == column]
    if not equal:
        folded = column.casefold()
        equal = [
            index
            for index, name in enumerate(names)
            if isinstance(name, str) and name.casefold() == folded and name not in columns
        ]
        same = [other for other in columns if other.casefold() == folded and other not in names]
        if equal and len(same) > 1:
            raise NamesMismatch(f"columns {listed(same)} both match the name '{names[equal[0]]}'")
    if len(equal) > 1:
        raise NamesMismatch(
            f"column '{column}' matches several names: {listed([names[i] for i in equal])}"
        )
    return equal[0] if equal else None


def _missing(column: str, rest: Sequence[str]) -> str:
    by_folded = {name.casefold(): name for name in rest}
    nearest = get_close_matches(column.casefold(), by_folded, n=1)
    if nearest:
        return f"no name matches column '{column}'; the nearest is '{by_folded[nearest[0]]}'"
    return f"no name matches column '{column}'" + (f" (left over: {listed(rest)})" if rest else "")


def listed(names: Sequence[object]) -> str:
    """Returns the names in quotes, separated by commas."""
    return ", ".join(f"'{name}'" for name in names)
