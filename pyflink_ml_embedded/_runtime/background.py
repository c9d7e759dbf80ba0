"""Loading a new version of a model beside rows that are being predicted, which must not wait.

Rows wait for whoever holds the GIL. A thread that loads gives it up every 5 ms; a collection of all
garbage holds it for 0.1 to 0.5 s where large libraries are loaded. So threads are switched sooner
while a version loads, and as long as one is open, collections leave out what is older than the
first: the libraries, and the versions and models that were there before.
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
    """Lets other threads have the GIL soon while this one loads."""
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
    """Leaves what there is out of collections until as many versions have ended."""
    global _versions
    with _lock:
        if _versions == 0:
            gc.freeze()
        _versions += 1


def end_version() -> None:
    """Ends what ``begin_version`` began."""
    global _versions
    with _lock:
        _versions -= 1
        if _versions == 0:
            gc.unfreeze()


def collect(is_gone: Callable[[], bool]) -> None:
    """Frees what a closed function has left, with the shortest stop of other threads that does it.

    Args:
        is_gone: whether the function is gone already, so that only small things can be left.
    """
    gc.collect()
    if not is_gone():
        with _lock:
            gc.unfreeze()
            gc.collect()
            if _versions > 0:
                gc.freeze()
