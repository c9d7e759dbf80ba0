# SPDX-License-Identifier: Apache-2.0
"""The columns of classes whose fields have type hints."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import functools
import operator
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Union, get_args, get_origin

from ._exceptions import ModelError
from ._records import field_names
from ._schema import Field, Schema
from ._type_parser import parse_type
from ._types import Child, SqlType

_PLAIN: Mapping[object, SqlType] = {
    bool: SqlType("BOOLEAN"),
    int: SqlType("BIGINT"),
    float: SqlType("DOUBLE"),
    str: SqlType("VARCHAR"),
    bytes: SqlType("VARBINARY"),
    datetime.date: SqlType("DATE"),
    datetime.time: parse_type("TIME"),
    datetime.datetime: parse_type("TIMESTAMP"),
}
# By name, because a row function need not import numpy.
_NUMPY = {
    "bool": "BOOLEAN",
    "bool_": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "str_": "VARCHAR",
    "bytes_": "VARBINARY",
}
ARRAYS = (list, collections.abc.Sequence)
MAPS = (dict, collections.abc.Mapping)
# Where a SQL type is given, values of these classes are compared with it.
_CHECKED = (*_PLAIN, decimal.Decimal, list, dict)


def columns_from_hint(hint: Any) -> str:
    """Returns the columns of a class with hints, as CREATE MODEL has them.

    Args:
        hint: a dataclass, a NamedTuple, a TypedDict, a class of attrs or a model of pydantic 2.

    Returns:
        E.g. ``"`amount` DOUBLE NOT NULL, `country` STRING"`` for ``amount: float`` and
        ``country: str | None``. The fields that pydantic computes are not columns.

    Raises:
        ModelError: the class has no fields, or the hint of a field does not say its SQL type.
    """
    return str(schema_from_hint(hint))


def schema_from_hint(hint: Any) -> Schema:
    """Returns the same as a Schema."""
    if not is_record(hint):
        raise ModelError(
            f"{name_of(hint)} has no fields with hints: give a dataclass, a NamedTuple, a "
            "TypedDict, a class of attrs or a model of pydantic 2, or write the columns as in "
            "CREATE MODEL"
        )
    return Schema(Field(name, str(child)) for name, child in _children(hint, ()))


def type_from_hint(hint: Any, where: str) -> SqlType:
    """Returns the SQL type of a hint, which is NOT NULL unless the hint allows None.

    Args:
        hint: the hint, e.g. ``float``, ``list[str] | None`` or ``Annotated[int, "INT"]``.
        where: what has the hint, for errors.

    Raises:
        ModelError: the hint does not say its SQL type.
    """
    return _type(hint, where, ())


def is_record(hint: Any) -> bool:
    """Returns whether a hint is a class whose fields are columns."""
    return _is_class(hint) and (is_typed_dict(hint) or is_pydantic(hint) or bool(field_names(hint)))


def _is_class(hint: Any) -> bool:
    """Returns False for ``list[int]`` too, which is an instance of type in Python 3.10."""
    return isinstance(hint, type) and get_origin(hint) is None


def is_typed_dict(record_class: type) -> bool:
    """Returns whether a class is a TypedDict, also one of typing_extensions."""
    return issubclass(record_class, dict) and hasattr(record_class, "__optional_keys__")


def is_pydantic(record_class: type) -> bool:
    """Returns whether a class is a model of pydantic 2."""
    return hasattr(record_class, "__pydantic_decorators__")


def optional(hint: Any) -> tuple[Any, bool]:
    """Returns a hint without None, and whether it allowed None."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    others = tuple(arg for arg in get_args(hint) if arg is not type(None))
    return functools.reduce(operator.or_, others), len(others) < len(get_args(hint))


def bare_hint(hint: Any) -> Any:
    """Returns a hint without None, what Annotated adds, and the names of NewType."""
    return _taken_apart(hint)[0]


def _taken_apart(hint: Any) -> tuple[Any, bool, tuple[str, ...]]:
    """Returns the bare hint, whether None is allowed, and the texts that Annotated adds."""
    nullable = False
    given: tuple[str, ...] = ()
    while True:
        if get_origin(hint) is Annotated:
            hint, *added = get_args(hint)
            given += tuple(text for text in added if isinstance(text, str))
        elif optional(hint)[1]:
            hint, nullable = optional(hint)[0], True
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        else:
            return hint, nullable, given


def hints_of(owner: Any) -> dict[str, Any]:
    """Returns the hints of a class or function, with what Annotated adds.

    Raises:
        ModelError: a hint that is a text cannot be read.
    """
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise ModelError(
            f"the hints of {name_of(owner)} cannot be read: {error}. Import or define what they "
            "name at the top of the module, and not under TYPE_CHECKING"
        ) from error


def name_of(hint: Any) -> str:
    """Returns a hint as it is written, for errors."""
    is_named = _is_class(hint) or isinstance(hint, types.FunctionType)
    return hint.__qualname__ if is_named else str(hint)


