# SPDX-License-Identifier: Apache-2.0
"""Reads the ``model_config`` of an MLflow model from the options ``properties.model-config.*``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..._exceptions import ModelError
from ._file import ModelFile

_PREFIX = "model-config."


def config_properties(model: ModelFile) -> Sequence[str]:
    """Returns the properties that change a value of the model's configuration."""
    return [_PREFIX + str(key) for key in _defaults(model)]


def read_config(model: ModelFile, properties: Mapping[str, str]) -> dict[str, Any]:
    """Returns the model's configuration: the values of the properties, otherwise the saved ones.

    Raises:
        ModelError: a value does not have the type of the saved one.
    """
    config = dict(_defaults(model))
    for key, default in config.items():
        name = f"{_PREFIX}{key}"
        if name in properties:
            config[key] = _parsed(name, properties[name], default)
    return config


def _defaults(model: ModelFile) -> Mapping[str, Any]:
    config = model.python_function.get("config")
    return config if isinstance(config, Mapping) else {}


def _parsed(name: str, given: str, default: Any) -> Any:
    if isinstance(default, str):
        return given
    try:
        value = json.loads(given)
    except ValueError:
        value = None
    kinds = (int, float) if isinstance(default, float) else type(default)
    is_kind = isinstance(value, kinds) and isinstance(value, bool) == isinstance(default, bool)
    if default is None and given != "null":
        return given if value is None else value
    if not is_kind:
        raise ModelError(
            f"option 'properties.{name}' is '{given}'; it must be JSON of the type of the saved "
            f"value, {json.dumps(default)}"
        )
    return float(value) if isinstance(default, float) else value
