# SPDX-License-Identifier: Apache-2.0
"""Keeps the levels of Python's loggers those of Flink's log, whose configuration may change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from . import own_loggers
from .private_modules import public_names
from .watcher import watcher

_ROOT = "ROOT"  # SLF4J's name of its root logger


class LogLevels:
    """The levels that are taken from Flink's log; those that code has set stay.

    A logger gets a level if Flink's log has another one for its name than for that of its parent.

    Args:
        ask: asks for the levels of SLF4J's loggers; they are passed to ``apply``, at once or later.
        level: that of the root logger.
    """

    interval = 5.0

    def __init__(self, ask: Callable[[Sequence[str]], None], level: int) -> None:
        self._ask = ask
        self._given = {_ROOT: level}
        self._known: set[str] = set()
        logging.getLogger().setLevel(level)
        own_loggers.adopt(loggers())

    def look(self) -> None:
        """Asks for the levels of all loggers."""
        self._known.clear()
        self.look_for_new()

    def look_for_new(self) -> None:
        """Asks for the levels of loggers that were made since the last look, and their parents."""
        new = [logger for logger in loggers() if logger.name not in self._known]
        if new:
            own_loggers.adopt(new)
            self._known.update(logger.name for logger in new)
            names = {public_names(logger.name) for logger in new} | set(map(_parent_name, new))
            self._ask([_ROOT, *(names - {_ROOT})])

    def apply(self, levels: Mapping[str, int]) -> None:
        """Sets levels, by the names of SLF4J's loggers."""
        self._set(logging.getLogger(), _ROOT, levels[_ROOT])
        for logger in loggers():
            level = levels.get(public_names(logger.name))
            if level is not None:
                inherited = levels.get(_parent_name(logger), level)
                self._set(logger, logger.name, logging.NOTSET if level == inherited else level)

    def put_root_back(self) -> int | None:
        """Sets the level of the root logger again, and returns that which code had set, or None."""
        root = logging.getLogger()
        level = root.level
        if level == self._given[_ROOT]:
            return None
        root.setLevel(self._given[_ROOT])
        return level

    def _set(self, logger: logging.Logger, key: str, level: int) -> None:
        if logger.level == self._given.get(key, logging.NOTSET) and logger.level != level:
            logger.setLevel(level)
            self._given[key] = level


def loggers() -> list[logging.Logger]:
    """Returns all loggers but the root logger."""
    known = list(logging.Logger.manager.loggerDict.values())
    return [logger for logger in known if isinstance(logger, logging.Logger)]


def _parent_name(logger: logging.Logger) -> str:
    parent = logger.parent
    is_root = parent is None or parent is logging.getLogger()
    return _ROOT if parent is None or is_root else public_names(parent.name)


_levels: LogLevels | None = None
_lock = threading.Lock()
_users = 0


def install(ask: Callable[[Sequence[str]], None], level: int) -> None:
    """Sets the level of the root logger, and lets open functions follow changes."""
    global _levels
    if _levels is None:
        _levels = LogLevels(ask, level)
    else:
        _levels.look()


def apply(levels: Mapping[str, int]) -> None:
    """Sets levels, by the names of SLF4J's loggers."""
    if _levels is not None:
        _levels.apply(levels)


def put_root_back() -> int | None:
    """Sets the level of the root logger again, and returns that which code had set, or None."""
    return None if _levels is None else _levels.put_root_back()


def follow(resources: ExitStack) -> None:
    """Sets the levels of new loggers, and later of all, until the resources are closed."""
    global _users
    if _levels is None:
        return
    _levels.look_for_new()
    with _lock:
        if _users == 0:
            watcher.add(_levels)
        _users += 1
    resources.callback(_unfollow)


def _unfollow() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users == 0 and _levels is not None:
            watcher.remove(_levels)
