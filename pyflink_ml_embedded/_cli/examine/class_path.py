# SPDX-License-Identifier: Apache-2.0
"""Examines the jars in the class path of Flink's processes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from filecmp import cmp
from pathlib import Path

from ..._native import __version__
from ..jar_files import FLINK_PYTHON, PROVIDER, JarError, foreign_classes, pemja_of, version_of
from .finding import Finding
from .versions import installed

__all__ = ["examine_class_path", "has_provider"]

_RESTART = "Then restart Flink."


def has_provider(jars: Sequence[Path]) -> bool:
    """Returns whether one of the jars is the provider's."""
    return any(PROVIDER.fullmatch(jar.name) for jar in jars)


def examine_class_path(jars: Sequence[Path], flink: str, home: str) -> Iterator[Finding]:
    """Yields the state of the jars that models need, and of others with the same classes.

    A jar that does not exist on this host is examined by its name alone.

    Args:
        jars: of the class path, which is that of ``lib/``.
        flink: the version of Flink.
        home: the directory of Flink, as it is written in a command.
    """
    install = f"Run: pyflink-ml-embedded install-jars --flink-home {home}. {_RESTART}"
    try:
        yield _provider_finding([jar for jar in jars if PROVIDER.fullmatch(jar.name)], install)
        flink_python = [jar for jar in jars if FLINK_PYTHON.fullmatch(jar.name)]
        yield from _flink_python_findings(flink_python, flink, install)
        for jar in jars:
            for what in foreign_classes(jar) if jar.is_file() else ():
                yield Finding(
                    "other jars",
                    f"{jar} has classes of {what}, of which a JVM must have only one copy",
                    f"Remove this jar. {_RESTART}",
                )
    except JarError as error:
        yield Finding("jars", error.found, error.remedy)


def _provider_finding(jars: Sequence[Path], install: str) -> Finding:
    subject = "provider jar"
    if not jars:
        return Finding(
            subject,
            "lib/ has none, so each job must bring it in 'pipeline.jars'",
            install,
        )
    if len(jars) > 1:
        return _several(subject, jars, f"pyflink-ml-embedded-{__version__}.jar")
    jar = jars[0]
    if jar.name != f"pyflink-ml-embedded-{__version__}.jar":
        return Finding(subject, f"{jar}, and this package is {__version__}", install)
    own = Path(__file__).parents[2] / "jars" / jar.name
    if jar.is_file() and own.is_file() and not cmp(jar, own, shallow=False):
        return Finding(subject, f"{jar} is another build than that of this package", install)
    return Finding(subject, str(jar))


def _flink_python_findings(jars: Sequence[Path], flink: str, install: str) -> Iterator[Finding]:
    subject = "flink-python"
    if not jars:
        yield Finding(subject, "lib/ has no flink-python jar, which has PemJa's classes", install)
        return
    if len(jars) > 1:
        yield _several(subject, jars, f"flink-python-{flink}.jar")
        return
    jar = jars[0]
    found = version_of(jar) if jar.is_file() else re.findall(r"\d+\.\d+\.\d+", jar.name)[-1]
    if found != flink:
        yield Finding(
            subject,
            f"{jar} is of {found}, and this Flink is {flink}",
            f"Put flink-python-{flink}.jar in its place. {_RESTART}",
        )
        return
    yield Finding(subject, str(jar))
    if jar.is_file():
        yield _pemja_finding(pemja_of(jar) or "unknown")


def _pemja_finding(required: str) -> Finding:
    pemja = installed("pemja")
    if pemja == required:
        return Finding("PemJa", f"{pemja} in the jar and in {sys.executable}")
    return Finding(
        "PemJa",
        f"{required} in the jar, and {pemja or 'none'} in {sys.executable}",
        f"Run: {sys.executable} -m pip install pemja=={required}",
    )


def _several(subject: str, jars: Sequence[Path], right: str) -> Finding:
    return Finding(
        subject,
        f"{' and '.join(map(str, jars))} have the same classes",
        f"Remove all but {right}. {_RESTART}",
    )
