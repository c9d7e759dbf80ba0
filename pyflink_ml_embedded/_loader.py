"""'package.module.Class' in a model directory -> class, in modules that no other model sees.

A directory becomes a private package. Its modules have an ``__import__`` of their own that looks
into the directory first, at the top of a file and inside of a function. Two things go around it
and do not find a module of the directory by its public name: ``importlib.import_module('helper')``
(write ``import helper``), and unpickling, which imports by the name that the pickle holds.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import inspect
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from types import CodeType, ModuleType
from typing import Any

from ._function import AnyPredictFunction, BatchPredictFunction, ModelError, PredictFunction

_PACKAGE = "_pyflink_ml_embedded_models"
_PRIVATE = re.compile(rf"\b{_PACKAGE}\.m\d+\.")

_lock = threading.Lock()
_spaces: dict[str, _Space] = {}  # by the name of the private package
# A directory keeps its number, so that loggers and other things named after a module do not pile
# up when a directory is opened again and again.
_numbers: dict[str, int] = {}


def public_names(text: str) -> str:
    """Returns the text with the names of modules as their author knows them."""
    return _PRIVATE.sub("", text)


def load_class(
    python_class: str, directory: str | None
) -> tuple[type[AnyPredictFunction], Callable[[], None]]:
    """Loads a predict function's class from a model directory, or an installed one.

    Args:
        python_class: ``module.Class`` or ``package.module.Class``.
        directory: the model directory, or None where the model has none.

    Returns:
        The class, and a function to be called once when it is no longer used. With the last call
        for a directory its modules are dropped, and a later load reads the files anew.

    Raises:
        ModelError: the directory, the module or the class is not there, or is something else.
    """
    module_name, dot, class_name = python_class.rpartition(".")
    if not dot:
        raise ModelError(
            f"option 'python-predict-class': '{python_class}' is not of the form 'module.Class' "
            "or 'package.module.Class'"
        )
    if directory is None:
        return _class_of(_import_module(module_name, None), class_name), lambda: None
    space = _acquire(directory)
    try:
        return _class_of(_import_module(module_name, space), class_name), space.release
    except BaseException:
        space.release()
        raise


class _Space:
    """The private modules of one directory, and how many functions use them."""

    def __init__(self, directory: str, package: str) -> None:
        self.directory = directory
        self.package = package
        self._builtins = {**vars(builtins), "__import__": self._import}
        self.users = 0
        self._held: dict[str, bool] = {}

    def holds(self, name: str) -> bool:
        """Says whether the directory has the top-level module; remembers the answer."""
        held = self._held.get(name)
        if held is None:
            held = self._held[name] = self._find(name)
        return held

    def _find(self, name: str) -> bool:
        if name in sys.builtin_module_names:
            return False
        spec = self.finder(self.directory).find_spec(name)
        if spec is None:
            return False
        # A mere directory is a package only where no module has its name, as on sys.path: a
        # folder of files called 'onnx' does not hide the library.
        return spec.loader is not None or not _is_installed(name)

    def finder(self, path: str) -> FileFinder:
        """Returns a new finder, which has no listing of the directory from earlier."""
        source_loader: Any = functools.partial(_SourceLoader, self._builtins)
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
            module = builtins.__import__(f"{self.package}.{name}", globals, locals, fromlist)
        except ModuleNotFoundError as error:
            error.name = error.name and public_names(error.name)
            error.msg = public_names(error.msg)
            raise
        return module if fromlist else sys.modules[f"{self.package}.{top}"]

    def release(self) -> None:
        """Takes one user away; with the last one the modules are dropped."""
        # Kept until the lock is free: what they hold may have destructors.
        dropped: list[object] = []
        with _lock:
            self.users -= 1
            if self.users == 0:
                del _spaces[self.package]
                for name in list(sys.modules):
                    if name == self.package or name.startswith(f"{self.package}."):
                        dropped.append(sys.modules.pop(name))
                for path in list(sys.path_importer_cache):
                    if path == self.directory or path.startswith(self.directory + os.sep):
                        dropped.append(sys.path_importer_cache.pop(path))


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


class _Finder(MetaPathFinder):
    """Finds the modules of all private packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{_PACKAGE}."):
            return None
        space = _spaces.get(".".join(fullname.split(".", 2)[:2]))
        if space is None:
            return None
        specs = (space.finder(entry).find_spec(fullname) for entry in path or ())
        return next((spec for spec in specs if spec is not None), None)


def _acquire(directory: str) -> _Space:
    """Returns the space of the directory with one user more."""
    try:
        os.listdir(directory)
    except OSError as error:
        raise ModelError(
            f"option 'model-directory-path': cannot read the directory '{directory}' on this "
            f"host: {error.strerror}"
        ) from None
    directory = os.path.realpath(directory)
    with _lock:
        package = f"{_PACKAGE}.m{_numbers.setdefault(directory, len(_numbers) + 1)}"
        space = _spaces.get(package)
        if space is None:
            space = _spaces[package] = _Space(directory, package)
            _add_packages(space)
        space.users += 1
        return space


def _add_packages(space: _Space) -> None:
    if _PACKAGE not in sys.modules:
        # Before the path finder, which would load the modules without their own builtins.
        sys.meta_path.insert(0, _Finder())
        _add_package(_PACKAGE, [])
    _add_package(space.package, [space.directory])


def _add_package(name: str, path: list[str]) -> None:
    package = ModuleType(name)
    package.__path__ = path
    sys.modules[name] = package


def _import_module(name: str, space: _Space | None) -> ModuleType:
    private = space is not None and space.holds(name.partition(".")[0])
    wanted = f"{space.package}.{name}" if space is not None and private else name
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        # Not where the module is there and lacks something that it imports itself.
        if error.name is None or not f"{wanted}.".startswith(f"{error.name}."):
            raise
    if space is None:
        raise ModelError(f"module '{name}' is not installed in '{sys.executable}'")
    raise ModelError(
        f"option 'python-predict-class': module '{name}' is neither in '{space.directory}' "
        f"(which has: {_listed(_modules_in(space.directory))}) nor installed in "
        f"'{sys.executable}'"
    )


def _class_of(module: ModuleType, class_name: str) -> type[AnyPredictFunction]:
    module_name = public_names(module.__name__)
    found: Any = getattr(module, class_name, None)
    if found is None:
        classes = [
            name
            for name, value in vars(module).items()
            if _is_predict_function(value) and not inspect.isabstract(value)
        ]
        raise ModelError(
            f"option 'python-predict-class': module '{module_name}' has no class '{class_name}'; "
            f"its PredictFunction classes: {_listed(classes)}"
        )
    if not _is_predict_function(found):
        raise ModelError(
            f"option 'python-predict-class': '{module_name}.{class_name}' is not a subclass of "
            "pyflink_ml_embedded.PredictFunction or BatchPredictFunction: write "
            f"'class {class_name}(PredictFunction)'"
        )
    predict_class: type[AnyPredictFunction] = found
    return predict_class


def _is_predict_function(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, (PredictFunction, BatchPredictFunction))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # a module in sys.modules that was made without a spec
        return True


def _modules_in(directory: str) -> list[str]:
    """Returns the names of the Python files and regular packages in the directory."""
    with os.scandir(directory) as entries:
        return [
            entry.name.removesuffix(".py")
            for entry in entries
            if entry.name.endswith(".py") or os.path.isfile(os.path.join(entry, "__init__.py"))
        ]


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(names)) or "none"
