# SPDX-License-Identifier: Apache-2.0
"""Puts back what a model changes for the whole process, or warns of it, once a model and setting.

Models cannot be told apart in a process, so a change is looked for where a step of a model ends:
its ``open`` or ``close``, and its first calls. What the settings were when Python started decides.
"""

from __future__ import annotations

import logging
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import Context
from typing import Any, TypeVar

from .._native import OpenFunction
from .left_threads import LeftThreads

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_Step = tuple[str, str]  # a model, and its open, predict or close

_Record = tuple[int, str]  # the level and the text


class Setting(ABC):
    """Something that all models of the process share.

    Attributes:
        name: what it is, for the log.
        is_put_back: whether ``look`` undoes changes.
        level: the level of the record about a change.
    """

    name: str
    is_put_back = True
    level = logging.WARNING

    @abstractmethod
    def look(self) -> str | None:
        """Undoes a change, if it is put back, and returns what it was, or None without one."""


class ProcessState:
    """The settings of the process, and the models that may have changed them; for any thread.

    Before ``install`` there are no settings, as in a worker, whose process is one model's.
    """

    def __init__(self) -> None:
        self._imports: Sequence[Setting] = ()
        self._others: Sequence[Setting] = ()
        self._lock = threading.Lock()
        self._steps: list[_Step] = []
        self._suspects: list[_Step] = []
        self._open: list[OpenFunction] = []
        self._warned: set[tuple[tuple[str, ...], str]] = set()
        self._threads: LeftThreads | None = None

    def install(self, imports: Sequence[Setting], others: Sequence[Setting]) -> None:
        """Begins to look at settings.

        Args:
            imports: what this package needs to run and import modules. Nobody takes parts of it
                away only for a moment, so it is put back at any time.
            others: what is put back where no other model is in the middle of a step.
        """
        self._imports, self._others = imports, others
        self._threads = LeftThreads()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Ends in a forked child, which has its own settings, and where the lock may be held."""
        self._lock = threading.Lock()
        self._imports = self._others = ()
        self._threads = None

    def run(self, context: Context, function: Callable[..., _Result], *args: Any) -> _Result:
        """Calls user code in a context. Then this package can import what it needs."""
        try:
            return context.run(function, *args)
        finally:
            # First, and by itself, because anything else may need what user code has taken away.
            with self._lock:
                records = self._look(self._imports, self._steps)
            _write(records)

    @contextmanager
    def step(self, model: str, name: str) -> Iterator[None]:
        """Looks for changes before and after a step of a model, ``open`` or ``close``.

        The last one of several steps at the same time looks.
        """
        with self._lock:
            records = [] if self._steps else self._look_at_all(self._callers())
            self._steps.append((model, name))
        _write(records)
        try:
            yield
        finally:
            with self._lock:
                self._steps.remove((model, name))
                self._suspects.append((model, name))
                records = [] if self._steps else self._look_at_all(self._suspects)
                if not self._steps:
                    self._suspects.clear()
            _write(records)

    def follow(self, opened: OpenFunction, resources: ExitStack) -> None:
        """Suspects an open function too, until its resources are closed."""
        self._open.append(opened)
        resources.callback(self._open.remove, opened)

    def look_after_call(self) -> None:
        """Looks for changes where no model is in the middle of a step or a call."""
        records: list[_Record] = []
        if self._lock.acquire(blocking=False):
            try:
                if not self._steps and not any(opened.call for opened in self._open):
                    records = self._look_at_all(self._callers())
            finally:
                self._lock.release()
        _write(records)

    def warn_of_threads(self) -> None:
        """Logs which threads a model has left that is closed now."""
        if self._threads is not None:
            with self._lock:
                left = self._threads.take_left({model for model, _ in self._callers()})
            self._threads.warn(left)

    def _callers(self) -> list[_Step]:
        return [(opened.model, "predict") for opened in self._open]

    def _look_at_all(self, suspects: Iterable[_Step]) -> list[_Record]:
        records = self._look((*self._imports, *self._others), suspects)
        if self._threads is not None:
            self._threads.look({model for model, _ in suspects})
        return records

    def _look(self, settings: Iterable[Setting], suspects: Iterable[_Step]) -> list[_Record]:
        """Returns what to log of changes. It is logged without the lock, by restored loggers."""
        changes = [(setting, change) for setting in settings if (change := _look_at(setting))]
        models = tuple(sorted({model for model, _ in suspects}))
        records = []
        for setting, change in changes:
            if (models, setting.name) not in self._warned:
                self._warned.add((models, setting.name))
                what = "This was put back" if setting.is_put_back else "This stays"
                text = (
                    f"{_described(models, suspects)} has changed {setting.name} for all models of "
                    f"this process: {change}. {what}. A model that needs it has its own with the "
                    "option 'execution-mode' = 'process'"
                )
                records.append((setting.level, text))
        return records


def _look_at(setting: Setting) -> str | None:
    try:
        return setting.look()
    except Exception as error:  # the other settings are still looked at
        return f"it cannot be put back: {type(error).__name__}: {error}"


def _described(models: Sequence[str], suspects: Iterable[_Step]) -> str:
    if not models:
        return "Code of no open model"
    who = f"Model '{models[0]}'" if len(models) == 1 else f"One of the models {list(models)}"
    return f"{who}, in {' or '.join(sorted({step for _, step in suspects}))},"


def _write(records: Iterable[_Record]) -> None:
    for level, text in records:
        _log.log(level, "%s", text)


state = ProcessState()
