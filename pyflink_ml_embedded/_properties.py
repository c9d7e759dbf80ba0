# SPDX-License-Identifier: Apache-2.0
"""The options ``properties.*`` of the predict functions of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from ._exceptions import MissingPropertyError, ModelError
from ._secrets import hide
from ._sharing import SHARE_PROPERTY


class Properties(dict[str, str]):
    """The options of a model without the prefix, whose repr hides secrets.

    A missing one is reported as the option.
    """

    def __repr__(self) -> str:
        return hide(super().__repr__())

    def __missing__(self, name: str) -> NoReturn:
        raise MissingPropertyError(
            f"option 'properties.{name}' is not set, but the model's class reads it. Set are: "
            f"{_options(sorted(self)) or 'none'}. Add 'properties.{name}' = '...' to the options "
            f"of CREATE MODEL, or read it with .get('{name}', default)"
        )


def check_properties(properties: Mapping[str, str], known: Sequence[str], function: str) -> None:
    """Checks the names of all properties, and the value of ``share-model``.

    Args:
        properties: the options without the prefix ``properties.``.
        known: the names that the function reads; ``share-model`` is always valid.
        function: the name of the function in the message.

    Raises:
        ModelError: a property is unknown, or ``share-model`` is not a boolean.
    """
    names = sorted([*known, SHARE_PROPERTY])
    unknown = sorted(properties.keys() - set(names))
    if unknown:
        raise ModelError(
            f"unknown option {_options(unknown)}; {function} supports {_options(names)}"
        )
    flag(properties, SHARE_PROPERTY, True)


def integer(properties: Mapping[str, str], name: str, default: int, minimum: int) -> int:
    """Reads an integer.

    Raises:
        ModelError: the value is not an integer, or it is below the minimum.
    """
    given = optional_integer(properties, name, minimum)
    return default if given is None else given


def optional_integer(properties: Mapping[str, str], name: str, minimum: int) -> int | None:
    """Reads an integer; returns None if the property is not set.

    Raises:
        ModelError: the value is not an integer, or it is below the minimum.
    """
    given = properties.get(name)
    if given is None:
        return None
    if not given.isdecimal() or int(given) < minimum:
        raise ModelError(
            f"option 'properties.{name}' is '{given}'; it must be an integer of at least {minimum}"
        )
    return int(given)


def choice(properties: Mapping[str, str], name: str, values: Sequence[str], default: str) -> str:
    """Reads one of several values.

    Raises:
        ModelError: the value is not one of them.
    """
    given = properties.get(name, default)
    if given not in values:
        raise ModelError(
            f"option 'properties.{name}' is '{given}'; valid values are: {', '.join(values)}"
        )
    return given


def flag(properties: Mapping[str, str], name: str, default: bool) -> bool:
    """Reads ``true`` or ``false``.

    Raises:
        ModelError: the value is neither.
    """
    return choice(properties, name, ("true", "false"), str(default).lower()) == "true"


def _options(names: Sequence[str]) -> str:
    return ", ".join(f"'properties.{name}'" for name in names)
