# SPDX-License-Identifier: Apache-2.0
"""Lets other code, such as pickle, import the modules of a model directory temporarily."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from .private_modules import Alias, ModelFinder, PrivateModules

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

# Unpickling looks in sys.modules, which can have the modules of only one model at a time.
_turn = threading.RLock()


def turn_of(modules: PrivateModules | None) -> AbstractContextManager[object]:
    """Returns the lock that ``public_imports`` takes, to wait for it before a step begins."""
    return _turn if modules is not None and modules.has_code() else nullcontext()


@contextmanager
def public_imports(modules: PrivateModules | None) -> Iterator[None]:
    """Lets this thread import a directory's modules by their public names.

    A pickle refers to the modules of its classes by name, and ``importlib.import_module`` bypasses
    the ``__import__`` of the directory's modules. Both find the private modules in this context.
    Functions that cloudpickle has pickled by value find them even later. Afterwards
    ``sys.modules`` has no module of the directory under a public name, and ``sys.path`` no path in
    it. A module that was already imported from elsewhere keeps its name.

    Args:
        modules: the modules of the directory, or None.
    """
    if modules is None or not any(layer.has_code() for layer in modules.layers()):
        yield
        return
    with _turn, _private_cloudpickle(modules):
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        _finder.modules = modules
        for layer in modules.layers():
            layer.public_in = threading.get_ident()
        before = set(sys.modules)
        try:
            yield
        finally:
            _finder.modules = None
            while _finder.aliases:
                sys.modules.pop(_finder.aliases.pop(), None)
            for layer in modules.layers():
                layer.public_in = None
                _make_private(layer, sys.modules.keys() - before)
                _take_from_path(layer.added_paths())


def _make_private(modules: PrivateModules, names: Iterable[str]) -> None:
    """Renames modules that were created from a file of the directory without an import.

    MLflow does so with a model's script: ``code_model_`` with a new number for each open.
    """
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        is_own = isinstance(file, str) and modules.has_file(os.path.realpath(file))
        if is_own and not modules.is_private(name):
            sys.modules[modules.private_name(name)] = sys.modules.pop(name)


def _take_from_path(paths: Sequence[str]) -> None:
    if paths:
        # A new list, because a thread that iterates over the old one would skip an entry.
        sys.path = [path for path in sys.path if path not in paths]
    for path in paths:
        sys.path_importer_cache.pop(path, None)


class _Finder(ModelFinder):
    """Finds private modules by their public names in the thread for which they are public.

    It stays in ``sys.meta_path``, because a thread that iterates over the list would skip an entry
    after a removal.
    """

    def __init__(self) -> None:
        self.modules: PrivateModules | None = None
        self.aliases: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        modules = self._public()
        owner = None if modules is None else modules.owner_of(top)
        if owner is None or owner.is_taken(top):
            return None
        private_name = owner.private_name(fullname)
        try:
            module = importlib.import_module(private_name)
        except ModuleNotFoundError as error:
            if type(error) is ModuleNotFoundError and error.name == private_name:
                return None
            raise
        self.aliases.append(fullname)
        return ModuleSpec(fullname, Alias(module))

    def find_distributions(self, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """Finds the metadata of packages in ``lib/`` and below, for ``importlib.metadata``."""
        name = context.name
        modules = self._public()
        if modules is None or not name:
            return
        for layer in modules.layers():
            if not layer.is_taken(name.replace("-", "_")):
                yield from layer.find_distributions(name)

    def _public(self) -> PrivateModules | None:
        """Returns the modules that are public in this thread."""
        modules = self.modules
        return modules if modules and threading.get_ident() == modules.public_in else None


_finder = _Finder()


@contextmanager
def _private_cloudpickle(modules: PrivateModules) -> Iterator[None]:
    """Gives functions and classes that cloudpickle loads the builtins of the directory's modules.

    cloudpickle creates one class for all pickles of a class and updates its methods with each
    pickle, even if the same process has pickled another version. Therefore its registry of classes
    is replaced too.
    """
    if find_spec("cloudpickle") is None:  # it is a dependency of apache-flink, not of this package
        yield
        return
    from cloudpickle import cloudpickle

    names = vars(cloudpickle)
    replaced = {
        "__builtins__": modules.builtins,
        "_DYNAMIC_CLASS_TRACKER_BY_CLASS": WeakKeyDictionary[Any, Any](),
        "_DYNAMIC_CLASS_TRACKER_BY_ID": WeakValueDictionary[Any, Any](),
    }
    own = {name: names[name] for name in replaced}
    names.update(replaced)
    try:
        yield
    finally:
        names.update(own)
