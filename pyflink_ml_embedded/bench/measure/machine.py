# SPDX-License-Identifier: Apache-2.0
"""The machine, versions and code that the figures depend on."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sysconfig
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..._native import __version__

__all__ = ["describe_machine"]

_COLLECTORS = ("UseG1GC", "UseParallelGC", "UseSerialGC", "UseShenandoahGC", "UseZGC")

_PACKAGES = ("apache-flink", "numpy", "onnxruntime", "pandas", "pemja", "pyarrow", "uvicorn")


def describe_machine() -> dict[str, Any]:
    """Returns the machine, the versions, and the commit if this is a checkout."""
    from pyflink.pyflink_gateway_server import find_java_executable

    command = [find_java_executable(), "-XX:+PrintFlagsFinal", "-version"]
    java = subprocess.run(command, capture_output=True, text=True)
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--verify", "HEAD"),
        "uncommitted_changes": _git(
            "status", "--porcelain", "--", ".", ":!:*results*"
        ).splitlines(),
        "cpu": _cpu_model(),
        "cpus": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_average": list(os.getloadavg()),
        "system": platform.platform(),
        "java": java.stderr.splitlines(),
        **_jvm(java.stdout),
        "python": platform.python_version(),
        "python_cflags": sysconfig.get_config_var("CFLAGS"),
        "pyflink_ml_embedded": __version__,
        **_versions(),
    }


def _jvm(flags: str) -> dict[str, Any]:
    """Returns the settings of the JVM, which the benchmark does not change."""
    # A line is "     bool UseG1GC    = true    {product} {ergonomic}".
    values = {
        words[1]: words[3]
        for words in map(str.split, flags.splitlines())
        if len(words) > 3 and words[2] == "="
    }
    names = ("MaxHeapSize", "TieredCompilation", "CICompilerCount", "ReservedCodeCacheSize")
    return {
        "gc": sorted(name for name in values if name in _COLLECTORS and values[name] == "true"),
        "jit": ", ".join(f"{name}={values[name]}" for name in names if name in values),
        "jvm_arguments": os.environ.get("JDK_JAVA_OPTIONS", "").split(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout.rstrip()


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
