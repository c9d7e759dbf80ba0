# SPDX-License-Identifier: Apache-2.0
"""Runs the provider's probe in a Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ..._native import __version__
from .finding import Finding

__all__ = ["PROBE_SECONDS", "describe_python"]

PROBE_SECONDS = 60
_PROBE = Path(__file__).parents[2] / "_runtime" / "probe.py"


def describe_python(executable: str, flink: str | None) -> dict[str, Any] | Finding:
    """Runs the probe as the provider does in thread mode, before it loads anything.

    Args:
        executable: the Python.
        flink: the version of Flink, or None if it is unknown.

    Returns:
        What the probe reports, or why it cannot be run.
    """
    command = [executable, "-c", _PROBE.read_text(), "--package", __version__]
    if flink is not None:
        command += ["--flink", ".".join(flink.split(".")[:2])]
    try:
        probe = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except OSError as error:
        return Finding("Python", f"{executable}: {error.strerror}", "Install it again.")
    except subprocess.TimeoutExpired:
        return Finding(
            "Python",
            f"{executable} has not ended within {PROBE_SECONDS} s",
            "Run it by hand, and correct what holds it up.",
        )
    if probe.returncode != 0:
        return Finding("Python", f"{executable} fails: {probe.stderr.strip()}", "Install it again.")
    description: dict[str, Any] = json.loads(probe.stdout.splitlines()[-1])
    return description
