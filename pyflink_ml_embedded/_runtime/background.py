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
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SWITCH_INTERVAL = 1e-4


def _count_of_one_variable() -> int:
    """Returns the reference count of what one variable refers to; 3.14 counts no argument."""
    variable = object()
    return sys.getrefcount(variable)


_ONE_VARIABLE = _count_of_one_variable()

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


def is_loading() -> bool:
    """Returns whether threads are switched more often now."""
    return _loading > 0


def has_versions() -> bool:
    """Returns whether objects are excluded from collections now."""
    return _versions > 0


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


def collect(function: weakref.ref[Any] | None) -> None:
    """Frees the remains of a closed function, and stops other threads no longer than needed.

    Args:
        function: refers to the function, so that only small objects can remain once it is gone;
            None where nothing can refer to it weakly.
    """
    gc.collect()
    if function is not None:
        _free_cycles(function)
        if function() is None:
            return
    with _lock:
        if _versions > 0:  # otherwise the first collection has seen all objects
            gc.unfreeze()
            gc.collect()
            gc.freeze()


def _free_cycles(reference: weakref.ref[Any]) -> None:
    """Empties a function if only its own parts refer to it, as in ``self.step = self.predict``.

    Collections skip it if it is older than a version. A part is an object that only the function,
    or one other part, refers to.
    """
    function = reference()
    attributes = getattr(function, "__dict__", None)
    if attributes is None:
        return
    cycles = 0
    parts: list[object] = []
    referents = list(attributes.values())  # 3.13 does not return those of this dict
    while True:
        for referent in referents:
            if referent is function:
                cycles += 1
            # The part, the list and this variable refer to it.
            elif gc.is_tracked(referent) and sys.getrefcount(referent) == _ONE_VARIABLE + 2:
                parts.append(referent)
        if not parts:
            break
        referents = gc.get_referents(parts.pop())
    referents, referent = [], None
    if sys.getrefcount(function) == _ONE_VARIABLE + cycles:
        attributes.clear()
