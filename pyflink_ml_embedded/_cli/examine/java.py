# SPDX-License-Identifier: Apache-2.0
"""Examines a Java and the options of its JVM."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence

from ..._native import limit_recursion
from .finding import Finding
from .python import PROBE_SECONDS

__all__ = [
    "default_java",
    "examine_java",
    "examine_opens",
    "examine_release",
    "examine_stack",
    "stack_of_options",
]

_OLDEST, _NEWEST = 11, 21  # of Flink 2.1 to 2.3
_REMEDY = (
    f"Install a Java from {_OLDEST} to {_NEWEST}, for example openjdk-17-jre-headless, or set"
    " JAVA_HOME to one."
)
_MODULES = 17  # from this release on, packages of the JDK are closed
# Flink's serializers and closures reach into these.
_OPENED = ("java.base/java.lang", "java.base/java.util", "java.base/java.time")
_DEFAULT_STACK = 1024  # kilobytes, of a JVM on Linux
_LARGEST_STACK = 16 << 20  # bytes; more are not needed to reach Python's own limit
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def default_java() -> str:
    """Returns the Java that Flink's scripts run, unless Flink's configuration names another."""
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", "java") if home else "java"


def examine_java(java: str) -> Finding:
    """Finds whether Flink supports the release of a Java of this host."""
    try:
        process = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except OSError as error:
        return Finding("Java", f"{java}: {error.strerror}", _REMEDY)
    release = re.search(r'version "(\d+)', process.stderr)
    if process.returncode != 0 or release is None:
        return Finding("Java", f"{java} fails: {process.stderr.strip()}", _REMEDY)
    line = next(line for line in process.stderr.splitlines() if 'version "' in line)
    return examine_release(f"{line}, {java}", int(release[1]))


def examine_release(found: str, release: int) -> Finding:
    """Finds whether Flink supports a release of Java."""
    return Finding("Java", found, None if _OLDEST <= release <= _NEWEST else _REMEDY)


def examine_opens(options: Sequence[str], release: int) -> Finding:
    """Finds whether the JVM's options open the packages that Flink needs."""
    text = " ".join(options)
    closed = [
        name for name in _OPENED if not re.search(rf"--add-opens[= ]{re.escape(name)}=", text)
    ]
    if release < _MODULES or not closed:
        return Finding("module opens", f"has --add-opens for {', '.join(_OPENED)}")
    return Finding(
        "module opens",
        f"'env.java.opts.all' has no --add-opens for {', '.join(closed)}",
        "Add your options to those that config.yaml of the distribution has, in place of replacing"
        " them.",
    )


def examine_stack(java: str, options: Sequence[str] = ()) -> Finding:
    """Finds how deep Python may recurse on a thread of a JVM that this Java starts."""
    process = subprocess.run(
        [java, *options, "-XX:+PrintFlagsFinal", "-version"],
        capture_output=True, text=True, timeout=PROBE_SECONDS, check=False,
    )  # fmt: skip
    flag = re.search(r"\bThreadStackSize\s*=\s*(\d+)", process.stdout)
    return _describe_stack(int(flag[1]) if flag else _DEFAULT_STACK)


def stack_of_options(options: Sequence[str]) -> Finding:
    """Finds how deep Python may recurse on a thread of a JVM with these options."""
    kilobytes = _DEFAULT_STACK
    for option in options:
        if found := re.fullmatch(r"-Xss(\d+)([kmg]?)", option, re.IGNORECASE):
            kilobytes = (int(found[1]) * _UNITS[found[2].lower()]) >> 10
        elif found := re.fullmatch(r"-XX:ThreadStackSize=(\d+)", option):
            kilobytes = int(found[1])
    return _describe_stack(kilobytes)


def _describe_stack(kilobytes: int) -> Finding:
    size = min(kilobytes << 10, _LARGEST_STACK)
    levels = min(_levels_on_stack(size), sys.getrecursionlimit())
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
