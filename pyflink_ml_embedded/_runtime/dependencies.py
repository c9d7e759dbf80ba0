# SPDX-License-Identifier: Apache-2.0
"""What a job brings to its models: modules, installed packages and archives.

In a process that has several models, modules are private: the files of ``python.files`` are one
layer below the model's own modules, and each directory of installed packages is a further layer
below these. Models with the same directory share a layer.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path

from .._exceptions import ModelError
from .private_modules import PrivateModules, has_earlier_copy, installed_spec
from .request import Dependencies


def archives_of(dependencies: Dependencies | None) -> Path | None:
    """Returns the directory of the archives, or None."""
    if dependencies is None or dependencies.archives is None:
        return None
    return Path(dependencies.archives)


def use_for_process(dependencies: Dependencies) -> None:
    """Gives the whole process the modules and the working directory that PyFlink's worker has."""
    added = [path for path in dependencies.import_paths if path not in sys.path]
    sys.path[:0] = added
    if added:  # also for Pythons that the model starts
        inherited = filter(None, [os.environ.get("PYTHONPATH")])
        os.environ["PYTHONPATH"] = os.pathsep.join([*added, *inherited])
    if dependencies.archives is not None:
        os.chdir(dependencies.archives)


def private_imports(paths: Sequence[str], resources: contextlib.ExitStack) -> PrivateModules | None:
    """Returns the layers of private modules of import paths, or None if there are no paths.

    Args:
        paths: the paths, in the order in which they are searched.
        resources: releases the layers.

    Raises:
        ModelError: a package has C code of which the process has another version.
    """
    modules = None
    for path in reversed([path for path in paths if _is_library(path)]):
        modules = PrivateModules.of_imports([path], modules, is_library=True)
        resources.callback(modules.release)
        _refuse_second_versions(modules)
    files = [path for path in paths if not _is_library(path)]
    if files:
        modules = PrivateModules.of_imports(files, modules, is_library=False)
        resources.callback(modules.release)
    return modules


def _is_library(path: str) -> bool:
    """Returns whether packages are installed in a directory: each has its metadata there."""
    return any(name.endswith(".dist-info") for name in os.listdir(path))


def _refuse_second_versions(library: PrivateModules) -> None:
    """Refuses C code of which the process has, or other modules could load, another version."""
    one_of_each = {os.path.dirname(file) or file: file for file in library.extensions()}
    for file in one_of_each.values():
        name = file.partition(os.sep)[0].partition(".")[0]
        if _is_installed(file, name):
            where = f"'{sys.executable}' has another version of it"
        elif has_earlier_copy(library, name):
            where = "another model or an earlier job of this process has another version or copy"
        else:
            continue
        raise ModelError(
            f"{_package_of(file, library)}, which the job brings to the model, has C code, and "
            f"{where}. A process can have one: set the option 'execution-mode' to 'process', or "
            "require the version that is there"
        )


def _is_installed(file: str, name: str) -> bool:
    spec = installed_spec(name)
    if spec is None:
        return False
    if spec.origin is not None or spec.submodule_search_locations is None:
        return True
    # Packages may have different parts of a namespace package.
    part = os.path.join(*Path(file).parent.parts[1:], "")
    return any(os.path.isdir(os.path.join(path, part)) for path in spec.submodule_search_locations)


def _package_of(file: str, library: PrivateModules) -> str:
    """Returns the name and version of the package that has a file."""
    context = DistributionFinder.Context(path=[library.directory])
    found: Distribution
    for found in MetadataPathFinder.find_distributions(context):
        if file in map(str, found.files or ()):
            return f"the package '{found.metadata['Name']}' {found.version}"
    return f"'{file}'"
