# SPDX-License-Identifier: Apache-2.0
"""Drives the converters with what the fuzzer's bytes describe.

The first byte says what is right, wrong or hostile. What is right must come back as it was; what is
not may raise, but only what code of a user should see.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .acts import ACTS
from .attack import attack, misdescribe
from .checks import Finding, cross, is_expected
from .cursor import Cursor, columns_from
from .world import World, leave

_MODES: tuple[Callable[[World, list[dict[str, Any]], bool], None], ...] = (
    *(attack, cross, attack, attack, attack, cross, attack, misdescribe),
)


def run(data: bytes) -> None:
    """Drives columns and an open function with the objects that the bytes describe.

    Raises:
        Finding: what came back, or what was raised, is wrong.
    """
    cursor = Cursor(data)
    world = World(cursor, ACTS)
    mode = cursor.choose(_MODES)
    arrays = cursor.below(4) == 3
    fields = columns_from(cursor)
    with _watched(world):
        mode(world, fields, arrays)


@contextlib.contextmanager
def _watched(world: World) -> Iterator[None]:
    """Notes what finalizers raise, hides from the garbage collector what is older, and cleans up.

    The collector runs only where the input says so: else it would depend on what ran before.
    """
    hook, threshold = sys.unraisablehook, gc.get_threshold()
    unraisable: collections.deque[BaseException] = collections.deque()

    def note(raised: Any) -> None:
        if raised.exc_value is not None and not is_expected(raised.exc_value):
            unraisable.append(raised.exc_value)

    sys.unraisablehook = note
    gc.disable()
    gc.freeze()
    gc.collect()
    try:
        yield
    finally:
        leave()
        world.kept.clear()
        world.containers.clear()
        world.columns = world.open_function = None
        gc.collect()
        gc.unfreeze()
        gc.set_threshold(*threshold)
        gc.enable()
        sys.unraisablehook = hook
    if unraisable:
        raise Finding(repr(unraisable[0])) from unraisable[0]
