# SPDX-License-Identifier: Apache-2.0
"""What Python needs to run and to import modules; see ``process_state``.

What models add to it stays.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .process_state import Setting

_OWN, _MODELS = "pyflink_ml_embedded", "pyflink_ml_embedded._models"
_REPLACED = ("__main__", "_pemja")  # the second by each interpreter of PemJa
_LIBRARIES = ("numpy", "pandas", "pyarrow")  # of the formats of batches, which load them later
_missing = object()


def import_settings() -> list[Setting]:
    """Returns the settings as they are now. The builtins are first, because the others use them."""
    return [
        _Builtins(),
        _Modules(),
        _Searched("meta_path", id),
        _Searched("path_hooks", id),
        _Searched("path", str),
    ]


class _Builtins(Setting):
    name = "builtins"

    def __init__(self) -> None:
        self._names = vars(builtins)
        self._expected = {name: value for name, value in self._names.items() if name != "_"}

    def look(self) -> str | None:
        # Until they are put back, this calls no builtin.
        names, expected = self._names, self._expected
        changed = [
            name for name, value in expected.items() if names.get(name, _missing) is not value
        ]
        for name in changed:
            names[name] = expected[name]
        return _listed("replaced or removed", changed)


class _Modules(Setting):
    """The modules that were loaded when Python started, and those of this package and batches."""

    name = "sys.modules"

    def __init__(self) -> None:
        self._expected = {
            name: module for name, module in list(sys.modules.items()) if name not in _REPLACED
        }
        self._seen = {*_REPLACED, *self._expected}

    def look(self) -> str | None:
        modules, expected = sys.modules, self._expected
        changed = [name for name, module in expected.items() if modules.get(name) is not module]
        for name in changed:
            modules[name] = expected[name]
            parent, _, child = name.rpartition(".")
            if parent in modules:
                setattr(modules[parent], child, expected[name])
        for name in _LIBRARIES:
            if modules.get(name, _missing) is None:  # which makes an import of it fail
                del modules[name]
                changed.append(name)
        self._adopt()
        return _listed("replaced or removed", changed)

    def _adopt(self) -> None:
        for name in sys.modules.keys() - self._seen:
            top = name.partition(".")[0]
            if name.startswith(_MODELS):
                continue
            if top == _OWN or top in _LIBRARIES or top in sys.stdlib_module_names:
                module = sys.modules.get(name)
                spec: Any = getattr(module, "__spec__", None)
                # Neither a replacement, such as 'pysqlite3' under the name 'sqlite3', nor a module
                # whose import may still fail.
                if not module or not spec or spec.name != name or spec._initializing:
                    continue
                self._expected[name] = module
            self._seen.add(name)


class _Searched(Setting):
    """A list in which imports search: the items that were there stay, in their order.

    A finder of a model's own code is removed: it would find for all models, and keep the model.

    Args:
        name: that of the list, an attribute of ``sys``.
        key: returns by what items are compared, without calling code of theirs.
    """

    def __init__(self, name: str, key: Callable[[Any], object]) -> None:
        self.name = f"sys.{name}"
        self._list = name
        self._key = key
        self._expected = self._by_key(getattr(sys, name))

    def look(self) -> str | None:
        expected = self._expected
        actual = self._by_key(getattr(sys, self._list))
        kept = [key for key in actual if key in expected]
        own = [key for key, item in actual.items() if _is_of_model(item)]
        if kept == list(expected) and not own:
            return None
        added = [key for key in actual if key not in expected and key not in own]
        first = list(actual).index(kept[0]) if kept else 0
        before = [key for key in list(actual)[:first] if key in added]
        after = [key for key in added if key not in before]
        items = {**actual, **expected}
        # A new list, because a thread that iterates over the old one would skip an entry.
        setattr(sys, self._list, [items[key] for key in (*before, *expected, *after)])
        sys.path_importer_cache.clear()  # it remembers paths for which there was no hook
        removed = [_described(item) for key, item in expected.items() if key not in kept]
        return (
            _listed("removed", removed)
            or _listed("added", [_described(actual[key]) for key in own])
            or "its order"
        )

    def _by_key(self, items: Iterable[Any]) -> dict[object, Any]:
        found: dict[object, Any] = {}
        for item in items:
            found.setdefault(self._key(item), item)
        return found


def _is_of_model(item: object) -> bool:
    return str(getattr(item, "__module__", "")).startswith(_MODELS)


def _described(item: object) -> str:
    return item if isinstance(item, str) else getattr(item, "__qualname__", type(item).__qualname__)


def _listed(what: str, names: Iterable[str]) -> str | None:
    """Returns a text that lists some of the names, or None without one."""
    found = list(names)
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"{what} {', '.join(found[:5])}{more}" if found else None
