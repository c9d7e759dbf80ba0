# SPDX-License-Identifier: Apache-2.0
"""Compares versions of Flink with those that the provider supports and that are installed."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from ..jar_files import patch
from .finding import Finding

__all__ = ["FLINK_VERSIONS", "compare_with_pyflink", "examine_flink_version", "installed"]

FLINK_VERSIONS = ("2.1", "2.2", "2.3")


def installed(package: str) -> str | None:
    """Returns the version of a package of this Python, or None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def examine_flink_version(subject: str, found: str, flink: str) -> Finding:
    """Finds whether the provider supports a version of Flink."""
    supported = ".".join(flink.split(".")[:2]) in FLINK_VERSIONS
    remedy = (
        f"Use one of Flink {', '.join(FLINK_VERSIONS)}, with the apache-flink of the same version."
    )
    return Finding(subject, found, None if supported else remedy)


def compare_with_pyflink(flink: str) -> Finding:
    """Finds whether the apache-flink of this Python has the version of a Flink."""
    client = installed("apache-flink")
    if client is not None and patch(client) == flink:
        return Finding("client", f"{client}, the apache-flink of {sys.executable}")
    return Finding(
        "client",
        f"{sys.executable} has {'no apache-flink' if client is None else f'apache-flink {client}'},"
        f" and this Flink is {flink}",
        f"Run: {sys.executable} -m pip install apache-flink=={flink}",
    )
