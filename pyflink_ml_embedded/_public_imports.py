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
    if modules is None or not modules.has_modules():
        yield
        return
    with _turn, _builtins_of_cloudpickle(modules):
        finder = _Finder(modules)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in finder.aliases:
                sys.modules.pop(name, None)
            sys.path[:] = [path for path in sys.path if not modules.has_file(path)]


class _Finder(MetaPathFinder):
    """Finds private modules by their public names, on the thread that made it."""

    def __init__(self, modules: PrivateModules) -> None:
        self._modules = modules
        self._thread = threading.get_ident()
        self.aliases: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None
        if not self._modules.holds(fullname.partition(".")[0]):
            return None
        private_name = self._modules.private_name(fullname)
        try:
            module = importlib.import_module(private_name)
        except ModuleNotFoundError as error:
            if error.name == private_name:
                return None
            raise
        self.aliases.append(fullname)
        return ModuleSpec(fullname, _Alias(module))


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
def _builtins_of_cloudpickle(modules: PrivateModules) -> Iterator[None]:
    """Gives functions that cloudpickle makes the builtins of the directory's modules."""
    from cloudpickle import cloudpickle  # comes with apache-flink

    own = vars(cloudpickle)["__builtins__"]
    vars(cloudpickle)["__builtins__"] = modules.builtins
    try:
        yield
    finally:
        vars(cloudpickle)["__builtins__"] = own
