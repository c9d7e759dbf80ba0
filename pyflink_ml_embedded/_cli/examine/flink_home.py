# SPDX-License-Identifier: Apache-2.0
"""Examines the directory of a Flink on this host."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..jar_files import (
    FLINK_DIST,
    FLINK_PYTHON,
    PROVIDER,
    JarError,
    foreign_classes,
    jars_in,
    lib_of,
    pemja_of,
    version_of,
)
from .class_path import examine_class_path, has_provider
from .executable import examine_executable
from .finding import Finding
from .flink_config import examine_class_loaders, java_options, read_config
from .java import default_java, examine_java, examine_opens, examine_stack
from .versions import compare_with_pyflink, examine_flink_version

__all__ = ["examine_flink_home"]

_ANY_JAR = re.compile(r".*\.jar")


def examine_flink_home(home: Path) -> Iterator[Finding]:
    """Yields the state of what models need in a Flink.

    Raises:
        CommandError: the directory is not that of a Flink.
    """
    lib = lib_of(home)
    dist = jars_in(lib, FLINK_DIST)
    if len(dist) != 1:
        found = " and ".join(jar.name for jar in dist) or "none"
        yield Finding(
            "Flink",
            f"{lib} must have one flink-dist-*.jar, and has {found}",
            "Install Flink again.",
        )
        return
    try:
        flink = version_of(dist[0])
    except JarError as error:
        yield Finding("Flink", error.found, error.remedy)
        return
    yield examine_flink_version("Flink", f"{flink}, {home.absolute()}", flink)
    yield compare_with_pyflink(flink)
    jars = jars_in(lib, _ANY_JAR)
    yield from examine_class_path(jars, flink, str(home))
    yield from _user_jar_findings(home)
    yield _plugin_finding(home)
    config = read_config(home / "conf")
    if isinstance(config, Finding):
        yield config
        return
    yield examine_class_loaders(config, has_provider(jars))
    yield from _java_findings(config)
    yield examine_executable(config.get("python.executable"), flink, _pemja_of(jars))


def _user_jar_findings(home: Path) -> Iterator[Finding]:
    """Yields findings about the jars that an application in this Flink brings."""
    lib = jars_in(home / "lib", PROVIDER)
    for jar in sorted((home / "usrlib").rglob("*.jar")):
        if FLINK_PYTHON.fullmatch(jar.name) or "PemJa" in _foreign_classes(jar):
            yield Finding(
                "usrlib",
                f"{jar} has classes of PemJa, which only the class loader of lib/ may load",
                "Remove this jar; lib/ must have flink-python's.",
            )
        elif lib and (PROVIDER.fullmatch(jar.name) or _foreign_classes(jar)):
            yield Finding(
                "usrlib",
                f"{jar} has classes of the provider, and so has {lib[0]}",
                "Remove one of them.",
            )


def _plugin_finding(home: Path) -> Finding:
    plugins = home / "plugins"
    for jar in sorted(plugins.rglob("*.jar")):
        if (
            PROVIDER.fullmatch(jar.name)
            or FLINK_PYTHON.fullmatch(jar.name)
            or _foreign_classes(jar)
        ):
            return Finding(
                "plugins",
                f"{jar} is in a directory of plugins, in which Flink looks for no model provider",
                "Move it to lib/.",
            )
    names = sorted(path.name for path in plugins.glob("*") if path.is_dir())
    return Finding("plugins", ", ".join(names) or "none")


def _foreign_classes(jar: Path) -> Sequence[str]:
    try:
        return foreign_classes(jar)
    except JarError:
        return ()


def _java_findings(config: Mapping[str, str]) -> Iterator[Finding]:
    home = config.get("env.java.home")
    java = os.path.join(home, "bin", "java") if home else default_java()
    finding = examine_java(java)
    yield finding
    if finding.remedy is None:
        options = java_options(config)
        release = re.search(r'version "(\d+)', finding.found)
        assert release is not None
        yield examine_opens(options, int(release[1]))
        yield examine_stack(java, [each for each in options if re.match("-Xss|-XX:ThreadSt", each)])


def _pemja_of(jars: Sequence[Path]) -> str | None:
    found = [jar for jar in jars if FLINK_PYTHON.fullmatch(jar.name)]
    with suppress(JarError):
        return pemja_of(found[0]) if found else None
    return None
