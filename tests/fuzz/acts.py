# SPDX-License-Identifier: Apache-2.0
"""What hostile methods do."""

from __future__ import annotations

import collections
import gc
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from pyflink_ml_embedded import Row

from .checks import Finding
from .objects import LIES, NAMES, hostile
from .world import World

MOST_ITEMS = 12


class HostileError(Exception):
    """The exception that a hostile method raises."""


def _proceed(world: World, usual: Any) -> Any:
    return usual


def _raise(world: World, usual: Any) -> Any:
    raise HostileError


def _lie(world: World, usual: Any) -> Any:
    return world.build(world.cursor.choose(LIES))


def _change_container(world: World, usual: Any) -> Any:
    if world.containers:
        change(world, world.cursor.choose(world.containers))
    return usual


def change(world: World, container: Any) -> None:
    """Changes a list, dict, Row or bytearray, where that is possible.

    In a collection only Rows change: CPython itself copies lists and dicts in the belief that none
    changes while it makes the copy.
    """
    if world.is_collecting and not isinstance(container, Row):
        return
    try:
        _change(world, container, world.cursor.below(6))
    except (BufferError, OverflowError, TypeError, ValueError):
        return  # its memory is exported, or a hostile method returned a wrong result


def _change(world: World, container: Any, choice: int) -> None:
    if isinstance(container, Row):
        _change_row(world, container, choice)
    elif isinstance(container, bytearray):
        container[:] = bytes(world.cursor.byte())
    elif choice == 0:
        container.clear()
    elif isinstance(container, dict):
        if choice == 1 and container:
            container.popitem()
        elif len(container) < MOST_ITEMS:
            container[world.cursor.choose(NAMES)] = hostile(world)
    elif choice == 1:
        del container[1:]
    elif choice == 2:
        container[:1] = [hostile(world)]
    elif len(container) < MOST_ITEMS:
        container.append(hostile(world) if choice == 3 else list(container))


def _change_row(world: World, row: Row, choice: int) -> None:
    if choice < 3:
        row.set_field_names(
            [hostile(world) for _ in row] if choice == 0 else list(map(str, range(len(row))))
        )
    elif choice == 3:
        row.set_row_kind(hostile(world))
    elif choice == 4:
        row[:] = [hostile(world) for _ in range(len(row))]
    elif len(row) > 0:
        row[0] = hostile(world)


def _collect(world: World, usual: Any) -> Any:
    gc.collect(world.cursor.below(3))
    return usual


def found_objects() -> collections.deque[Any]:
    """Returns the lists, dicts and Rows that the garbage collector knows since run began.

    No tuples: CPython cannot resize the one that it is filling while somebody else holds it.
    """
    return collections.deque(
        found for found in gc.get_objects() if type(found) in (list, dict, Row)
    )


def touch(found: Any) -> None:
    """Reads all of an object, which must not be half built.

    Raises:
        Finding: an item of a list is not there yet; to read it would end the process.
    """
    if isinstance(found, list) and len(gc.get_referents(found)) < len(found):
        raise Finding("a half built list was found")
    for item in found.values() if isinstance(found, dict) else found:
        type(item)


def _touch_found(world: World, usual: Any) -> Any:
    for found in found_objects():
        touch(found)
    return usual


def _change_found(world: World, usual: Any) -> Any:
    for found in found_objects():
        if len(found) < MOST_ITEMS:
            change(world, found)
    return usual


def _keep_found(world: World, usual: Any) -> Any:
    world.kept.extend(found_objects())
    return usual


def _write_again(world: World, usual: Any) -> Any:
    if world.columns is not None:
        world.columns.write(world.containers[0] if world.containers else [])
    return usual


def _read_again(world: World, usual: Any) -> Any:
    if world.columns is not None:
        world.kept.extend(world.columns.rows())
    return usual


def _export_again(world: World, usual: Any) -> Any:
    if world.columns is not None:
        world.kept.append(pa.record_batch(world.columns))
    return usual


def _measure(world: World, usual: Any) -> Any:
    if world.columns is not None:
        return len(world.columns)
    return usual


def _call_open_function(world: World, usual: Any) -> Any:
    if world.open_function is not None and world.containers:
        world.kept.extend(world.open_function(world.containers[0]))
    return usual


def _close_open_function(world: World, usual: Any) -> Any:
    if world.open_function is not None:
        world.open_function.close()
    return usual


def _release_view(world: World, usual: Any) -> Any:
    if world.views:
        world.views[0].release()
    return usual


ACTS: tuple[Callable[[World, Any], Any], ...] = (
    *(_proceed, _proceed, _raise, _lie, _lie, _change_container, _change_container, _collect),
    *(_touch_found, _change_found, _keep_found, _write_again, _read_again, _export_again),
    *(_measure, _call_open_function, _close_open_function, _release_view),
)
