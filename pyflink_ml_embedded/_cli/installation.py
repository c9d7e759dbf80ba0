# SPDX-License-Identifier: Apache-2.0
"""Puts the jars that models need into the ``lib/`` of a Flink, and takes them out again."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from filecmp import cmp
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from .jar_files import (
    FLINK_DIST,
    FLINK_PYTHON,
    PROVIDER,
    foreign_classes,
    jars_in,
    lib_of,
    patch,
    pemja_of,
    version_of,
)
from .output import CommandError

__all__ = ["Change", "install_jars", "uninstall_jars"]

# Names the flink-python jar that this command has copied; --uninstall leaves others.
_RECORD = "pyflink-ml-embedded.installed"
_RESTART = "Flink's processes read lib/ when they start: restart those that run."


class Change(NamedTuple):
    """A jar that was "copied" or "removed"."""

    change: str
    jar: str


def install_jars(flink_home: Path) -> list[Change]:
    """Copies the provider's jar and flink-python's jar into ``lib/``, and prints what it changes.

    All versions are compared before a file is changed. A jar appears complete, under its final
    name. A provider's jar of another version is removed, and a jar that is there already stays.

    Args:
        flink_home: the directory of a Flink.

    Raises:
        CommandError: versions differ, or ``lib/`` has other jars with the same classes.
        OSError: a file cannot be read or written.
    """
    lib = lib_of(flink_home)
    flink = _flink_version(lib)
    _check_python(flink)
    provider = _provider_jar()
    _check_foreign_jars(lib)
    flink_python = _flink_python_jar(flink_home, flink)

    changes = []
    if flink_python.parent != lib:
        (lib / _RECORD).write_text(f"{flink_python.name}\n")
        changes += _copy(flink_python, lib)
    changes += _copy(provider, lib)
    for jar in jars_in(lib, PROVIDER):
        if jar.name != provider.name:
            changes.append(_remove(jar))
    print(_RESTART if changes else "Nothing to do: lib/ has the jars of these versions.")
    return changes


def uninstall_jars(flink_home: Path) -> list[Change]:
    """Removes provider's jars from ``lib/``, and flink-python's if ``install_jars`` copied it."""
    lib = lib_of(flink_home)
    record = lib / _RECORD
    copied = record.read_text().split() if record.is_file() else []
    changes = [_remove(jar) for jar in jars_in(lib, PROVIDER)]
    for jar in jars_in(lib, FLINK_PYTHON):
        if jar.name in copied:
            changes.append(_remove(jar))
        else:
            _print("kept", jar, "this command has not copied it")
    record.unlink(missing_ok=True)
    print(_RESTART if changes else "Nothing to do: lib/ has no jar that this command has copied.")
    return changes


def _flink_version(lib: Path) -> str:
    jars = jars_in(lib, FLINK_DIST)
    if len(jars) != 1:
        found = ", ".join(jar.name for jar in jars) or "none"
        raise CommandError(f"{lib} must have one flink-dist-*.jar, and has {found}.")
    return version_of(jars[0])


def _check_python(flink: str) -> None:
    """Checks that PyFlink, and the PemJa that is installed with it, are those of this Flink."""
    remedy = f"Run: {sys.executable} -m pip install apache-flink=={flink}"
    try:
        installed = version("apache-flink")
    except PackageNotFoundError:
        raise CommandError(f"{sys.executable} has no apache-flink. {remedy}") from None
    if patch(installed) != flink:
        raise CommandError(
            f"Flink is {flink}, and the apache-flink of {sys.executable} is {installed}. They must"
            f" be equal. {remedy}"
        )


def _provider_jar() -> Path:
    from ..table import provider_jar  # needs PyFlink

    return provider_jar()


def _check_foreign_jars(lib: Path) -> None:
    """Refuses jars with the same classes under names by which they are not found."""
    for jar in jars_in(lib, re.compile(r".*\.jar")):
        for what in foreign_classes(jar):
            raise CommandError(
                f"{jar} contains classes of {what}, of which a JVM must have only one copy."
                " Remove this jar from lib/."
            )


def _flink_python_jar(flink_home: Path, flink: str) -> Path:
    """Returns the jar in ``lib/``, or that of ``opt/``, or that of the installed apache-flink."""
    in_lib = jars_in(lib_of(flink_home), FLINK_PYTHON)
    if len(in_lib) > 1:
        raise CommandError(
            f"lib/ has more than one jar of flink-python: {', '.join(map(str, in_lib))}. Remove"
            f" all but that of {flink}."
        )
    spec = find_spec("pyflink")
    assert spec is not None
    assert spec.origin is not None
    in_opt = jars_in(flink_home.absolute() / "opt", FLINK_PYTHON)
    jars = in_lib or in_opt or jars_in(Path(spec.origin).parent / "opt", FLINK_PYTHON)
    if not jars:
        raise CommandError(
            f"{flink_home}/opt has no flink-python-{flink}.jar, nor has the installed apache-flink."
            " Copy it from the distribution of Flink."
        )
    _check_flink_python(jars[0], flink)
    return jars[0]


def _check_flink_python(jar: Path, flink: str) -> None:
    found = version_of(jar)
    if found != flink:
        raise CommandError(
            f"Flink is {flink}, and {jar} is of {found}. Remove it, or put flink-python-{flink}.jar"
            " in its place."
        )
    required = pemja_of(jar) or "unknown"
    try:
        installed = version("pemja")
    except PackageNotFoundError:
        installed = "missing"
    if required != installed:
        raise CommandError(
            f"The PemJa of {jar} is {required}, and that of {sys.executable} is {installed}. They"
            f" must be equal. Run: {sys.executable} -m pip install pemja=={required}"
        )


def _copy(jar: Path, lib: Path) -> list[Change]:
    """Copies a jar unless ``lib/`` has it."""
    target = lib / jar.name
    if target.is_file() and cmp(jar, target, shallow=False):
        return []
    # Flink reads only files that end in .jar, and a rename needs the file system of the target.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{jar.name}.", dir=lib)
    os.close(descriptor)
    try:
        shutil.copyfile(jar, temporary)
        os.chmod(temporary, 0o644)  # Flink may run as another user
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _print("copied", target)
    return [Change("copied", str(target))]


def _remove(jar: Path) -> Change:
    jar.unlink()
    _print("removed", jar)
    return Change("removed", str(jar))


def _print(what: str, jar: Path, reason: str | None = None) -> None:
    print(f"{what:<8}{jar}" + (f": {reason}" if reason else ""))
