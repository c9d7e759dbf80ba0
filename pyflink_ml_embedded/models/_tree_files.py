# SPDX-License-Identifier: Apache-2.0
"""Recognizes model files of LightGBM and XGBoost by how they begin."""

from __future__ import annotations

import os
import re
from typing import Literal, TypeAlias

Library: TypeAlias = Literal["LightGBM", "XGBoost"]

_HEAD = 256
_BEGINNINGS: dict[Library, re.Pattern[bytes]] = {
    "LightGBM": re.compile(rb"tree\r?\nversion=v"),
    # As JSON and as UBJSON. Other JSON files also begin with a version.
    "XGBoost": re.compile(
        rb'\s*\{\s*("version"\s*:\s*\[[\d\s,]+\]\s*,\s*)?"learner"\s*:\s*\{|\{L.{8}learner\{',
        re.DOTALL,
    ),
}


def library_of(path: str) -> Library | None:
    """Returns the library whose model a file is; None if it is not one."""
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    for library, beginning in _BEGINNINGS.items():
        if beginning.match(head):
            return library
    return None


def tree_files(directory: str) -> dict[str, Library]:
    """Returns the model files at the top of a directory, with their libraries."""
    found = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        library = library_of(path) if os.path.isfile(path) else None
        if library is not None:
            found[name] = library
    return found
