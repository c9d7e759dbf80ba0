# SPDX-License-Identifier: Apache-2.0
"""Examines the Python in which a Flink of this host runs models."""

from __future__ import annotations

import os
import shutil
import sys

from .finding import Finding
from .python import describe_python

__all__ = ["examine_executable"]

_SUBJECT = "executable"


def examine_executable(configured: str | None, flink: str, pemja: str | None) -> Finding:
    """Finds whether a Python can run models in thread mode.

    Args:
        configured: the option ``python.executable``, if it is set.
        flink: the version of Flink.
        pemja: the version of PemJa in flink-python's jar, or None if it is unknown.
    """
    if configured and os.path.dirname(configured) and not os.path.isabs(configured):
        found = f"{configured} is relative, as in an archive of a job, and was not examined"
        return Finding(_SUBJECT, found, optional=True)
    names = [configured] if configured else ["python3", "python"]
    path = next(filter(None, map(shutil.which, names)), None)
    name = path if configured else f"'python.executable' is not set; {path} of PATH"
    remedy = f"Set 'python.executable: {sys.executable}' in conf/config.yaml."
    if path is None:
        found = f"none of {', '.join(names)} is an executable file of this host"
        return Finding(_SUBJECT, found, remedy)
    if _is_this_python(path):
        return Finding(_SUBJECT, f"{name}, this Python")
    python = describe_python(path, flink)
    if isinstance(python, Finding):
        return Finding(_SUBJECT, python.found, remedy)
    if python["problems"]:
        problem = python["problems"][0]
        return Finding(_SUBJECT, f"{name}: {problem['text']}", problem["remedy"])
    if pemja not in (None, python["pemja"]):
        return Finding(
            _SUBJECT,
            f"{name} has PemJa {python['pemja']}, and flink-python's jar has {pemja}",
            f"Run: {path} -m pip install pemja=={pemja}",
        )
    release = ".".join(map(str, python["version"]))
    return Finding(_SUBJECT, f"{name}: {release}, PemJa {python['pemja']}")


def _is_this_python(path: str) -> bool:
    """Returns whether the path leads to the running interpreter, in the same environment."""
    directories = {os.path.realpath(os.path.dirname(each)) for each in (path, sys.executable)}
    return os.path.samefile(path, sys.executable) and len(directories) == 1
