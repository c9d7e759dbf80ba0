# SPDX-License-Identifier: Apache-2.0
"""The Python modules of a model directory, which other models do not see.

A directory becomes a private package with the modules in the directory itself and in its ``code/``
and ``lib/``. They have their own ``__import__``, which looks there first, for imports at the top of
a file as well as in a function.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import itertools
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from .._exceptions import ModelError
from . import open_directories

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

_PACKAGE = "pyflink_ml_embedded._models"
_PRIVATE = re.compile(rf"\b{re.escape(_PACKAGE)}\.m\d+\.")
# MLflow saves a model's code in the first; vendored packages are in the second.
_SUBDIRECTORIES = ("code", "lib")
_CODE_SUFFIXES = (".py", ".pkl", ".pickle", ".joblib", *EXTENSION_SUFFIXES)

_Fingerprint: TypeAlias = tuple[tuple[str, int, int], ...]

_lock = threading.Lock()
_open: dict[str, PrivateModules] = {}  # by the name of the private package
# A model keeps its numbers, so that loggers and other objects named after a module do not
# accumulate when it is opened repeatedly. It has several while several versions are open.
_numbers: dict[tuple[str, int], int] = {}


def public_names(text: str) -> str:
    """Returns the text with the public names of private modules."""
    return _PRIVATE.sub("", text)


def directory_with(module: str) -> str | None:
    """Returns the directory of an open model that has a top-level module, or None."""
    models = list(_open.values())
    return next((model.directory for model in models if model.holds(module)), None)


class PrivateModules:
    """The modules of one directory with one fingerprint. The last user drops them.

    Attributes:
        directory: the real path of the directory.
        fingerprint: the names, sizes and modification times of its files.
        builtins: the builtins of the modules, whose ``__import__`` looks in the directory first.
        public_in: the ``threading.get_ident`` of the thread in which ``public_imports`` makes the
            modules available under their public names.
    """

    def __init__(self, directory: str, fingerprint: _Fingerprint, package: str) -> None:
        self.directory = directory
        self.fingerprint = fingerprint
        self.builtins = {**vars(builtins), "__import__": self._import}
        self.public_in: int | None = None
        self._package = package
        self._users = 0
        self._held: dict[str, bool] = {}
        below = (os.path.join(directory, name) for name in _SUBDIRECTORIES)
        self._paths = [directory, *filter(os.path.isdir, below)]
        self._foreign_paths = frozenset(sys.path)

    @staticmethod
    def of(directory: str, origin: str | None = None) -> PrivateModules:
        """Returns the modules of a directory; the caller releases them.

        Args:
            directory: a directory on this host.
            origin: the address of the model, of which the directory may be one version; by default
                the directory.

        Raises:
            ModelError: the directory cannot be read.
        """
        try:
            os.listdir(directory)
        except OSError as error:
            raise ModelError(
                f"option 'model-directory-path': cannot read the directory '{directory}' on this "
                f"host: {error.strerror}"
            ) from None
        directory = os.path.realpath(directory)
        fingerprint = _fingerprint_of(directory)
        with _lock:
            for modules in _open.values():
                if (modules.directory, modules.fingerprint) == (directory, fingerprint):
                    break
            else:
                names = (_package(origin or directory, count) for count in itertools.count())
                package = next(name for name in names if name not in _open)
                modules = _open[package] = PrivateModules(directory, fingerprint, package)
                modules._add_package()
                _update_directories()
            modules._users += 1
            return modules

    def release(self) -> None:
        """Ends the use by one caller; the last one drops the modules."""
        # Freed after the lock is released, because destructors may run.
        dropped: list[object] = []
        with _lock:
            self._users -= 1
            if self._users > 0:
                return
            del _open[self._package]
            _update_directories()
            for name in list(sys.modules):
                if name == self._package or self.is_private(name):
                    dropped.append(sys.modules.pop(name))
            for path in list(sys.path_importer_cache):
                if self.has_file(path):
                    dropped.append(sys.path_importer_cache.pop(path))

    def has_file(self, path: str) -> bool:
        """Returns whether a path is the directory or is in it."""
        return path == self.directory or path.startswith(self.directory + os.sep)

    def added_paths(self) -> list[str]:
        """Returns the paths in the directory that the model has added to ``sys.path``."""
        return [
            path
            for path in sys.path
            if path not in self._foreign_paths and self.has_file(os.path.realpath(path))
        ]

    def has_code(self) -> bool:
        """Returns whether a file may be a module or a pickle."""
        return any(name.endswith(_CODE_SUFFIXES) for name, *_ in self.fingerprint)

    def holds(self, name: str) -> bool:
        """Returns whether the directory has the top-level module; remembers the answer."""
        if self.public_in == threading.get_ident():
            self._adopt_paths()
        held = self._held.get(name)
        if held is None:
            held = self._held[name] = self._find(name)
        return held

    def is_taken(self, name: str) -> bool:
        """Returns whether a module from elsewhere is loaded under the public name."""
        public = sys.modules.get(name)
        return public is not None and public is not sys.modules.get(self.private_name(name))

    def is_private(self, name: str) -> bool:
        """Returns whether a name has the form that ``private_name`` returns."""
        return name.startswith(f"{self._package}.")

    def private_name(self, name: str) -> str:
        """Returns the name of a module in this process."""
        return f"{self._package}.{name}"

    def top_level(self) -> list[str]:
        """Returns the names of the Python files and regular packages."""
        names = []
        for path in self._paths:
            with os.scandir(path) as entries:
                names += [
                    entry.name.removesuffix(".py")
                    for entry in entries
                    if entry.name.endswith(".py")
                    or os.path.isfile(os.path.join(entry, "__init__.py"))
                ]
        return sorted(names)

    def find_spec(self, fullname: str, path: Sequence[str]) -> ModuleSpec | None:
        """Finds a module by its private name in one of the directories."""
        is_directory = False
        for entry in path:
            spec = self._finder(entry).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
            is_directory |= spec is not None
        # Without a module of this name, directories form a namespace package. PathFinder creates
        # one from all of them, in the form that importlib.resources accepts.
        return PathFinder.find_spec(fullname, path) if is_directory else None

    def find_distributions(self, name: str) -> Iterable[Distribution]:
        """Finds the metadata of a package in the directory by its public name."""
        from importlib.metadata import DistributionFinder, MetadataPathFinder

        context = DistributionFinder.Context(name=name, path=self._paths)
        return MetadataPathFinder.find_distributions(context)

    def _find(self, name: str) -> bool:
        if name in sys.builtin_module_names:
            return False
        spec = self.find_spec(name, self._paths)
        if spec is None:
            return False
        # As on sys.path, a folder of files called 'onnx' does not hide the library.
        return spec.loader is not None or not _is_installed(name)

    def _adopt_paths(self) -> None:
        """Adds the paths in the directory that the model has added to ``sys.path``."""
        for path in map(os.path.realpath, self.added_paths()):
            if path not in self._paths:
                self._paths.append(path)
                self._held.clear()

    def _finder(self, path: str) -> FileFinder:
        """Returns a new finder: an old one may have an outdated listing of the directory."""
        source_loader: Any = functools.partial(_SourceLoader, self.builtins)
        return FileFinder(
            path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (source_loader, SOURCE_SUFFIXES)
        )

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """The ``__import__`` of the directory's modules."""
        top = name.partition(".")[0]
        if level or not self.holds(top):
            return builtins.__import__(name, globals, locals, fromlist, level)
        try:
            module = builtins.__import__(self.private_name(name), globals, locals, fromlist)
        except ModuleNotFoundError as error:
            if type(error) is ModuleNotFoundError:  # subclasses may have read-only attributes
                error.name = error.name and public_names(error.name)
                error.msg = error.msg and public_names(error.msg)
            raise
        if self.public_in == threading.get_ident() and not self.is_taken(top):
            # Unpickling calls this function and then looks in sys.modules.
            builtins.__import__(name)
        return module if fromlist else sys.modules[self.private_name(top)]

    def _add_package(self) -> None:
        importlib.import_module(_PACKAGE)
        package = ModuleType(self._package)
        package.__path__ = self._paths
        sys.modules[self._package] = package


