# SPDX-License-Identifier: Apache-2.0
"""Logs the Python stack of a call that takes long, while it runs (``slow-predict-threshold``)."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import FrameType

from .._native import OpenFunction
from .private_modules import public_names
from .user_frames import called_frames
from .watcher import watcher

_log = logging.getLogger(__name__)

# A call that is seen this often has taken its threshold.
_LOOKS = 4
_SHORTEST_INTERVAL = 0.005
_LOG_INTERVAL = 60.0

# When a stack of a model was logged, by its name.
_logged: dict[str, float] = {}


class SlowCalls:
    """Looks for slow calls of one open function.

    Args:
        opened: the function.
        threshold: the seconds that a call may take.
        where: names the function's subtask.
    """

    def __init__(self, opened: OpenFunction, threshold: float, where: str) -> None:
        self.interval = max(threshold / _LOOKS, _SHORTEST_INTERVAL)
        self._opened = opened
        self._threshold = threshold
        self._where = where
        self._call: tuple[int, int] | None = None
        self._seen = 0.0

    def start(self) -> None:
        """Begins to look."""
        watcher.add(self)

    def stop(self) -> None:
        """Ends to look."""
        watcher.remove(self)

    def look(self) -> None:
        """Logs the stack of a call that was there at earlier looks."""
        now = time.monotonic()
        call = self._opened.call
        if call is None or call != self._call:
            self._call, self._seen = call, now
            return
        if now - self._seen < self._threshold or not self._may_log(now):
            return
        frame = sys._current_frames().get(call[1])
        if self._opened.call == call:
            _logged[self._opened.model] = now
            _log.warning("%s", self._describe(frame, now - self._seen))

    def _may_log(self, now: float) -> bool:
        return now - _logged.get(self._opened.model, float("-inf")) >= _LOG_INTERVAL

    def _describe(self, frame: FrameType | None, seconds: float) -> str:
        stack = [] if frame is None else traceback.extract_stack(frame)
        called = called_frames(stack, lambda line: line.filename)
        text = "".join(traceback.format_list(called)) or "  (no code of the model)\n"
        return public_names(
            f"Model '{self._opened.model}': a call of predict in {self._where} has taken "
            f"{seconds:.1f} s and is still running; 'slow-predict-threshold' is "
            f"{self._threshold:g} s. Its Python stack:\n{text}".rstrip()
        )
