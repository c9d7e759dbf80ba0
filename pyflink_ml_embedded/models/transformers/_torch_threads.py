# SPDX-License-Identifier: Apache-2.0
"""The number of threads that torch uses for one operation."""

from __future__ import annotations

import logging
import threading
from collections import Counter

import torch

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_counts: Counter[int] = Counter()  # number of threads -> how many open functions set it


class TorchThreads:
    """The number of threads that one function sets.

    torch keeps the number for each calling thread and, in parts of its libraries, for the process.
    It is therefore set again for each call.
    """

    def __init__(self, count: int, model: str) -> None:
        """Counts the number, and logs a warning if another open function has set another number."""
        self._count = count
        with _lock:
            others = sorted(number for number in _counts if number != count)
            _counts[count] += 1
        if others:
            _logger.warning(
                "Model '%s' sets %d intra-op threads, and another model in this process sets %s; "
                "parts of torch share one number: set 'properties.intra-op-threads' to the same "
                "value for all models",
                model,
                count,
                ", ".join(map(str, others)),
            )

    def apply(self) -> None:
        """Sets the number for the calling thread."""
        if torch.get_num_threads() != self._count:
            torch.set_num_threads(self._count)

    def release(self) -> None:
        """Removes the number from the count; must be called once."""
        with _lock:
            _counts[self._count] -= 1
            if not _counts[self._count]:
                del _counts[self._count]