class _SourceLoader(SourceFileLoader):
    """Loads a module with the builtins of its directory."""

    def __init__(self, builtins: Mapping[str, object], fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._builtins = builtins

    def get_code(self, fullname: str) -> CodeType:
        """Compiles the source: bytecode files miss a change within the clock's resolution."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = self._builtins
        super().exec_module(module)


class ModelFinder(MetaPathFinder):
    """A finder for the modules of models."""


class _Finder(ModelFinder):
    """Finds the modules of all private packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        modules = _modules_of(fullname)
        if modules is not None:
            return modules.find_spec(fullname, path or ())
        return _find_package(fullname) if fullname.startswith(f"{_PACKAGE}.") else None

    def find_distributions(self, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """Finds metadata by a private name, as for ``importlib.metadata.version(__name__)``."""
        name = context.name or ""
        modules = _modules_of(name)
        return () if modules is None else modules.find_distributions(public_names(name))


def install_finder() -> None:
    """Makes private modules importable by their private names."""
    # Before PathFinder, which would load the modules without their own builtins.
    sys.meta_path.insert(0, _Finder())


def _find_package(package: str) -> ModuleSpec | None:
    """Finds a private package in a worker process of the process that has created it."""
    directory = open_directories.directory_of(package)
    if directory is None:
        return None
    modules = PrivateModules(directory, _fingerprint_of(directory), package)
    _open[package] = modules
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = modules._paths
    return spec


def _update_directories() -> None:
    open_directories.update({name: modules.directory for name, modules in _open.items()})


def _modules_of(private_name: str) -> PrivateModules | None:
    return _open.get(".".join(private_name.split(".", 3)[:3]))


def _package(origin: str, count: int) -> str:
    """Returns the name of one of a model's packages."""
    return f"{_PACKAGE}.m{_numbers.setdefault((origin, count), len(_numbers) + 1)}"


def _is_installed(name: str) -> bool:
    """Returns whether a module of this name exists outside of all models."""
    module = sys.modules.get(name)
    if module is not None:
        return not _PRIVATE.match(getattr(module, "__name__", ""))
    return any(
        finder.find_spec(name, None) is not None
        for finder in sys.meta_path
        if not isinstance(finder, ModelFinder) and hasattr(finder, "find_spec")
    )


def _fingerprint_of(directory: str) -> _Fingerprint:
    files = []
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            try:
                status = os.stat(path)
            except FileNotFoundError:  # a broken link, or a file that was just deleted
                continue
            files.append((os.path.relpath(path, directory), status.st_size, status.st_mtime_ns))
    return tuple(sorted(files))
