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
    if type(error) is not ModuleNotFoundError or error.name is None:
        return None
    parent, _, name = error.name.rpartition(".")
    if parent:
        return (
            f"'{parent}' exists without '{name}': install another version of it for "
            f"'{sys.executable}', or add the file"
        )
    if directory := directory_with(name):
        return (
            f"'{directory}' has '{name}', but only code of that directory can import it, and "
            "pickles only in open: load the pickle in open, or import the module first"
        )
    if name in sys.stdlib_module_names:
        return f"it belongs to Python, but '{sys.executable}' was built without it"
    return (
        "install it on every TaskManager: "
        f"{sys.executable} -m pip install {_PACKAGES.get(name, name)} (if it is a file of yours, "
        "put it into the directory of 'model-directory-path')"
    )
