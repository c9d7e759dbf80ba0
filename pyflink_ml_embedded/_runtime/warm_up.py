"""The made-up row that a model predicts before its first real one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from .._exceptions import ModelError
from .._native import OpenFunction

_log = logging.getLogger(__name__)


def warm_up(
    make_path: Callable[[], OpenFunction], required: Literal["try"] | bool, batches: bool
) -> None:
    """Predicts the made-up row of an open function, in columns of its own.

    Args:
        make_path: makes a path to the function.
        required: whether a failure is raised; with ``"try"`` it is logged.
        batches: whether the function predicts batches.
    """
    path = make_path()
    try:
        row = path.function.warm_up_row()
        if row is None:
            return
        if batches:
            path.predict_batch([tuple(row)])
        else:
            path(tuple(row))
    except Exception as error:
        if required != "try":
            raise ModelError(
                "the made-up row of the option 'warm-up' cannot be predicted: override "
                "warm_up_row in the class, or set 'warm-up' = 'false'"
            ) from error
        _log.info("Model '%s' does not take the made-up row: %s", path.model, error)
    finally:
        path.close()
