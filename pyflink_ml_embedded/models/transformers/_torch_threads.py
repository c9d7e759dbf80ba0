"""How many threads torch uses for one operation."""

from __future__ import annotations

import logging
import threading
from collections import Counter

import torch

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_asked: Counter[int] = Counter()  # how many open functions ask for each number


class TorchThreads:
    """The number of threads that one function asks for.

    torch keeps it for each thread that calls it and, in parts of its libraries, for the process,
    so it is set again with each call.
    """

    def __init__(self, count: int, model: str) -> None:
        """Takes note of the number, and warns where other open functions ask for another."""
        self._count = count
        with _lock:
            others = sorted(number for number in _asked if number != count)
            _asked[count] += 1
        if others:
            _logger.warning(
                "model '%s' asks torch for %d intra-op threads, another model in this process for "
                "%s; torch has one number for parts of its work: set "
                "'properties.intra-op-threads' to the same for all",
                model,
                count,
                ", ".join(map(str, others)),
            )

    def apply(self) -> None:
        """Sets the number for the calling thread."""
        if torch.get_num_threads() != self._count:
            torch.set_num_threads(self._count)

    def release(self) -> None:
        """Takes the note away; called once."""
        with _lock:
            _asked[self._count] -= 1
            if not _asked[self._count]:
                del _asked[self._count]
