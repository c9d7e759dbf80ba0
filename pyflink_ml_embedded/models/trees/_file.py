# SPDX-License-Identifier: Apache-2.0
"""Finds the model file of a directory."""

from __future__ import annotations

import os

from ..._exceptions import ModelError
from .._requirements import require_directory
from .._tree_files import Library, library_of, tree_files


def find_file(directory: str | None, name: str | None) -> tuple[str, Library]:
    """Returns the path and the library of the file with this name, or of the only model file.

    Raises:
        ModelError: the directory has no such file, or it has several and no name is given.
    """
    directory = require_directory(directory, "TreesPredictFunction")
    files = tree_files(directory)
    listed = ", ".join(f"{file} ({library})" for file, library in files.items())
    has = f"'{directory}' has: {listed or 'no model file of LightGBM or XGBoost'}"
    if name is None and len(files) == 1:
        name = next(iter(files))
    if name is None and not files:
        raise ModelError(
            f"{has}. Save the model with Booster.save_model, as *.txt for LightGBM, and as *.json "
            "or *.ubj for XGBoost"
        )
    if name is None:
        raise ModelError(f"{has}. Set the option 'properties.model-file' to one file")
    path = os.path.join(directory, name)
    if not os.path.isfile(path):
        raise ModelError(f"option 'properties.model-file' is '{name}', which does not exist; {has}")
    library = library_of(path)
    if library is None:
        raise ModelError(
            f"option 'properties.model-file' is '{name}', which is not a model file of LightGBM or "
            "XGBoost: save the model with Booster.save_model, as *.txt for LightGBM, and as *.json "
            f"or *.ubj for XGBoost; {has}"
        )
    return path, library
