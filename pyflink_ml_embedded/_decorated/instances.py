# SPDX-License-Identifier: Apache-2.0
"""Objects of a user's classes, made of the values of columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args, get_origin

from .._exceptions import ModelError
from .._hints import (
    ARRAYS,
    MAPS,
    bare_hint,
    is_pydantic,
    is_record,
    is_typed_dict,
    name_of,
    record_hints,
)
from .._names import listed


def constructor_of(record_class: Any) -> tuple[Callable[..., Any], Sequence[str] | None]:
    """Returns what creates an object of its fields.

    Returns:
        The callable, and the names of its arguments, or None if the fields are passed in order.

    Raises:
        ModelError: the class cannot be created of its fields.
    """
    names = tuple(record_hints(record_class))
    if is_typed_dict(record_class):
        return dict, names
    if is_pydantic(record_class):
        return record_class, tuple(_pydantic_argument(record_class, name) for name in names)
    aliases = {field.name: field.alias for field in getattr(record_class, "__attrs_attrs__", ())}
    arguments = tuple(aliases.get(name, name) for name in names)
    try:
        bound = inspect.signature(record_class).bind(**dict.fromkeys(arguments))
    except TypeError as error:
        raise ModelError(
            f"{name_of(record_class)} cannot be created of its fields {listed(arguments)}: "
            f"{error}. Use another class for INPUT"
        ) from None
    in_order = not bound.kwargs and tuple(bound.arguments) == arguments
    return record_class, None if in_order else arguments


def make_converter(hint: Any) -> Callable[[Any], Any] | None:
    """Returns what makes objects of a ROW, or of those in an ARRAY or MAP; None for other hints."""
    hint = bare_hint(hint)
    if is_record(hint):
        return _make_builder(hint)
    origin, args = get_origin(hint), get_args(hint)
    convert = make_converter(args[-1]) if origin in (*ARRAYS, *MAPS) and args else None
    if convert is None:
        return None
    if origin in ARRAYS:
        return lambda values: [None if value is None else convert(value) for value in values]
    return lambda entries: {
        key: None if value is None else convert(value) for key, value in entries.items()
    }


def _make_builder(record_class: Any) -> Callable[[Iterable[Any]], Any]:
    create, keys = constructor_of(record_class)
    converters = [make_converter(hint) for hint in record_hints(record_class).values()]

    def build(row: Iterable[Any]) -> Any:
        values = [
            value if convert is None or value is None else convert(value)
            for convert, value in zip(converters, row, strict=True)
        ]
        return create(*values) if keys is None else create(**dict(zip(keys, values, strict=True)))

    return build


def _pydantic_argument(model: Any, name: str) -> str:
    alias = model.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else name
