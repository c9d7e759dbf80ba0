"""Checks that the provider can run here, with this interpreter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..table import provider_jar

__all__ = ["run_doctor"]

_PROBE_SECONDS = 60
_OLDEST_JAVA = 11


@dataclass(frozen=True)
class _Finding:
    """What was found of one thing, and what to do about it; no remedy where all is well."""

    subject: str
    found: str
    remedy: str | None = None


def run_doctor() -> bool:
    """Prints what the provider needs and what of it is here; returns whether all of it is."""
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
    yield _java_finding()


def _python_findings() -> Iterator[_Finding]:
    """Runs the probe that the provider runs before it loads anything into its JVM."""
    probe = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "_runtime" / "probe.py"],
        capture_output=True,
        text=True,
        timeout=_PROBE_SECONDS,
        check=False,
    )
    if probe.returncode != 0:
        yield _Finding(
            "Python", f"{sys.executable} fails: {probe.stderr.strip()}", "Install it anew."
        )
        return
    python: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    major, minor, patch = python["version"]
    yield _Finding(
        "Python",
        f"{major}.{minor}.{patch}, {python['executable']}",
        None if (3, 10) <= (major, minor) <= (3, 12) else "Use Python 3.10, 3.11 or 3.12.",
    )
    yield _Finding(
        "libpython",
        python["libpython"] or "not found",
        None
        if python["libpython"]
        else f"Install libpython{major}.{minor}, or a Python built with --enable-shared.",
    )
    yield _Finding(
        "PemJa",
        python["pemja"] or "not installed",
        None if python["pemja"] else f"Run: {sys.executable} -m pip install apache-flink",
    )
    yield _Finding("package", f"{python['package']}, {python['package_path']}")


def _flink_finding() -> _Finding:
    try:
        flink = version("apache-flink")
    except PackageNotFoundError:
        return _Finding(
            "PyFlink", "not installed", f"Run: {sys.executable} -m pip install apache-flink"
        )
    supported = flink.startswith(("2.1.", "2.2.", "2.3."))
    return _Finding(
        "PyFlink", flink, None if supported else "Install apache-flink 2.1, 2.2 or 2.3."
    )


def _jar_finding() -> _Finding:
    try:
        return _Finding("provider jar", str(provider_jar()))
    except FileNotFoundError as error:
        return _Finding("provider jar", "not found", str(error))


def _java_finding() -> _Finding:
    remedy = "Install a JDK 17, or set JAVA_HOME to one."
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        process = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except OSError as error:
        return _Finding("Java", f"{java}: {error.strerror}", remedy)
    release = re.search(r'version "(\d+)', process.stderr)
    if process.returncode != 0 or release is None:
        return _Finding("Java", f"{java} fails: {process.stderr.strip()}", remedy)
    found = f"{process.stderr.splitlines()[0]}, {java}"
    return _Finding("Java", found, None if int(release[1]) >= _OLDEST_JAVA else remedy)
