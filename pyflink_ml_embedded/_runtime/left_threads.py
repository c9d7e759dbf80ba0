# SPDX-License-Identifier: Apache-2.0
"""Warns of threads that a model has started and that still run after its close."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Iterable

_log = logging.getLogger(__name__)

_OWN = "pyflink-ml-embedded"
_SECONDS = 0.2  # for threads that are about to end


class LeftThreads:
    """The threads that run in this process, and the models that may have started them.

    A thread of a class that a library has derived is one that the library keeps for all.
    """

    def __init__(self) -> None:
        self._known = weakref.WeakSet(threading.enumerate())
        self._models = weakref.WeakKeyDictionary[threading.Thread, frozenset[str]]()
        self._warned: set[frozenset[str]] = set()

    def look(self, models: Iterable[str]) -> None:
        """Takes new threads for those of these models."""
        for thread in threading.enumerate():
            if thread not in self._known:
                self._known.add(thread)
                if type(thread) is threading.Thread and not thread.name.startswith(_OWN):
                    self._models[thread] = frozenset(models)

    def warn(self, open_models: set[str]) -> None:
        """Logs which threads run although all models that may have started them have closed."""
        left = [(t, models) for t, models in self._models.items() if not models & open_models]
        deadline = time.monotonic() + _SECONDS
        names = defaultdict(list)
        for thread, models in left:
            del self._models[thread]
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                names[models].append(thread.name)
        for models in names.keys() - self._warned:
            self._warned.add(models)
            _log.warning(
                "%s is closed, and the threads %s still run, for which each open adds others. End "
                "them in close, e.g. by Executor.shutdown",
                f"Model '{min(models)}'"
                if len(models) == 1
                else f"Each of the models {sorted(models)}",
                sorted(names[models]),
            )
