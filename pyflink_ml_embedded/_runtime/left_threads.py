# SPDX-License-Identifier: Apache-2.0
"""Warns of threads that a model has started and that still run after its close."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterable

_log = logging.getLogger(__name__)

_OWN = "pyflink-ml-embedded"
_SECONDS = 0.2  # for threads that are about to end


_Left = list[tuple[threading.Thread, tuple[str, ...]]]


class LeftThreads:
    """The threads that run in this process, and the models that may have started them.

    A thread of a class that a library has derived is one that the library keeps for all. One thread
    at a time may look and take.
    """

    def __init__(self) -> None:
        self._known = weakref.WeakSet(threading.enumerate())
        self._models = weakref.WeakKeyDictionary[threading.Thread, tuple[str, ...]]()
        self._reported: set[tuple[str, ...]] = set()

    def look(self, models: Iterable[str]) -> None:
        """Takes new threads for those of these models."""
        names = tuple(sorted(set(models)))
        for thread in threading.enumerate():
            if thread not in self._known:
                self._known.add(thread)
                if type(thread) is threading.Thread and not thread.name.startswith(_OWN):
                    self._models[thread] = names

    def take_left(self, open_models: set[str]) -> _Left:
        """Returns the threads of which all models have closed."""
        left = [pair for pair in self._models.items() if open_models.isdisjoint(pair[1])]
        for thread, _ in left:
            del self._models[thread]
        return left

    def warn(self, left: _Left) -> None:
        """Logs which of the threads do not end, once for the same models; on any thread."""
        deadline = time.monotonic() + _SECONDS
        for thread, _ in left:
            thread.join(max(0.0, deadline - time.monotonic()))
        running = [(thread, models) for thread, models in left if thread.is_alive()]
        for models in {models for _, models in running} - self._reported:
            self._reported.add(models)
            _log.warning(
                "Model '%s' is closed, and the threads %s still run, for which each open adds "
                "others. End them in close, e.g. by Executor.shutdown",
                "' or '".join(models),
                sorted(thread.name for thread, others in running if others == models),
            )
