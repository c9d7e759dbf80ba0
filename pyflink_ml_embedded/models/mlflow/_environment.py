# SPDX-License-Identifier: Apache-2.0
"""Compares the versions that an MLflow model was saved with to those that are installed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ._file import ModelFile, read_yaml


def mismatches(model: ModelFile) -> list[str]:
    """Returns a description of each difference, with both versions.

    Python's patch version is ignored. mlflow-skinny counts as mlflow, and neither needs to be
    installed: not every model needs MLflow.

    Raises:
        ModelError: ``conda.yaml`` or ``python_env.yaml`` is not valid YAML.
    """
    conda = _conda(model)
    found = []
    wanted = _python_version(model, conda)
    if wanted and wanted.split(".")[:2] != list(platform.python_version_tuple()[:2]):
        found.append(f"Python is {platform.python_version()}, and the model has {wanted}")
    found += filter(None, map(_mismatch, _requirements(model, conda)))
    return found


def _python_version(model: ModelFile, conda: Mapping[str, Any]) -> str | None:
    version = model.python_function.get("python_version")
    if version is None and os.path.isfile(model.path_of("python_env.yaml")):
        version = read_yaml(model.path_of("python_env.yaml")).get("python")
    if version is None:
        for entry in conda.get("dependencies") or ():
            match = re.fullmatch(r"python\s*=+\s*([\d.]+)", str(entry))
            version = match[1] if match else version
    return None if version is None else str(version)


def _conda(model: ModelFile) -> Mapping[str, Any]:
    env = model.python_function.get("env")
    name = env.get("conda") if isinstance(env, Mapping) else env
    if not isinstance(name, str) or not os.path.isfile(model.path_of(name)):
        return {}
    return read_yaml(model.path_of(name))


def _requirements(model: ModelFile, conda: Mapping[str, Any]) -> Iterable[str]:
    path = model.path_of("requirements.txt")
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    return _pip_part(conda)


def _pip_part(conda: Mapping[str, Any]) -> Iterator[str]:
    for entry in conda.get("dependencies") or ():
        if isinstance(entry, Mapping):
            yield from entry.get("pip") or ()


def _mismatch(line: str) -> str | None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line.partition(" #")[0].strip())
    except InvalidRequirement:  # a pip option, a path or a comment
        return None
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    is_mlflow = requirement.name in ("mlflow", "mlflow-skinny")
    names = ("mlflow", "mlflow-skinny") if is_mlflow else (requirement.name,)
    installed = next(filter(None, map(_installed, names)), None)
    if installed is None:
        return (
            None if is_mlflow else f"{requirement.name} is missing, and the model has {requirement}"
        )
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} is {installed}, and the model has {requirement.specifier}"


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
