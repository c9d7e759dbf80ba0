# SPDX-License-Identifier: Apache-2.0
"""The options of a model, from Python values."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping

PROVIDER = "generic-python"
DIRECTORY = "model-directory-path"

_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")


def model_options(directory: str | os.PathLike[str], given: Mapping[str, object]) -> dict[str, str]:
    """Returns the options of a model of this provider, as CREATE MODEL has them.

    Args:
        directory: the model's directory. A relative path is one of this process.
        given: the other options: ``batch_size`` is ``batch-size``. A mapping has the options whose
            names begin with its own: ``properties={"top-k": 3}`` is ``properties.top-k``. None
            leaves an option out.

    Raises:
        TypeError: a value has no text.
        ValueError: an option is given twice, or is not one of CREATE MODEL.
    """
    options = {"provider": PROVIDER, DIRECTORY: _absolute(os.fspath(directory))}
    for name, value in _flat(given):
        if name in options:
            raise ValueError(f"option '{name}' is given twice, or is the argument 'directory'")
        options[name] = _text(name, value)
    return options


def _absolute(directory: str) -> str:
    return directory if _URI.match(directory) else os.path.abspath(directory)


def _flat(given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in given.items():
        name = key if "." in key else key.replace("_", "-")
        parts = (
            {f"{name}.{part}": item for part, item in value.items()}
            if isinstance(value, Mapping)
            else {name: value}
        )
        yield from ((part, item) for part, item in parts.items() if item is not None)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.timedelta):
        return f"{value // datetime.timedelta(milliseconds=1)} ms"
    if isinstance(value, str | int | float | os.PathLike):
        return str(value)
    raise TypeError(
        f"option '{name}' is a {type(value).__name__}; it must be a str, bool, int, float, path or "
        "timedelta"
    )