def record_hints(record_class: Any) -> dict[str, Any]:
    """Returns the hints of the fields of a class, in order.

    Raises:
        ModelError: a field has none.
    """
    if is_pydantic(record_class):
        # pydantic has read the hints, and keeps what Annotated adds apart.
        return {
            name: operator.getitem(Annotated, (field.annotation, *field.metadata))
            if field.metadata
            else field.annotation
            for name, field in record_class.model_fields.items()
        }
    hints = hints_of(record_class)
    if is_typed_dict(record_class):
        if record_class.__optional_keys__:
            raise ModelError(
                f"{name_of(record_class)}: the keys {sorted(record_class.__optional_keys__)} may "
                "be missing, and columns are always there. Make them required, with the hint "
                "'... | None' if they may be NULL"
            )
        return hints
    names = field_names(record_class) or ()
    missing = [name for name in names if name not in hints]
    if missing:
        raise ModelError(
            f"field '{missing[0]}' of {name_of(record_class)} has no type hint: write one, e.g. "
            f"'{missing[0]}: float'"
        )
    return {name: hints[name] for name in names}


def _children(record_class: Any, outer: tuple[Any, ...]) -> tuple[Child, ...]:
    if record_class in outer:
        raise ModelError(
            f"{name_of(record_class)} contains itself, which a ROW of SQL cannot: remove the field "
            f"of {name_of(outer[-1])} that has it"
        )
    return tuple(
        Child(
            name,
            _type(hint, f"field '{name}' of {name_of(record_class)}", (*outer, record_class)),
        )
        for name, hint in record_hints(record_class).items()
    )


def _type(hint: Any, where: str, outer: tuple[Any, ...]) -> SqlType:
    bare, nullable, given = _taken_apart(hint)
    if given:
        sql_type = _given_type(given, hint, bare, where)
    else:
        sql_type = _type_without_null(bare, hint, where, outer)
    return replace(sql_type, nullable=nullable)


def _given_type(given: tuple[str, ...], hint: Any, bare: Any, where: str) -> SqlType:
    try:
        sql_type = parse_type(" ".join(given))
    except ValueError as error:
        raise ModelError(f"{where}, with the hint {name_of(hint)}: {error}") from None
    bare = get_origin(bare) or bare
    if bare in _CHECKED and not isinstance(sql_type.sample_value, bare):
        raise ModelError(
            f"{where}, with the hint {name_of(hint)}: a value of {sql_type} is of the class "
            f"{type(sql_type.sample_value).__qualname__} in Python, not {name_of(bare)}. Write a "
            "class and a SQL type that belong together"
        )
    return sql_type


def _type_without_null(bare: Any, hint: Any, where: str, outer: tuple[Any, ...]) -> SqlType:
    if bare in _PLAIN:
        return _PLAIN[bare]
    if getattr(bare, "__module__", None) == "numpy" and _is_class(bare):
        root = _NUMPY.get(bare.__name__)
        if root is not None:
            return SqlType(root)
    if is_record(bare):
        return SqlType("ROW", children=_children(bare, outer))
    origin, args = get_origin(bare), get_args(bare)
    if origin in ARRAYS and args:
        return SqlType("ARRAY", children=(Child("item", _type(args[0], where, outer)),))
    if origin in MAPS and args:
        key, value = (_type(arg, where, outer) for arg in args)
        return SqlType("MAP", children=(Child("key", key), Child("value", value)))
    if (element := array_element(bare)) is not None:
        return SqlType("ARRAY", children=(Child("item", _type(element, where, outer)),))
    raise ModelError(f"{where}: {_unknown(bare, hint)}")


def is_ndarray(hint: Any) -> bool:
    """Returns whether a hint is numpy's ndarray, with or without the type of its elements."""
    array = get_origin(hint) or hint
    return getattr(array, "__module__", None) == "numpy" and array.__name__ == "ndarray"


def array_element(hint: Any) -> Any:
    """Returns the class of the elements of ``numpy.typing.NDArray[...]``, or None."""
    element = get_args(get_args(hint)[-1]) if is_ndarray(hint) and get_args(hint) else ()
    return element[0] if element and _is_class(element[0]) else None


def _unknown(bare: Any, hint: Any) -> str:
    shown = name_of(hint)
    if bare is decimal.Decimal:
        return (
            f"the hint {shown} does not say how many digits a DECIMAL has. Write "
            "Annotated[Decimal, 'DECIMAL(10, 2)']"
        )
    if (get_origin(bare) or bare) in (*ARRAYS, *MAPS):
        return (
            f"the hint {shown} does not say the type of its elements. Write list[float] or "
            "dict[str, float], with the classes of the elements"
        )
    if dataclasses.is_dataclass(bare) or get_origin(bare) in (Union, types.UnionType):
        return (
            f"the hint {shown} has no fields or several classes, and a column has one type. "
            "Write one class, with '| None' if the column may be NULL"
        )
    return (
        f"the hint {shown} does not say a SQL type. Valid are bool, int, float, str, bytes, "
        "date, time, datetime, list[...], dict[..., ...], numpy's scalar types, classes with "
        "fields, and '... | None' of them. For others write the SQL type, as in "
        f"Annotated[{shown}, 'STRING']"
    )
