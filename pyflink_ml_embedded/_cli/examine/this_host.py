# SPDX-License-Identifier: Apache-2.0
"""Examines in which execution modes this interpreter can run models on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..._native import __version__, limit_recursion
from .finding import Finding

__all__ = ["FLINK_VERSIONS", "examine_this_host"]

_PROBE = Path(__file__).parents[2] / "_runtime" / "probe.py"
_PROBE_SECONDS = 60
FLINK_VERSIONS = ("2.1", "2.2", "2.3")
_OLDEST_JAVA, _NEWEST_JAVA = 11, 21  # of these Flink versions
_LIBRARIES = ("numpy", "pyarrow")  # of a worker


def examine_this_host() -> Iterator[Finding]:
    """Yields the state of what each execution mode requires.

    A Python without PyFlink is for worker processes only, so it need not meet the requirements of
    thread mode.
    """
    python = _describe_python()
    if isinstance(python, Finding):
        yield python
        return
    yield from _process_findings(python)
    thread = list(_thread_findings(python))
    if _has_flink():
        yield from thread
        yield from _host_findings()
        return
    reasons = "; ".join(each.found for each in thread if each.remedy is not None)
    yield Finding("thread mode", f"{reasons}. Models run in worker processes only", optional=True)


def _describe_python() -> dict[str, Any] | Finding:
    """Runs the probe as the provider does in thread mode, before it loads anything."""
    command = [sys.executable, "-c", _PROBE.read_text(), "--package", __version__]
    with suppress(PackageNotFoundError):
        command += ["--flink", ".".join(version("apache-flink").split(".")[:2])]
    probe = subprocess.run(
        command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
    )
    if probe.returncode != 0:
        return Finding(
            "Python", f"{sys.executable} fails: {probe.stderr.strip()}", "Install it again."
        )
    description: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    return description


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
            "there is no memfd_create or no /proc",
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
    java = _java_finding()
    yield java
    if java.remedy is None:
        yield _stack_finding()


def _has_flink() -> bool:
    return importlib.util.find_spec("pyflink") is not None


def _flink_finding() -> Finding:
    try:
        flink = version("apache-flink")
    except PackageNotFoundError:
        remedy = f"Run: {sys.executable} -m pip install apache-flink"
        return Finding("PyFlink", "PyFlink is not installed", remedy)
    supported = ".".join(flink.split(".")[:2]) in FLINK_VERSIONS
    remedy = f"Install one of apache-flink {', '.join(FLINK_VERSIONS)}."
    return Finding("PyFlink", flink, None if supported else remedy)


def _jar_finding() -> Finding:
    from ...table import provider_jar  # needs PyFlink

    try:
        return Finding("provider jar", str(provider_jar()))
    except FileNotFoundError as error:
        return Finding("provider jar", "not found", str(error))


def _java_finding() -> Finding:
    remedy = (
        f"Install a Java from {_OLDEST_JAVA} to {_NEWEST_JAVA}, for example openjdk-17-jre-headless"
        ", or set JAVA_HOME to one."
    )
    java = _java()
    try:
        process = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except OSError as error:
        return Finding("Java", f"{java}: {error.strerror}", remedy)
    release = re.search(r'version "(\d+)', process.stderr)
    if process.returncode != 0 or release is None:
        return Finding("Java", f"{java} fails: {process.stderr.strip()}", remedy)
    supported = _OLDEST_JAVA <= int(release[1]) <= _NEWEST_JAVA
    line = next(line for line in process.stderr.splitlines() if 'version "' in line)
    found = f"{line}, {java}"
    return Finding("Java", found, None if supported else remedy)


def _stack_finding() -> Finding:
    """Finds how deep Python may recurse on a thread of Flink."""
    process = subprocess.run(
        [_java(), "-XX:+PrintFlagsFinal", "-version"],
        capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False,
    )  # fmt: skip
    flag = re.search(r"\bThreadStackSize\s*=\s*(\d+)", process.stdout)
    kilobytes = int(flag[1]) if flag else 1024
    levels = min(_levels_on_stack(kilobytes << 10), sys.getrecursionlimit())
    return Finding(
        "stack",
        f"{kilobytes} KB for a thread of Flink, enough for {levels} levels of recursion in Python."
        " For more, set 'env.java.opts.taskmanager: -Xss16m' in Flink's configuration",
    )


def _levels_on_stack(size: int) -> int:
    found: list[int] = []
    usual = threading.stack_size(size)
    try:
        thread = threading.Thread(target=lambda: found.append(limit_recursion()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(usual)
    return found[0]


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", "java") if home else "java"
