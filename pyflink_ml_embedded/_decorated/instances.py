# SPDX-License-Identifier: Apache-2.0
"""Objects of a user's classes, made of the values of columns."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args, get_origin

from .._exceptions import ModelError
from .._hints import ARRAYS, MAPS, bare_hint, is_pydantic, is_record, name_of, record_hints

Convert = Callable[[Any], Any]


def make_builder(record_class: Any) -> Callable[[Iterable[Any]], Any]:
    """Returns what makes an object of the values of its fields, which are in order.

    Raises:
        ModelError: the class cannot be created of all its fields.
    """
    create, keys = constructor_of(record_class)
    convert = make_values_converter(list(record_hints(record_class).values())) or _as_is
    if keys is None:
        return lambda values: create(*convert(values))
    return lambda values: create(**dict(zip(keys, convert(values), strict=True)))


def constructor_of(record_class: Any) -> tuple[Callable[..., Any], Sequence[str] | None]:
    """Returns what creates an object, and the names of its arguments if they have no order.

    Raises:
        ModelError: the class cannot be created of all its fields.
    """
    names = tuple(record_hints(record_class))
    if typing.is_typeddict(record_class):
        return dict, names
    if issubclass(record_class, tuple):
        return record_class, None
    return record_class, _arguments(record_class, names)


def make_values_converter(hints: list[Any]) -> Callable[[Iterable[Any]], list[Any]] | None:
    """Returns what makes objects of the ROWs among values, or None where there are none."""
    converters = [make_converter(hint) for hint in hints]
    if not any(converters):
        return None

    def convert_values(values: Iterable[Any]) -> list[Any]:
        return [
            value if convert is None or value is None else convert(value)
            for convert, value in zip(converters, values, strict=True)
        ]

    return convert_values


def make_converter(hint: Any) -> Convert | None:
    """Returns what makes objects of a ROW, or of those in an ARRAY or MAP; None for other hints."""
    hint = bare_hint(hint)
    if is_record(hint):
        return make_builder(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin not in (*ARRAYS, *MAPS):
        return None
    convert = make_values_converter([args[-1]])
    if convert is None:
        return None
    if origin in ARRAYS:
        return lambda values: [convert((value,))[0] for value in values]
    return lambda entries: {key: convert((value,))[0] for key, value in entries.items()}


def _as_is(values: Iterable[Any]) -> Iterable[Any]:
    return values


def _arguments(record_class: Any, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Returns the names of the arguments of a class, or None if they are passed in order."""
    if is_pydantic(record_class):
        return tuple(_pydantic_argument(record_class, name) for name in names)
    if dataclasses.is_dataclass(record_class):
        fields: tuple[Any, ...] = dataclasses.fields(record_class)
        argument = {field.name: field.name for field in fields}
    else:
        fields = record_class.__attrs_attrs__
        argument = {field.name: field.alias for field in fields}
    for field in fields:
        if not field.init:
            raise ModelError(
                f"field '{field.name}' of {name_of(record_class)} has init=False, so no column "
                "can be passed to it. Remove it, or use another class for INPUT"
            )
    is_by_name = any(field.kw_only for field in fields)
    return tuple(argument[name] for name in names) if is_by_name else None


def _pydantic_argument(model: Any, name: str) -> str:
    alias = model.model_fields[name].validation_alias
    if alias is None:
        return name
    if isinstance(alias, str):
        return alias
    raise ModelError(
        f"field '{name}' of {name_of(model)} has a validation_alias that is not a name: write one "
        "name, or none"
    )
