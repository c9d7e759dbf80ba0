# SPDX-License-Identifier: Apache-2.0
"""One thread that looks at open functions at intervals, while there is something to look at."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Protocol

_log = logging.getLogger(__name__)

# The thread may log while the JVM ends, and never return then.
_LIMIT = 10.0


class Watched(Protocol):
    """What the thread looks at.

    Attributes:
        interval: the seconds from one look to the next.
    """

    interval: float

    def look(self) -> None:
        """Looks. It is not called while it runs, and not after ``remove`` has returned."""


class Watcher:
    """The thread and what it looks at; for any thread.

    The thread starts with the first object that is added and ends with the last one that is
    removed. A forked child has no such thread, and starts none.
    """

    _thread: threading.Thread | None

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def add(self, watched: Watched) -> None:
        """Begins to look at an object, after its interval."""
        with self._changed:
            self._due[watched] = time.monotonic() + watched.interval
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="pyflink-ml-embedded-watcher", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def remove(self, watched: Watched) -> None:
        """Ends to look at an object, and waits until no look at it is in progress."""
        with self._changed:
            self._due.pop(watched, None)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._looks_at is not watched, _LIMIT)
            thread = None if self._due else self._thread
        if thread is not None:
            thread.join(_LIMIT)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Watched, float] = {}
        self._looks_at: Watched | None = None
        self._thread = None

    def _run(self) -> None:
        while (watched := self._next()) is not None:
            try:
                watched.look()
            except Exception:  # it must not end what the other models need
                _log.exception("A look at an open model failed")
            with self._changed:
                self._looks_at = None
                self._changed.notify_all()

    def _next(self) -> Watched | None:
        """Waits until something is due, and returns it; or returns None where nothing is left."""
        with self._changed:
            while self._due:
                watched, due = min(self._due.items(), key=lambda item: item[1])
                now = time.monotonic()
                if due <= now:
                    self._due[watched] = now + watched.interval
                    self._looks_at = watched
                    return watched
                self._changed.wait(due - now)
            self._thread = None
            return None


watcher = Watcher()
