# SPDX-License-Identifier: Apache-2.0
"""The settings of ``logging``, by which a model could silence others; see ``process_state``."""

from __future__ import annotations

import logging
from functools import partial

from . import log_levels, own_loggers
from .process_settings import Value
from .process_state import Setting


def log_settings() -> list[Setting]:
    """Returns the settings as they are now."""
    manager = logging.Logger.manager
    return [
        Value("logging.disable", partial(getattr, manager, "disable"), logging.disable),
        Value("the class of loggers", logging.getLoggerClass, logging.setLoggerClass),
        Value("the class of log records", logging.getLogRecordFactory, logging.setLogRecordFactory),
        _RootLevel(),
        _Handler(),
        _DisabledLoggers(),
        _AddedHandlers(),
    ]


class _RootLevel(Setting):
    """The level of Flink's log, which other loggers inherit."""

    name = "the level of the root logger"

    def look(self) -> str | None:
        changed = log_levels.put_root_back()
        return None if changed is None else f"set to {logging.getLevelName(changed)}"


class _Handler(Setting):
    """The handler that writes to Flink's log, and what the root logger does before it."""

    name = "the handler of Flink's log"

    def look(self) -> str | None:
        handler, root = own_loggers.handler, logging.getLogger()
        if handler is None:
            return None
        changed = []
        if handler not in root.handlers:
            root.addHandler(handler)
            changed.append("it was removed")
        if (handler.level, handler.formatter, handler.filters) != (logging.NOTSET, None, []):
            handler.level, handler.formatter, handler.filters = logging.NOTSET, None, []
            changed.append("it had a level, a format or a filter")
        if root.filters or root.disabled:
            root.filters, root.disabled = [], False
            changed.append("the root logger was disabled, or had a filter")
        return ", ".join(changed) or None


class _DisabledLoggers(Setting):
    """Also those that the same model has made: they may be of a library that others use."""

    name = "loggers"

    def __init__(self) -> None:
        self._expected: set[str] = set()
        self._expected = {logger.name for logger in self._disabled()}

    def look(self) -> str | None:
        disabled = self._disabled()
        for logger in disabled:
            logger.disabled = False
        if not disabled:
            return None
        return (
            f"{len(disabled)} were disabled, such as '{min(logger.name for logger in disabled)}'. "
            "logging.config does so unless 'disable_existing_loggers' is False"
        )

    def _disabled(self) -> list[logging.Logger]:
        return [
            logger
            for logger in log_levels.loggers()
            if logger.disabled and logger.name not in self._expected
        ]


class _AddedHandlers(Setting):
    """Some libraries send all records to a service as well."""

    name = "the handlers of the root logger"
    is_put_back = False

    def __init__(self) -> None:
        self._known: set[int] = set()
        self.look()

    def look(self) -> str | None:
        handlers = {
            id(handler): type(handler).__qualname__
            for handler in logging.getLogger().handlers
            if handler is not own_loggers.handler
        }
        added = [name for key, name in handlers.items() if key not in self._known]
        self._known = set(handlers)
        return f"added {', '.join(added)}, which gets the records of all" if added else None
