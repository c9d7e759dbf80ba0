# SPDX-License-Identifier: Apache-2.0
"""Writes the warnings of this package to Flink's log, even if models have changed ``logging``."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

_PACKAGE, _MODELS = "pyflink_ml_embedded.", "pyflink_ml_embedded._models."

handler: logging.Handler | None = None
"""The handler that writes to Flink's log, once there is one."""


class OwnLogger(logging.Logger):
    """Passes warnings to the handler of Flink's log itself. Flink's log has the level to write."""

    def isEnabledFor(self, level: int) -> bool:
        """Returns True for warnings, in spite of ``logging.disable``."""
        return level >= logging.WARNING or super().isEnabledFor(level)

    def makeRecord(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Returns a plain record, in spite of ``logging.setLogRecordFactory``."""
        name, level, file, line, text, values, error, function, _, stack = args
        return logging.LogRecord(
            name, level, file, line, text, values, error, function, stack, **kwargs
        )

    def handle(self, record: logging.LogRecord) -> None:
        """Passes one record, in spite of a disabled logger and changed handlers."""
        if record.levelno < logging.WARNING or handler is None:
            super().handle(record)
            return
        handler.emit(record)
        for other in logging.getLogger().handlers:
            if other is not handler and record.levelno >= other.level:
                other.handle(record)


def adopt(loggers: Iterable[logging.Logger]) -> None:
    """Changes the class of those loggers that are of this package."""
    for logger in loggers:
        is_own = logger.name.startswith(_PACKAGE) and not logger.name.startswith(_MODELS)
        if is_own and type(logger) is logging.Logger:
            logger.__class__ = OwnLogger
