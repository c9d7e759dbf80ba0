# SPDX-License-Identifier: Apache-2.0
"""Says what to do about a module that a model imports and that is missing."""

from __future__ import annotations

import sys

from .private_modules import directory_with

# Packages whose module has another name.
_PACKAGES = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def remedy(error: BaseException) -> str | None:
    """Returns what to do about an error, or None if it is not about a missing module."""
    if type(error) is KeyError:
        return _remedy_of_key(error)
    if type(error) is not ModuleNotFoundError or error.name is None:
        return None
    parent, _, name = error.name.rpartition(".")
    if parent:
        return (
            f"'{parent}' exists without '{name}': install another version of it for "
            f"'{sys.executable}', or add the file"
        )
    if directory := directory_with(name):
        return _rule_of_pickles(directory, name)
    if name in sys.stdlib_module_names:
        return f"it belongs to Python, but '{sys.executable}' was built without it"
    return (
        "install it on every TaskManager: "
        f"{sys.executable} -m pip install {_PACKAGES.get(name, name)} (if it is a file of yours, "
        "put it into the directory of 'model-directory-path')"
    )


def _remedy_of_key(error: KeyError) -> str | None:
    """Returns the same where it may be the KeyError of pickle for a module that it cannot find.

    pickle calls the ``__import__`` of the code that loads it, which finds the module of the
    directory, and then looks for its public name in ``sys.modules``.
    """
    key = error.args[0] if error.args else None
    name = key.partition(".")[0] if isinstance(key, str) else ""
    directory = directory_with(name) if name else None
    return directory and f"if a pickle was loaded: {_rule_of_pickles(directory, name)}"


def _rule_of_pickles(directory: str, name: str) -> str:
    return (
        f"'{directory}' has '{name}', which pickle and importlib find in open only: load the "
        f"pickle in open, or write 'import {name}' (docs/many-models.md, imports in predict)"
    )
