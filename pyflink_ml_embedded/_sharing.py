# SPDX-License-Identifier: Apache-2.0
"""Objects that the functions of one model share in this process, such as its weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

_T = TypeVar("_T")

SHARE_PROPERTY = "share-model"


class _Loaded:
    """An object that is loaded once and kept while a function uses it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.loading = False
        self.value: list[Any] = []


_lock = threading.Lock()
# An entry is removed with the last SharedObjects that hold it.
_all: WeakValueDictionary[tuple[Hashable, Hashable], _Loaded] = WeakValueDictionary()


class SharedObjects:
    """The shared objects that one function uses.

    Args:
        model: the key of the functions that share objects; with None, a function shares with no
            other.
        on_change: gets the number of objects that the function uses, and of those that it has
            loaded, when they have changed.
    """

    def __init__(
        self,
        model: Hashable | None = None,
        on_change: Callable[[int, int], None] = lambda held, loaded: None,
    ) -> None:
        self._model = object() if model is None else model
        self._held: dict[Hashable, _Loaded] = {}
        self._loaded = 0
        self._on_change = on_change

    def get(self, key: Hashable, load: Callable[[], _T]) -> _T:
        """Returns an object as ``PredictContext.shared`` does."""
        loaded = self._hold(key)
        with loaded.lock:
            if loaded.loading:
                raise RuntimeError(f"the shared object {key!r} is requested while it is loaded")
            if not loaded.value:
                loaded.loading = True
                try:
                    loaded.value.append(load())
                    self._loaded += 1
                finally:
                    loaded.loading = False
            value: _T = loaded.value[0]
        self._on_change(len(self._held), self._loaded)
        return value

    def release(self) -> None:
        """Drops the objects that no other function uses."""
        with _lock:
            held, self._held = self._held, {}
        held.clear()  # without the lock, because destructors may run

    def _hold(self, key: Hashable) -> _Loaded:
        with _lock:
            loaded = self._held.get(key)
            if loaded is None:
                name = (self._model, key)
                loaded = _all.get(name)
                if loaded is None:
                    loaded = _all[name] = _Loaded()
                self._held[key] = loaded
            return loaded
