# SPDX-License-Identifier: Apache-2.0
"""The life of a function: a line in the log when it is open, and one when it is closed.

The same text is what native code prints when the process crashes.
"""

from __future__ import annotations

import logging
import os
import time

from .._native import Activity
from .request import OpenRequest

_log = logging.getLogger("pyflink_ml_embedded.lifecycle")

_alive: set[Lifecycle] = set()


def describe_all() -> list[str]:
    """Returns the texts of the functions of this process, which are open, opened or closed."""
    return sorted(str(lifecycle) for lifecycle in tuple(_alive))


class Lifecycle(Activity):
    """The life of one function, from when the calling thread begins to open it."""

    def __init__(self, request: OpenRequest) -> None:
        self._request = request
        self._python_class: str | None = request.python_class
        self._directory = None if request.files is None else request.files.directory
        self._began = time.monotonic()
        _alive.add(self)
        self.describe(str(self))
        self.note_open()

    def find(self, python_class: str, directory: str | None) -> None:
        """Notes the class and the directory, which may have been fetched or determined by files."""
        self._python_class, self._directory = python_class, directory
        self.describe(str(self))

    def log_open(self) -> None:
        """Logs that the function is open."""
        self.note_wait()
        self._log("Opened")

    def begin_close(self) -> None:
        """Notes that the calling thread closes the function."""
        self._began = time.monotonic()
        self.note_close()

    def log_close(self) -> None:
        """Logs that the function is closed."""
        self.end()
        self._log("Closed")

    def end(self) -> None:
        """Notes that the function is neither open nor opened any more."""
        self.note_wait()
        _alive.discard(self)

    def __str__(self) -> str:
        return f"model '{self._request.model}': {self._details()}"

    def _log(self, step: str) -> None:
        seconds = time.monotonic() - self._began
        _log.info(
            "%s model '%s' in %.3f s: %s", step, self._request.model, seconds, self._details()
        )

    def _details(self) -> str:
        version = self._request.version
        parts = [
            self._python_class and f"class '{self._python_class}'",
            version and f"version '{version}'",
            self._directory and f"directory '{self._directory}'",
            self._request.caller,
            f"process id {os.getpid()}",
        ]
        return ", ".join(part for part in parts if part)
