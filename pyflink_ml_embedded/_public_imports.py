"""Lets code of others, such as pickle, import the modules of a model directory for a while."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from ._private_modules import PrivateModules

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
        finder = _Finder(modules)
        sys.meta_path.insert(0, finder)
        modules.public_in = threading.get_ident()
        try:
            yield
        finally:
            modules.public_in = None
            sys.meta_path.remove(finder)
            for name in finder.aliases:
                sys.modules.pop(name, None)
            sys.path[:] = [path for path in sys.path if not modules.has_file(path)]


class _Finder(MetaPathFinder):
    """Finds private modules by their public names, on the thread for which they are public."""

    def __init__(self, modules: PrivateModules) -> None:
        self._modules = modules
        self._asking = False
        self.aliases: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self._modules.public_in or not self._holds(fullname):
            return None
        private_name = self._modules.private_name(fullname)
        try:
            module = importlib.import_module(private_name)
        except ModuleNotFoundError as error:
            if type(error) is ModuleNotFoundError and error.name == private_name:
                return None
            raise
        self.aliases.append(fullname)
        return ModuleSpec(fullname, _Alias(module))

    def _holds(self, fullname: str) -> bool:
        if self._asking:  # whether anybody else has the module
            return False
        self._asking = True
        try:
            return self._modules.holds(fullname.partition(".")[0])
        finally:
            self._asking = False


class _Alias(Loader):
    """'Loads' a module that is loaded already, under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
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
