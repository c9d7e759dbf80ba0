# SPDX-License-Identifier: Apache-2.0
"""The Python modules of a model directory, which other models do not see.

A directory becomes a private package with the modules in the directory itself and in its ``code/``
and ``lib/``. They have their own ``__import__``, which looks there first, for imports at the top of
a file as well as in a function. What a job brings to its models (``dependencies``) becomes private
packages below that of the directory, in which it looks next.
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
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
    models = [model for model in list(_open.values()) if model.is_used()]
    return next((model.directory for model in models if model.holds(module)), None)


def has_earlier_copy(library: PrivateModules, name: str) -> bool:
    """Returns whether C code of a top-level module is loaded, or will be, by older private modules.

    Only older ones count, so that of two models that open at the same time one is not refused.
    """
    older = itertools.takewhile(lambda modules: modules is not library, list(_open.values()))
    return any(
        modules.has_loaded_extension(name)
        or (modules.is_used() and name in map(_top_level, modules.extensions()))
        for modules in older
    )


def installed_spec(name: str) -> ModuleSpec | None:
    """Returns the spec of a module of this name that exists outside of all models, or None."""
    module = sys.modules.get(name)
    if module is not None and _PRIVATE.match(getattr(module, "__name__", "")):
        return None
    if module is not None and getattr(module, "__spec__", None) is not None:
        return module.__spec__
    specs = (
        finder.find_spec(name, None)
        for finder in sys.meta_path
        if not isinstance(finder, ModelFinder) and hasattr(finder, "find_spec")
    )
    return next((spec for spec in specs if spec is not None), None)


class PrivateModules:
    """The modules of a model's directory, or of several import paths. The last user drops them.

    Attributes:
        directory: the real path of the directory, or the first path.
        fingerprint: the names, sizes and modification times of its files.
        below: the modules that are searched after these, or None for the installed ones.
        is_library: whether they are installed packages, which do not change.
        builtins: the builtins of the modules, whose ``__import__`` looks in the directory first.
        public_in: the ``threading.get_ident`` of the thread in which ``public_imports`` makes the
            modules available under their public names.
    """

    def __init__(
        self,
        paths: Sequence[str],
        fingerprint: _Fingerprint,
        package: str,
        below: PrivateModules | None = None,
        is_library: bool = False,
    ) -> None:
        self.directory = paths[0]
        self.fingerprint = fingerprint
        self.below = below
        self.is_library = is_library
        self.builtins = {**vars(builtins), "__import__": self._import}
        self.public_in: int | None = None
        self._package = package
        self._users = 0
        self._held: dict[str, bool] = {}
        self._parts: set[str] = set()  # names of modules from elsewhere
        self._searched = tuple(paths)
        self._paths = list(paths)
        self._foreign_paths = frozenset(sys.path)

    @staticmethod
    def of(
        directory: str, origin: str | None = None, below: PrivateModules | None = None
    ) -> PrivateModules:
        """Returns the modules of a directory; the caller releases them.

        Args:
            directory: a directory on this host.
            origin: the address of the model, of which the directory may be one version; by default
                the directory.
            below: the modules that are searched next. The caller releases them later.

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
        subdirectories = (os.path.join(directory, name) for name in _SUBDIRECTORIES)
        paths = [directory, *filter(os.path.isdir, subdirectories)]
        fingerprint = _fingerprint_of(directory)
        return PrivateModules._of_paths(paths, fingerprint, origin or directory, below)

    @staticmethod
    def of_imports(
        paths: Sequence[str], below: PrivateModules | None, is_library: bool
    ) -> PrivateModules:
        """Returns the modules of import paths; the caller releases them, before those below."""
        paths = [os.path.realpath(path) for path in paths]
        fingerprint = tuple(itertools.chain.from_iterable(map(_fingerprint_of, paths)))
        origin = os.pathsep.join(paths)
        return PrivateModules._of_paths(paths, fingerprint, origin, below, is_library)

    @staticmethod
    def _of_paths(
        paths: Sequence[str],
        fingerprint: _Fingerprint,
        origin: str,
        below: PrivateModules | None,
        is_library: bool = False,
    ) -> PrivateModules:
        wanted = (tuple(paths), fingerprint, below)
        with _lock:
            for modules in _open.values():
                if (modules._searched, modules.fingerprint, modules.below) == wanted:
                    break
            else:
                names = (_package(origin, count) for count in itertools.count())
                package = next(name for name in names if name not in _open)
                modules = PrivateModules(paths, fingerprint, package, below, is_library)
                _open[package] = modules
                modules._add_package()
                _share_directories()
            modules._users += 1
            return modules

    def release(self) -> None:
        """Ends the use by one caller; the last one drops the modules.

        A library whose C code is loaded stays, because most C code cannot be loaded again.
        """
        # Freed after the lock is released, because destructors may run.
        dropped: list[object] = []
        with _lock:
            self._users -= 1
            if self._users > 0 or self._is_kept():
                return
            del _open[self._package]
            _share_directories()
            for name in list(sys.modules):
                if name == self._package or self.is_private(name):
                    dropped.append(sys.modules.pop(name))
            for path in list(sys.path_importer_cache):
                if self.has_file(path):
                    dropped.append(sys.path_importer_cache.pop(path))

    def is_used(self) -> bool:
        """Returns whether a function that is open uses the modules."""
        return self._users > 0

    def layers(self) -> Iterator[PrivateModules]:
        """Yields these modules and those below."""
        layer: PrivateModules | None = self
        while layer is not None:
            yield layer
            layer = layer.below

    def owner_of(self, name: str) -> PrivateModules | None:
        """Returns the first layer that has a top-level module, or None."""
        return next((layer for layer in self.layers() if layer.holds(name)), None)

    def has_loaded_extension(self, name: str) -> bool:
        """Returns whether C code of a top-level module is loaded."""
        private = self.private_name(name)
        return any(
            isinstance(getattr(module.__spec__, "loader", None), ExtensionFileLoader)
            for loaded, module in list(sys.modules.items())
            if f"{loaded}.".startswith(f"{private}.") and hasattr(module, "__spec__")
        )

    def _is_kept(self) -> bool:
        if not self.is_library:
            return False
        has_loaded = any(map(self.has_loaded_extension, set(map(_top_level, self.extensions()))))
        return has_loaded or any(modules.below is self for modules in _open.values())

    def has_file(self, path: str) -> bool:
        """Returns whether a path is one of the directories or is in one."""
        return f"{path}{os.sep}".startswith(tuple(f"{root}{os.sep}" for root in self._searched))

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

    def extensions(self) -> list[str]:
        """Returns the relative paths of the modules that are C code."""
        names = (name for name, *_ in self.fingerprint if name.endswith(tuple(EXTENSION_SUFFIXES)))
        # Others are the shared libraries of a package, which are in e.g. 'numpy.libs'.
        return [name for name in names if _top_level(name).isidentifier()]

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
        parent = fullname.rpartition(".")[0]
        if parent in self._parts:
            return self._find_part(fullname)
        is_directory = False
        for entry in path:
            spec = self._finder(entry).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
            is_directory |= spec is not None
        if not is_directory:
            package = sys.modules.get(parent)
            is_namespace = package is not None and getattr(package, "__file__", None) is None
            is_inside = is_namespace and parent != self._package
            return self._find_part(fullname) if is_inside else None
        # Without a module of this name, directories form a namespace package. PathFinder creates
        # one from all of them, in the form that importlib.resources accepts.
        return PathFinder.find_spec(fullname, path)

    def _find_part(self, fullname: str) -> ModuleSpec | None:
        """Finds a module of a namespace package in the layers below, or installed."""
        name = public_names(fullname)
        owner = self.below and self.below.owner_of(_top_level(name))
        if owner is not None:
            name = owner.private_name(name)
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name == name:
                return None
            raise
        self._parts.add(fullname)
        return ModuleSpec(fullname, Alias(module))

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
        if spec.loader is not None:
            return True
        # As on sys.path, a folder of files called 'onnx' does not hide the library.
        installed = installed_spec(name)
        if installed is None:
            return True
        if installed.submodule_search_locations is None or installed.origin is not None:
            return False
        # The other part must have its public name before public_imports gives it to this one.
        self._held[name] = False
        importlib.import_module(name)
        return True

    def _adopt_paths(self) -> None:
        """Adds the paths in the directory that the model has added to ``sys.path``."""
        for path in map(os.path.realpath, self.added_paths()):
            if path not in self._paths:
                self._paths.append(path)
                self._held.clear()

    def _finder(self, path: str) -> FileFinder:
        """Returns a new finder: an old one may have an outdated listing of the directory."""
        source_loader: Any = functools.partial(_SourceLoader, self)
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
        owner = None if level else self.owner_of(top)
        if owner is None:
            return builtins.__import__(name, globals, locals, fromlist, level)
        try:
            module = builtins.__import__(owner.private_name(name), globals, locals, fromlist)
        except ModuleNotFoundError as error:
            if type(error) is ModuleNotFoundError:  # subclasses may have read-only attributes
                error.name = error.name and public_names(error.name)
                error.msg = error.msg and public_names(error.msg)
            raise
        if self.public_in == threading.get_ident() and not owner.is_taken(top):
            # Unpickling calls this function and then looks in sys.modules.
            builtins.__import__(name)
        return module if fromlist else sys.modules[owner.private_name(top)]

    def _add_package(self) -> None:
        importlib.import_module(_PACKAGE)
        package = ModuleType(self._package)
        package.__path__ = self._paths
        sys.modules[self._package] = package


