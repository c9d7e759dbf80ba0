# SPDX-License-Identifier: Apache-2.0
"""Reads the params of an MLflow signature from the options ``properties.*``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..._exceptions import ModelError


def read_params(
    specs: Sequence[Mapping[str, Any]], properties: Mapping[str, str]
) -> dict[str, Any]:
    """Returns all params of the signature: the values of the properties, otherwise defaults.

    Raises:
        ModelError: a value does not have the param's type.
    """
    params = {}
    for spec in specs:
        name = str(spec["name"])
        default = spec.get("default")
        if name not in properties:
            # The default of a datetime is written as text.
            params[name] = _parsed(spec, default) if _type(spec) == "datetime" else default
            continue
        given = properties[name]
        try:
            params[name] = _parsed(spec, json.loads(given) if _is_json(spec) else given)
        except (TypeError, ValueError):
            kind = f"a JSON array of {_type(spec)}" if spec.get("shape") else _type(spec)
            raise ModelError(
                f"option 'properties.{name}' is '{given}'; it must be {kind}"
            ) from None
    return params


def _type(spec: Mapping[str, Any]) -> str:
    return str(spec.get("type") or spec.get("dtype"))


def _is_json(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("shape")) or _type(spec) == "object"


def _parsed(spec: Mapping[str, Any], given: Any) -> Any:
    """Reads a value from text, or checks one that JSON has as its own type."""
    if given is None:
        return None
    read = _READERS.get(_type(spec))
    if read is None:
        return given
    if spec.get("shape"):
        if not isinstance(given, list):
            raise TypeError
        return [read(item) for item in given]
    return read(given)


def _boolean(given: Any) -> bool:
    return {"true": True, "false": False, True: True, False: False}[given]


def _integer(bits: int) -> Callable[[Any], int]:
    def read(given: Any) -> int:
        if isinstance(given, bool | float):
            raise TypeError
        number = int(given)
        if not -(2**bits) <= number < 2**bits:
            raise ValueError
        return number

    return read


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


def _datetime(given: Any) -> Any:
    value = np.datetime64(given).item()  # as MLflow reads it
    if isinstance(value, int):
        raise ValueError
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "integer": _integer(31),
    "long": _integer(63),
    "float": float,
    "double": float,
    "string": _text,
    "datetime": _datetime,
}
