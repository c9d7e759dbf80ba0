# SPDX-License-Identifier: Apache-2.0
"""Checks that the provider can run on this machine with this interpreter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .._native import __version__, limit_recursion
from ..table import provider_jar

__all__ = ["run_doctor"]

_PROBE = Path(__file__).parents[1] / "_runtime" / "probe.py"
_PROBE_SECONDS = 60
_FLINK_VERSIONS = ("2.1", "2.2", "2.3")
_OLDEST_JAVA, _NEWEST_JAVA = 11, 21  # of these Flink versions


@dataclass(frozen=True)
class _Finding:
    """The state of one requirement, with a remedy where it is not met."""

    subject: str
    found: str
    remedy: str | None = None


def run_doctor() -> bool:
    """Prints whether each requirement of the provider is met, and returns whether all are."""
    healthy = True
    for finding in _findings():
        healthy = healthy and finding.remedy is None
        mark = "ok     " if finding.remedy is None else "PROBLEM"
        print(f"{mark}  {finding.subject:<12}  {finding.found}")
        if finding.remedy is not None:
            print(f"{'':23}{finding.remedy}")
    return healthy


def _findings() -> Iterator[_Finding]:
    yield from _python_findings()
    yield _flink_finding()
    yield _jar_finding()
    java = _java_finding()
    yield java
    if java.remedy is None:
        yield _stack_finding()


def _python_findings() -> Iterator[_Finding]:
    """Runs the probe as the provider does, before it loads anything into its JVM."""
    command = [sys.executable, "-c", _PROBE.read_text(), "--package", __version__]
    with suppress(PackageNotFoundError):
        command += ["--flink", ".".join(version("apache-flink").split(".")[:2])]
    probe = subprocess.run(
        command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
    )
    if probe.returncode != 0:
        yield _Finding(
            "Python", f"{sys.executable} fails: {probe.stderr.strip()}", "Install it again."
        )
        return
    python: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    problems = {problem["subject"]: problem for problem in python["problems"]}
    for subject, found in {
        "Python": f"{'.'.join(map(str, python['version']))}, {python['executable']}",
        "libpython": python["libpython"],
        "PemJa": python["pemja"],
        "package": f"{python['package']}, {python['package_path']}",
    }.items():
        if problem := problems.get(subject):
            yield _Finding(subject, f"{problem['text']}.", problem["remedy"])
        else:
            yield _Finding(subject, found)


def _flink_finding() -> _Finding:
    try:
        flink = version("apache-flink")
    except PackageNotFoundError:
        return _Finding(
            "PyFlink", "not installed", f"Run: {sys.executable} -m pip install apache-flink"
        )
    supported = ".".join(flink.split(".")[:2]) in _FLINK_VERSIONS
    remedy = f"Install one of apache-flink {', '.join(_FLINK_VERSIONS)}."
    return _Finding("PyFlink", flink, None if supported else remedy)


def _jar_finding() -> _Finding:
    try:
        return _Finding("provider jar", str(provider_jar()))
    except FileNotFoundError as error:
        return _Finding("provider jar", "not found", str(error))


def _java_finding() -> _Finding:
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
        return _Finding("Java", f"{java}: {error.strerror}", remedy)
    release = re.search(r'version "(\d+)', process.stderr)
    if process.returncode != 0 or release is None:
        return _Finding("Java", f"{java} fails: {process.stderr.strip()}", remedy)
    supported = _OLDEST_JAVA <= int(release[1]) <= _NEWEST_JAVA
    line = next(line for line in process.stderr.splitlines() if 'version "' in line)
    found = f"{line}, {java}"
    return _Finding("Java", found, None if supported else remedy)


def _stack_finding() -> _Finding:
    """Finds how deep Python may recurse on a thread of Flink."""
    process = subprocess.run(
        [_java(), "-XX:+PrintFlagsFinal", "-version"],
        capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False,
    )  # fmt: skip
    flag = re.search(r"\bThreadStackSize\s*=\s*(\d+)", process.stdout)
    kilobytes = int(flag[1]) if flag else 1024
    levels = min(_levels_on_stack(kilobytes << 10), sys.getrecursionlimit())
    return _Finding(
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
