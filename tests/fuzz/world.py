# SPDX-License-Identifier: Apache-2.0
"""The state of hostile objects: each call of their methods reads from the input what it does."""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence
from typing import Any

from pyflink_ml_embedded._native import Columns, OpenFunction

from .cursor import Cursor

MOST_ACTS = 60


class World:
    """What hostile methods act on; without lists and dicts, which they look for to change them."""

    __slots__ = (
        *("acts", "acts_left", "columns", "containers", "cursor", "is_collecting", "is_still"),
        *("kept", "open_function", "views"),
    )

    def __init__(self, cursor: Cursor, acts: Sequence[Callable[[World, Any], Any]]) -> None:
        self.cursor = cursor
        self.acts = acts
        self.acts_left = MOST_ACTS
        self.is_still = False
        self.is_collecting = False
        self.columns: Columns | None = None
        self.open_function: OpenFunction | None = None
        self.containers: collections.deque[Any] = collections.deque()
        self.views: collections.deque[memoryview] = collections.deque()
        self.kept: collections.deque[Any] = collections.deque()

    def track(self, container: Any) -> Any:
        """Returns the container, which hostile methods may change from now on."""
        self.containers.append(container)
        return container

    def build(self, make: Callable[[World], Any]) -> Any:
        """Returns what make does while no hostile method acts."""
        before, self.is_still = self.is_still, True
        try:
            return make(self)
        finally:
            self.is_still = before


# One cell, because the methods of classes such as int subclasses have no other way to the state.
_current: collections.deque[World] = collections.deque(maxlen=1)


def enter(world: World) -> None:
    """Lets hostile methods act."""
    _current.append(world)


def leave() -> None:
    """Makes hostile methods behave normally."""
    _current.clear()


def act(usual: Any) -> Any:
    """Acts as the input says, and returns ``usual`` or a wrong result."""
    if not _current or _current[0].is_still or _current[0].acts_left <= 0:
        return usual
    world = _current[0]
    world.acts_left -= 1
    return world.cursor.choose(world.acts)(world, usual)


def act_in_collection() -> None:
    """Acts as what the garbage collector calls, which may be wherever an object is made."""
    if _current:
        world = _current[0]
        before, world.is_collecting = world.is_collecting, True
        try:
            act(None)
        finally:
            world.is_collecting = before
