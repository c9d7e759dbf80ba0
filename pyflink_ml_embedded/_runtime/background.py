# SPDX-License-Identifier: Apache-2.0
"""Short pauses for rows that are predicted while a new version of the model loads.

Rows wait for the thread that holds the GIL. A thread that loads releases it every 5 ms, and a full
garbage collection holds it for 0.1 to 0.5 s if large libraries are loaded. Therefore threads are
switched more often while a version loads. As long as a version is open, collections skip the
objects that are older than the first version: libraries, and earlier versions and models.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SWITCH_INTERVAL = 1e-4

_lock = threading.Lock()
_loading = 0
_usual_interval = 0.0
_versions = 0


@contextmanager
def giving_way() -> Iterator[None]:
    """Lets other threads get the GIL sooner while this one loads."""
    global _loading, _usual_interval
    with _lock:
        _loading += 1
        if _loading == 1:
            _usual_interval = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        with _lock:
            _loading -= 1
            if _loading == 0:
                sys.setswitchinterval(_usual_interval)


def begin_version() -> None:
    """Excludes all present objects from collections until the last version has ended."""
    global _versions
    with _lock:
        if _versions == 0:
            gc.freeze()
        _versions += 1


def end_version() -> None:
    """Ends a version; after the last one, collections see all objects again."""
    global _versions
    with _lock:
        _versions -= 1
        if _versions == 0:
            gc.unfreeze()


def collect(is_gone: Callable[[], bool]) -> None:
    """Frees the remains of a closed function, and stops other threads no longer than needed.

    Args:
        is_gone: returns whether the function has been freed, so that only small objects can remain.
    """
    gc.collect()
    if not is_gone():
        with _lock:
            if _versions > 0:  # otherwise the first collection has seen all objects
                gc.unfreeze()
                gc.collect()
                gc.freeze()
