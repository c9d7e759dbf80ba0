# SPDX-License-Identifier: Apache-2.0
"""How the columns of INPUT are passed to the parameters of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from .._exceptions import ModelError
from .._hints import hints_of, name_of, type_from_hint
from .._names import listed
from .._schema import Field, Schema

_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def read_parameters(function: Callable[..., Any]) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Returns the parameters of a function, and the hints of those that have one.

    Raises:
        ModelError: it has no parameter, or a hint cannot be read.
    """
    hints = hints_of(function)
    parameters = dict(inspect.signature(function).parameters)
    if not parameters:
        raise ModelError(
            f"{name_of(function)} has no parameters: it takes the columns of INPUT, e.g. "
            f"'def {function.__name__}(amount: float)'"
        )
    return parameters, hints


def columns_of_parameters(
    function: Callable[..., Any],
    parameters: dict[str, Parameter],
    hints: dict[str, Any],
) -> Schema:
    """Returns a column for each parameter, of the type of its hint.

    Raises:
        ModelError: a parameter is not clearly a column, or its hint does not say a type.
    """
    fields = []
    for name, parameter in parameters.items():
        where = f"parameter '{name}' of {name_of(function)}"
        if parameter.kind in _VARIADIC or name not in hints:
            raise ModelError(
                f"{where} does not say its type: write a hint, e.g. '{name}: float', or give "
                "inputs='...' with the columns as in CREATE MODEL"
            )
        if parameter.default is not Parameter.empty:
            raise ModelError(
                f"{where} has a default, so it may be a column or not. Remove the default, or "
                "give inputs='...' with the columns as in CREATE MODEL"
            )
        fields.append(Field(name, str(type_from_hint(hints[name], where))))
    return Schema(fields)


def match_columns(function: Callable[..., Any], columns: Schema) -> inspect.BoundArguments:
    """Returns the arguments of a function, each of which is the number of a column.

    Columns are matched with parameters by name, or in order if no name matches. ``*args`` and
    ``**kwargs`` take the columns that are left.

    Raises:
        ModelError: a column has no parameter, or a parameter without a default has no column.
    """
    arguments = _match(inspect.signature(function), columns.names)
    if arguments is None:
        raise ModelError(
            f"the parameters of {name_of(function)} are {inspect.signature(function)}, and its "
            f"columns are {listed(columns.names)}. Give each column a parameter of its name, or "
            "name no parameter like a column to pass them in order"
        )
    return arguments


def _match(signature: inspect.Signature, columns: list[str]) -> inspect.BoundArguments | None:
    """Returns the arguments with the number of a column for each."""
    numbers = range(len(columns))
    try:
        return signature.bind(**dict(zip(columns, numbers, strict=True)))
    except TypeError:
        names = list(signature.parameters)
        if names != columns and set(names) & set(columns):
            return None
    try:
        return signature.bind(*numbers)
    except TypeError:
        return None
