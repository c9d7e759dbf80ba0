# SPDX-License-Identifier: Apache-2.0
"""The options of CREATE MODEL, and those that a model has without Flink."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from .._exceptions import ModelError

PROPERTIES = "properties."
PYTHON_CLASS = "python-predict-class"
BATCH_SIZE = "batch-size"
LENGTH_COLUMN = "batch-length-column"
MAX_LENGTH = "max-batch-length"
WARM_UP = "warm-up"
ALLOW_PICKLE = "allow-pickle"
# Those that Python carries out, and that mean the same without Flink.
APPLIED = (PYTHON_CLASS, BATCH_SIZE, LENGTH_COLUMN, MAX_LENGTH, WARM_UP, ALLOW_PICKLE)
# Those that Java carries out, or that are about TaskManagers.
OF_FLINK = (
    *("python.executable", "python.files", "python.archives", "python.requirements"),
    *("batch-timeout", "max-batch-bytes", "share-python-thread", "python-thread"),
    *("predict-timeout", "metrics-level", "error-handling-strategy", "retry-num"),
    *("retry-initial-backoff", "retry-max-backoff", "retry-fallback-strategy", "retry-exceptions"),
    *("default-value", "error-column", "error-class-column", "max-error-ratio", "error-window"),
    *("slow-predict-threshold", "profile-directory", "tap-directory", "tap-ratio"),
    *("execution-mode", "python-environment", "process-count", "process-memory"),
    *("process-max-restarts", "process-restart-window", "model-reload-interval"),
    *("model-cache-directory", "model-cache-max-size"),
)
# Those that say what the other arguments say.
_GIVEN = {"provider": "generic-python", "model-directory-path": "the directory"}


def check_options(options: Mapping[str, str]) -> None:
    """Checks that options exist, and the values of those that are applied.

    Raises:
        ModelError: an option is unknown or has a value that is not valid.
    """
    for name, value in options.items():
        if name in _GIVEN:
            raise ModelError(f"option '{name}' is always {_GIVEN[name]} here. Remove the option")
        if name.startswith(PROPERTIES) or name in APPLIED or name in OF_FLINK:
            continue
        nearest = get_close_matches(name, [*APPLIED, *OF_FLINK], n=1)
        hint = f"; the nearest is '{nearest[0]}'" if nearest else ""
        raise ModelError(
            f"option '{name}' = '{value}' is unknown{hint}. docs/options.md lists all options; a "
            f"setting of the class is 'properties.{name}'"
        )
    read_flag(options, WARM_UP, False)
    read_flag(options, ALLOW_PICKLE, True)
    read_count(options, BATCH_SIZE)
    if read_count(options, MAX_LENGTH) is not None and LENGTH_COLUMN not in options:
        raise ModelError(f"option '{MAX_LENGTH}' requires '{LENGTH_COLUMN}'")


def read_flag(options: Mapping[str, str], name: str, default: bool) -> bool:
    """Returns the value of an option that is true or false.

    Raises:
        ModelError: it is neither.
    """
    value = options.get(name, str(default)).lower()
    if value not in ("true", "false"):
        raise ModelError(f"option '{name}' is '{options[name]}'; valid are 'true' and 'false'")
    return value == "true"


def read_count(options: Mapping[str, str], name: str) -> int | None:
    """Returns the value of an option that is a number from 1 on, or None if it is not set.

    Raises:
        ModelError: it is not.
    """
    value = options.get(name)
    if value is None:
        return None
    if not value.isdecimal() or not 1 <= int(value) < 2**31:
        raise ModelError(f"option '{name}' is '{value}'; valid is a whole number from 1 on")
    return int(value)


def properties_of(options: Mapping[str, str]) -> dict[str, str]:
    """Returns the options ``properties.*``, without that prefix."""
    return {
        name.removeprefix(PROPERTIES): value
        for name, value in options.items()
        if name.startswith(PROPERTIES)
    }
