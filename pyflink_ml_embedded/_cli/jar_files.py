# SPDX-License-Identifier: Apache-2.0
"""Finds the jars of Flink and of this package, and reads what they are."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from .output import CommandError

__all__ = [
    "FLINK_DIST",
    "FLINK_PYTHON",
    "PROVIDER",
    "JarError",
    "foreign_classes",
    "jars_in",
    "lib_of",
    "patch",
    "pemja_of",
    "version_of",
]

FLINK_DIST = re.compile(r"flink-dist[-_].*\.jar")
FLINK_PYTHON = re.compile(r"flink-python[-_]\d.*\.jar")
PROVIDER = re.compile(r"pyflink-ml-embedded-\d.*\.jar")
_CLASSES = {
    "io/github/pyflink/ml/embedded/GenericPythonModelProviderFactory.class": "the provider",
    "pemja/core/PythonInterpreter.class": "PemJa",
}


class JarError(CommandError):
    """A file is not the jar that it should be.

    Attributes:
        found: what is wrong with it.
        remedy: what to do.
    """

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}. {remedy}")
        self.found = found
        self.remedy = remedy


def lib_of(flink_home: Path) -> Path:
    """Returns the directory ``lib/`` of a Flink.

    Raises:
        CommandError: there is none.
    """
    lib = flink_home.absolute() / "lib"
    if not lib.is_dir():
        raise CommandError(
            f"{flink_home} has no directory lib/. Name the directory of a Flink, which has bin/,"
            " conf/ and lib/."
        )
    return lib


def jars_in(directory: Path, name: re.Pattern[str]) -> list[Path]:
    """Returns the jars of a directory whose names match, sorted."""
    return sorted(jar for jar in directory.glob("*.jar") if name.fullmatch(jar.name))


def foreign_classes(jar: Path) -> list[str]:
    """Returns of which of "the provider" and "PemJa" a jar of others has classes."""
    if PROVIDER.fullmatch(jar.name) or jar.name.startswith("flink-"):
        return []  # Flink's own have a hundred thousand classes
    with _opened(jar) as file:
        names = set(file.namelist())
    return [what for name, what in _CLASSES.items() if name in names]


def version_of(jar: Path) -> str:
    """Returns the version of Flink that a jar is of, up to the patch."""
    manifest = _text_in(jar, "META-INF/MANIFEST.MF")
    found = re.search(r"^Implementation-Version: *(\S+)", manifest, re.M)
    if found is None:
        raise JarError(f"The manifest of {jar} has no Implementation-Version", "Install it again.")
    return patch(found[1])


def pemja_of(flink_python: Path) -> str | None:
    """Returns the version of PemJa whose classes a flink-python jar has."""
    found = re.search(r"com\.alibaba:pemja:([\w.]+)", _text_in(flink_python, "META-INF/NOTICE"))
    return found[1] if found else None


def patch(text: str) -> str:
    """Returns the three numbers of a version, without the addition of a distributor."""
    numbers = re.match(r"\d+\.\d+\.\d+", text)
    return numbers[0] if numbers else text


def _text_in(jar: Path, name: str) -> str:
    """Returns a text file of a jar, or an empty text if the jar has none of this name."""
    with _opened(jar) as file, suppress(KeyError):
        return file.read(name).decode()
    return ""


def _opened(jar: Path) -> ZipFile:
    try:
        return ZipFile(jar)
    except BadZipFile:
        raise JarError(f"{jar} is not a jar: it is damaged", "Install it again.") from None
