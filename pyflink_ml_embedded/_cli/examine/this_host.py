# SPDX-License-Identifier: Apache-2.0
"""Examines in which execution modes this interpreter can run models on this machine."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import Any

from .extras import examine_extras
from .finding import Finding
from .java import default_java, examine_java, examine_stack
from .python import describe_python
from .versions import examine_flink_version, installed

__all__ = ["examine_this_host"]

_LIBRARIES = ("numpy", "pyarrow")  # of a worker


def examine_this_host() -> Iterator[Finding]:
    """Yields the state of what each execution mode requires.

    A Python without PyFlink is for worker processes only, so it need not meet the requirements of
    thread mode.
    """
    python = describe_python(sys.executable, installed("apache-flink"))
    if isinstance(python, Finding):
        yield python
        return
    yield from _process_findings(python)
    yield examine_extras()
    thread = list(_thread_findings(python))
    if _has_flink():
        yield from thread
        yield from _host_findings()
        return
    reasons = "; ".join(each.found for each in thread if each.remedy is not None)
    yield Finding("thread mode", f"{reasons}. Models run in worker processes only", optional=True)


def _process_findings(python: dict[str, Any]) -> Iterator[Finding]:
    """Yields what both modes need, then what workers need."""
    release = ".".join(map(str, python["version"]))
    yield Finding("Python", f"{release}, {python['executable']}")
    yield _problem_of(python, "package") or Finding(
        "package", f"{python['package']}, {python['package_path']}"
    )
    for name in _LIBRARIES:
        if importlib.util.find_spec(name) is None:
            remedy = f"Run: {sys.executable} -m pip install {name}"
            yield Finding("process mode", f"{name} is missing", remedy)
            return
    if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
        yield Finding(
            "process mode",
            "memfd_create or /proc is missing",
            "Run TaskManagers on Linux, with /proc mounted.",
        )
        return
    yield Finding("process mode", f"has {' and '.join(_LIBRARIES)}, memfd_create and /proc")


def _thread_findings(python: dict[str, Any]) -> Iterator[Finding]:
    if problem := _problem_of(python, "Python"):
        yield problem
    for subject in ("libpython", "PemJa"):
        yield _problem_of(python, subject) or Finding(subject, python[subject.lower()])
    yield _flink_finding()


def _problem_of(python: dict[str, Any], subject: str) -> Finding | None:
    for problem in python["problems"]:
        if problem["subject"] == subject:
            return Finding(subject, problem["text"], problem["remedy"])
    return None


def _host_findings() -> Iterator[Finding]:
    yield _jar_finding()
    java = default_java()
    finding = examine_java(java)
    yield finding
    if finding.remedy is None:
        yield examine_stack(java)


def _has_flink() -> bool:
    return importlib.util.find_spec("pyflink") is not None


def _flink_finding() -> Finding:
    flink = installed("apache-flink")
    if flink is None:
        remedy = f"Run: {sys.executable} -m pip install apache-flink"
        return Finding("PyFlink", "PyFlink is not installed", remedy)
    return examine_flink_version("PyFlink", flink, flink)


def _jar_finding() -> Finding:
    from ...table import provider_jar  # needs PyFlink

    try:
        return Finding("provider jar", str(provider_jar()))
    except FileNotFoundError as error:
        return Finding("provider jar", "not found", str(error))
