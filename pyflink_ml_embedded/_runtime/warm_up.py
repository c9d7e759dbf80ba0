# SPDX-License-Identifier: Apache-2.0
"""The sample row that a model predicts before its first real one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from .._exceptions import ModelError
from .._native import OpenFunction

_log = logging.getLogger(__name__)


# What takes longer is predicted again, because the first time it loads libraries.
_SLOW_NANOSECONDS = 100_000_000


def warm_up(make_opened: Callable[[], OpenFunction], required: bool, batches: bool) -> int:
    """Predicts the sample row of an open function, in separate columns.

    Returns:
        how many nanoseconds the row took, or 0 if it was not predicted.

    Args:
        make_opened: makes an OpenFunction that calls the same function.
        required: whether a failure is raised, or only logged.
        batches: whether the function predicts batches.
    """
    opened = make_opened()
    try:
        row = opened.function.warm_up_row()
        if row is None:
            return 0
        values = tuple(row)
        took = _predict(opened, values, batches)
        if batches and took > _SLOW_NANOSECONDS:
            took = _predict(opened, values, batches)
        return took
    except Exception as error:
        if required:
            raise ModelError(
                "the sample row of the option 'warm-up' cannot be predicted: override "
                "warm_up_row in the class, or set 'warm-up' = 'false'"
            ) from error
        _log.info("Model '%s' does not accept the sample row: %s", opened.model, error)
        return 0
    finally:
        opened.close()


def _predict(opened: OpenFunction, row: tuple[object, ...], batches: bool) -> int:
    started = time.monotonic_ns()
    if batches:
        opened.predict_batch([row])
    else:
        opened(row)
    return time.monotonic_ns() - started
