# SPDX-License-Identifier: Apache-2.0
"""What a predict function needs before it can load a model: a directory, and packages."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from .._exceptions import ModelError


def require_directory(path: str | None, function: str) -> str:
    """Returns the model directory.

    Args:
        path: the directory; None where the option is not set.
        function: what the message calls the function.

    Raises:
        ModelError: the option is not set.
    """
    if path is None:
        raise ModelError(f"option 'model-directory-path' is not set; {function} needs it")
    return path


def path_inside(directory: str, name: str, source: str) -> str:
    """Returns the path of a file or directory of the model.

    Args:
        directory: the model directory.
        name: the relative path, as a file of the model has it.
        source: that file.

    Raises:
        ModelError: the path leaves the directory.
    """
    path = os.path.normpath(name)
    if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir:
        raise ModelError(
            f"'{source}' has the path '{name}', which leaves the model's directory. Copy what it "
            "points to into the directory, and correct the path"
        )
    return os.path.normpath(os.path.join(directory, path))


def require_package(name: str, extra: str) -> ModuleType:
    """Imports a package that an extra of this project installs.

    Raises:
        ModelError: the package is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModelError(
            f"{name} is not installed: pip install 'pyflink-ml-embedded[{extra}]'"
        ) from error
