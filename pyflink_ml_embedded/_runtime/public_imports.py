"""Lets code of others, such as pickle, import the modules of a model directory for a while."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from .private_modules import ModelFinder, PrivateModules

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

# Unpickling looks a module up in sys.modules, so that two models take turns.
_turn = threading.RLock()


@contextmanager
def public_imports(modules: PrivateModules | None) -> Iterator[None]:
    """Lets this thread import a directory's modules by their public names.

    A pickle names the modules of its classes, and ``importlib.import_module`` is not the
    ``__import__`` of the directory's modules. Both find the private modules meanwhile, and so do
    functions that cloudpickle has pickled by value, for all their life. Afterwards nothing of the
    directory is in ``sys.modules`` under a public name, or in ``sys.path``. A public name that
    somebody has imported before keeps its meaning.

    Args:
        modules: those of the directory; None for none.
    """
    if modules is None or not modules.has_code():
        yield
        return
    with _turn, _private_cloudpickle(modules):
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        _finder.modules = modules
        modules.public_in = threading.get_ident()
        before = set(sys.modules)
        try:
            yield
        finally:
            modules.public_in = None
            _finder.modules = None
            while _finder.aliases:
                sys.modules.pop(_finder.aliases.pop(), None)
            _make_private(modules, sys.modules.keys() - before)
            _take_from_path(modules.added_paths())


def _make_private(modules: PrivateModules, names: Iterable[str]) -> None:
    """Renames modules that were made of a file of the directory without an import.

    So MLflow runs a model's script: as ``code_model_`` and a new number with each open.
    """
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        is_own = isinstance(file, str) and modules.has_file(os.path.realpath(file))
        if is_own and not modules.is_private(name):
            sys.modules[modules.private_name(name)] = sys.modules.pop(name)


def _take_from_path(paths: Sequence[str]) -> None:
    if paths:
        # A new list, because a thread that goes through the old one would miss an entry.
        sys.path = [path for path in sys.path if path not in paths]
    for path in paths:
        sys.path_importer_cache.pop(path, None)


class _Finder(ModelFinder):
    """Finds private modules by their public names, on the thread for which they are public.

    It stays in ``sys.meta_path``: a thread that goes through the list when something is taken away
    misses what comes next.
    """

    def __init__(self) -> None:
        self.modules: PrivateModules | None = None
        self.aliases: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        modules = self._public(top)
        if modules is None or not modules.holds(top):
            return None
        private_name = modules.private_name(fullname)
        try:
            module = importlib.import_module(private_name)
        except ModuleNotFoundError as error:
            if type(error) is ModuleNotFoundError and error.name == private_name:
                return None
            raise
        self.aliases.append(fullname)
        return ModuleSpec(fullname, _Alias(module))

    def find_distributions(self, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """Finds the metadata of packages in ``lib/``, for ``importlib.metadata``."""
        name = context.name or ""
        modules = self._public(name.replace("-", "_"))
        return () if modules is None or not name else modules.find_distributions(name)

    def _public(self, top: str) -> PrivateModules | None:
        """Returns the modules that are public to this thread, unless others have the name."""
        modules = self.modules
        if modules is None or threading.get_ident() != modules.public_in or modules.is_taken(top):
            return None
        return modules


_finder = _Finder()


class _Alias(Loader):
    """'Loads' a module that is loaded already, under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        # What a module has put into sys.modules instead of itself may have none.
        self._spec = getattr(module, "__spec__", None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        if self._spec is not None:
            module.__spec__ = self._spec  # importlib has put that of the alias there


@contextmanager
def _private_cloudpickle(modules: PrivateModules) -> Iterator[None]:
    """Gives what cloudpickle makes of values the builtins of the directory's modules.

    It makes one class of all pickles of a class, and the last one's methods would be everybody's,
    also where it is another version that was pickled by the same process; so its memory of classes
    is another one meanwhile.
    """
    from cloudpickle import cloudpickle  # comes with apache-flink

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
