# SPDX-License-Identifier: Apache-2.0
"""What a row function returns: one value, one row, or several."""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin

from .._exceptions import ModelError
from .._hints import bare_hint, is_record, name_of, schema_from_hint, type_from_hint
from .._native import Row
from .._schema import Field, Schema
from .columns import UNNAMED

_ITERATORS = (
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
)
_NO_HINT = object()
_VALUE = "[(result,)]"
_VALUES = "None if result is None else [(value,) for value in result]"
_ROW = "None if result is None else [result]"
_ROWS = "result"


def result_hint(function: Callable[..., Any], hints: dict[str, Any]) -> tuple[Any, bool]:
    """Returns the hint of one result of a function, and whether the function returns several."""
    hint = hints.get("return", _NO_HINT)
    is_generator = inspect.isgeneratorfunction(function)
    bare = bare_hint(hint)
    origin, args = get_origin(bare), get_args(bare)
    if origin in _ITERATORS and args:
        return args[0], True
    if origin is list and args and is_record(bare_hint(args[0])):
        return args[0], True
    return (_NO_HINT if is_generator else hint), is_generator


def columns_of_result(function: Callable[..., Any], hint: Any) -> Schema:
    """Returns the columns of one result, from its hint.

    Raises:
        ModelError: there is no hint, or it does not say the columns.
    """
    if hint in (_NO_HINT, type(None)):
        raise ModelError(
            f"{name_of(function)} does not say what it returns: write a hint, e.g. '-> float', or "
            "give outputs='...' with the columns as in CREATE MODEL"
        )
    return columns_of_hint(hint, f"the result of {name_of(function)}")


def columns_of_hint(hint: Any, where: str) -> Schema:
    """Returns the columns of a class with fields, or the only column of another hint.

    Raises:
        ModelError: the hint does not say the columns.
    """
    if is_record(bare_hint(hint)):
        return schema_from_hint(bare_hint(hint))
    return Schema([Field(UNNAMED, str(type_from_hint(hint, where)))])


def returned_expression(hint: Any, several: bool, columns: int) -> str:
    """Returns the expression by which ``predict`` returns the function's ``result``.

    A result is a value if there is one column, unless its hint is Row or a class with fields.

    Args:
        hint: the hint of one result.
        several: whether the function returns several.
        columns: the number of OUTPUT columns.
    """
    bare = bare_hint(hint)
    if columns == 1 and not is_record(bare) and bare is not Row:
        return _VALUES if several else _VALUE
    return _ROWS if several or get_origin(bare) is list else _ROW