class _SourceLoader(SourceFileLoader):
    """Loads a module with the builtins of its directory."""

    def __init__(self, modules: PrivateModules, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._modules = modules

    def get_code(self, fullname: str) -> CodeType | None:
        """Compiles the source: bytecode files miss a change within the clock's resolution."""
        if self._modules.is_library:
            return super().get_code(fullname)
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = self._modules.builtins
        super().exec_module(module)


class Alias(Loader):
    """Returns a loaded module under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        # A module may have replaced itself in sys.modules with an object that has no spec.
        self._spec = getattr(module, "__spec__", None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        if self._spec is not None:
            module.__spec__ = self._spec  # importlib has set the alias's spec


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
    shared = open_directories.paths_of(package)
    if shared is None:
        return None
    paths, below = shared
    if below is not None:
        importlib.import_module(below)
    modules = PrivateModules(paths, (), package, None if below is None else _open[below])
    _open[package] = modules
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = modules._paths
    return spec


def _share_directories() -> None:
    open_directories.update(
        {
            name: (modules._paths, None if modules.below is None else modules.below._package)
            for name, modules in _open.items()
        }
    )


def _modules_of(private_name: str) -> PrivateModules | None:
    return _open.get(".".join(private_name.split(".", 3)[:3]))


def _package(origin: str, count: int) -> str:
    """Returns the name of one of a model's packages."""
    return f"{_PACKAGE}.m{_numbers.setdefault((origin, count), len(_numbers) + 1)}"


def _top_level(name: str) -> str:
    """Returns the first part of the name of a module, or of the relative path of its file."""
    return name.partition(os.sep)[0].partition(".")[0]


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
