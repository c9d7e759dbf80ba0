"""Work beside rows that are being predicted, which must not wait for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# A thread that asks for the GIL waits for so long; by default it is 5 ms.
_SWITCH_INTERVAL = 1e-4

_lock = threading.Lock()
_users = 0
_usual_interval = 0.0


@contextmanager
def giving_way() -> Iterator[None]:
    """Lets threads that predict rows have the GIL soon while this one loads a model."""
    global _users, _usual_interval
    with _lock:
        _users += 1
        if _users == 1:
            _usual_interval = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                sys.setswitchinterval(_usual_interval)
