# SPDX-License-Identifier: Apache-2.0
"""Warns of a function whose ``predict`` has only returned None: its ``return`` may be missing."""

from __future__ import annotations

import logging

from .._native import OpenFunction
from .private_modules import public_names

_log = logging.getLogger(__name__)


def warn_if_silent(opened: OpenFunction) -> None:
    """Logs a warning if ``predict`` has returned None for each row until now.

    Native code calls it after the first hundred rows, ``close_function`` after fewer.
    """
    if opened.silent_rows > 0:
        warn_of_silence(opened.model, opened.function, opened.silent_rows)


def warn_of_silence(model: str, function: object, rows: int) -> None:
    """Logs that ``predict`` of a model's function has returned None for its first rows."""
    function_class = type(function)
    _log.warning(
        "Model '%s': %s.predict returned None for all of the first %d rows, so they have no "
        "results. If it drops these rows on purpose, nothing has to be done; otherwise end it "
        "with return and a list of rows",
        model,
        public_names(f"{function_class.__module__}.{function_class.__qualname__}"),
        rows,
    )
