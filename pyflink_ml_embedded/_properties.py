"""The options ``properties.*`` of the predict functions of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._exceptions import ModelError
from ._sharing import SHARE_PROPERTY


def check_properties(properties: Mapping[str, str], known: Sequence[str], function: str) -> None:
    """Checks the names of the properties, and the one that all functions have.

    Args:
        properties: the options, without their prefix.
        known: the names that the function has.
        function: the name of its class.

    Raises:
        ModelError: a property is unknown.
    """
    names = sorted([*known, SHARE_PROPERTY])
    unknown = sorted(properties.keys() - set(names))
    if unknown:
        raise ModelError(f"unknown option {_options(unknown)}; {function} has {_options(names)}")
    flag(properties, SHARE_PROPERTY, True)


def integer(properties: Mapping[str, str], name: str, default: int, minimum: int) -> int:
    """Reads a whole number.

    Raises:
        ModelError: it is none, or below the minimum.
    """
    given = properties.get(name, str(default))
    if not given.isdecimal() or int(given) < minimum:
        raise ModelError(f"option 'properties.{name}' is '{given}'; it must be {minimum} or more")
    return int(given)


def choice(properties: Mapping[str, str], name: str, values: Sequence[str], default: str) -> str:
    """Reads one of some values.

    Raises:
        ModelError: it is none of them.
    """
    given = properties.get(name, default)
    if given not in values:
        raise ModelError(f"option 'properties.{name}' is '{given}'; it has: {', '.join(values)}")
    return given


def flag(properties: Mapping[str, str], name: str, default: bool) -> bool:
    """Reads ``true`` or ``false``.

    Raises:
        ModelError: it is neither.
    """
    return choice(properties, name, ("true", "false"), str(default).lower()) == "true"


def _options(names: Sequence[str]) -> str:
    return ", ".join(f"'properties.{name}'" for name in names)
