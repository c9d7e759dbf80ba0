# SPDX-License-Identifier: Apache-2.0
"""The sample row that a model predicts before its first real one."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .._exceptions import ModelError
from .._native import OpenFunction

_log = logging.getLogger(__name__)


def warm_up(make_opened: Callable[[], OpenFunction], required: bool, batches: bool) -> None:
    """Predicts the sample row of an open function, in separate columns.

    Args:
        make_opened: makes an OpenFunction that calls the same function.
        required: whether a failure is raised, or only logged.
        batches: whether the function predicts batches.
    """
    opened = make_opened()
    try:
        row = opened.function.warm_up_row()
        if row is None:
            return
        if batches:
            opened.predict_batch([tuple(row)])
        else:
            opened(tuple(row))
    except Exception as error:
        if required:
            raise ModelError(
                "the sample row of the option 'warm-up' cannot be predicted: override "
                "warm_up_row in the class, or set 'warm-up' = 'false'"
            ) from error
        _log.info("Model '%s' does not accept the sample row: %s", opened.model, error)
    finally:
        opened.close()
