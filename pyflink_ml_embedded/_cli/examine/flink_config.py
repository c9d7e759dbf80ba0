# SPDX-License-Identifier: Apache-2.0
"""Reads Flink's ``config.yaml``, and examines what it says about Java and class loaders."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .finding import Finding

__all__ = ["examine_class_loaders", "java_options", "read_config"]

_JAVA_OPTIONS = (
    "env.java.default-opts.all",
    "env.java.default-opts.taskmanager",
    "env.java.opts.all",
    "env.java.opts.taskmanager",
)
_CORRECT_CONFIG = "Correct it: Flink does not start with it."
_PATTERNS = "classloader.parent-first-patterns"
_PEMJA = "pemja.core.PythonInterpreter"


def read_config(conf: Path) -> dict[str, str] | Finding:
    """Returns the options in ``config.yaml`` by their full names, or why it cannot be read."""
    subject, path = "config.yaml", conf / "config.yaml"
    if not path.is_file():
        old = conf / "flink-conf.yaml"
        if old.is_file():
            return Finding(
                subject,
                f"{conf} has flink-conf.yaml, which Flink 2 does not read",
                "Convert it: bin/migrate-config-file.sh of Flink 1.19 or 1.20 writes config.yaml.",
            )
        return Finding(subject, f"{path} does not exist", "Copy it from the distribution of Flink.")
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ModuleNotFoundError:
        return Finding(
            subject,
            f"{path} was not read: ruamel.yaml is not installed",
            "Run this command with a Python that has apache-flink.",
        )
    try:
        content = YAML(typ="safe").load(path)
    except YAMLError as error:
        # Its text may have the values of options.
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        return Finding(
            subject, f"{path}{line}: it is not YAML, or has a key twice", _CORRECT_CONFIG
        )
    if not isinstance(content or {}, Mapping):
        return Finding(subject, f"{path}: it has no options", _CORRECT_CONFIG)
    return dict(_flat(content or {}))


def java_options(config: Mapping[str, str]) -> list[str]:
    """Returns the options of a TaskManager's JVM that a configuration sets."""
    return [option for key in _JAVA_OPTIONS for option in shlex.split(config.get(key, ""))]


def examine_class_loaders(config: Mapping[str, str], provider_in_lib: bool) -> Finding:
    """Finds whether jobs find PemJa's classes where the jars are."""
    subject = "class loaders"
    order = config.get("classloader.resolve-order", "child-first")
    patterns = ";".join(config.get(f"{_PATTERNS}.{kind}", "") for kind in ("default", "additional"))
    parent_first = order == "parent-first" or any(
        _PEMJA.startswith(pattern.strip()) for pattern in patterns.split(";") if pattern.strip()
    )
    if provider_in_lib or parent_first:
        return Finding(subject, f"{order}{', with PemJa parent-first' if parent_first else ''}")
    return Finding(
        subject,
        f"{order}; 'flink run -py' brings PemJa's classes to a job, whose class loader loads them",
        f"Set '{_PATTERNS}.additional: pemja.', or put the provider's jar into lib/.",
    )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        yield name, ";".join(map(str, value))
    elif value is not None:
        yield name, str(value)
