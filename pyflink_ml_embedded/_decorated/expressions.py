# SPDX-License-Identifier: Apache-2.0
"""Arguments of a call as text, for functions that are compiled once and called for each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._hints import record_hints
from .instances import constructor_of, make_converter


def arguments_of_call(
    numbered: Iterable[tuple[str | None, int]],
    hints: Mapping[int, Any],
    names: dict[str, Any],
    value: str,
) -> str:
    """Returns the arguments of a call, and adds the functions in them to names.

    Args:
        numbered: the name of each argument, or None, and the number of its column.
        hints: the hints of columns.
        names: what the call can use.
        value: how the value of a column is written, e.g. ``"data[{}]"``.
    """
    by_position, by_name = [], []
    for name, number in numbered:
        text = value.format(number)
        if (convert := make_converter(hints.get(number))) is not None:
            names[f"convert{number}"] = convert
            text = f"None if {text} is None else convert{number}({text})"
        if name is None:
            by_position.append(text)
        else:
            by_name.append(f"{name!r}: {text}")
    return ", ".join([*by_position, f"**{{{', '.join(by_name)}}}"] if by_name else by_position)


def new_record(record: Any, names: dict[str, Any], value: str) -> str:
    """Returns the creation of an object of its fields, with what it needs in names."""
    hints = dict(enumerate(record_hints(record).values()))
    names["record"], keys = constructor_of(record)
    numbered = [(None if keys is None else keys[number], number) for number in hints]
    return f"record({arguments_of_call(numbered, hints, names, value)})"
