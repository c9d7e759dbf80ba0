# SPDX-License-Identifier: Apache-2.0
"""The directories of the open models, which worker processes of models ask for.

They are in a file without a name. Its path is in an environment variable, which all child processes
inherit, whichever library starts them. The file exists as long as this process.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import TypeAlias

_Paths: TypeAlias = tuple[Sequence[str], str | None]

_VARIABLE = "PYFLINK_ML_EMBEDDED_MODELS"

_descriptor: int | None = None


def share() -> None:
    """Creates the file for the processes that this one will start."""
    global _descriptor
    _descriptor = _file_of({})
    os.environ[_VARIABLE] = f"/proc/{os.getpid()}/fd/{_descriptor}"


def update(directories: Mapping[str, _Paths]) -> None:
    """Replaces the content: of each private package the paths, and the package below."""
    if _descriptor is not None:
        new = _file_of(directories)
        os.dup2(new, _descriptor, inheritable=False)  # readers see the old file or the new one
        os.close(new)


def paths_of(package: str) -> _Paths | None:
    """Returns what the process that has started this one has shared of a private package."""
    try:
        with open(os.environ[_VARIABLE], encoding="utf-8") as file:
            directories: dict[str, _Paths] = json.load(file)
    except (KeyError, OSError):
        return None
    return directories.get(package)


def _file_of(directories: Mapping[str, _Paths]) -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pyflink-ml-embedded-models")
    else:  # a Python that was built for an old glibc
        with tempfile.TemporaryFile() as nameless:
            descriptor = os.dup(nameless.fileno())
    with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
        json.dump(directories, file)
    return descriptor
