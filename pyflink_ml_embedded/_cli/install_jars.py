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
from zipfile import BadZipFile, ZipFile

__all__ = ["InstallError", "install_jars", "uninstall_jars"]

_PROVIDER = re.compile(r"pyflink-ml-embedded-\d.*\.jar")
_FLINK_PYTHON = re.compile(r"flink-python[-_]\d.*\.jar")
_PROVIDER_CLASS = "io/github/pyflink/ml/embedded/GenericPythonModelProviderFactory.class"
_PEMJA_CLASS = "pemja/core/PythonInterpreter.class"
# Names the flink-python jar that this command has copied; --uninstall leaves others.
_RECORD = "pyflink-ml-embedded.installed"
_RESTART = "Flink's processes read lib/ when they start: restart those that run."


class InstallError(Exception):
    """The jars cannot be installed; the text says why, and what to do."""


def install_jars(flink_home: Path) -> None:
    """Copies the provider's jar and flink-python's jar into ``lib/``, and prints what it changes.

    All versions are compared before a file is changed. A jar appears complete, under its final
    name. A provider's jar of another version is removed, and a jar that is there already stays.

    Args:
        flink_home: the directory of a Flink.

    Raises:
        InstallError: versions differ, or ``lib/`` has other jars with the same classes.
        OSError: a file cannot be read or written.
    """
    lib = _lib(flink_home)
    flink = _flink_version(lib)
    _check_python(flink)
    provider = _provider_jar()
    _check_foreign_jars(lib)
    flink_python = _flink_python_jar(flink_home, flink)

    changed = False
    if flink_python.parent != lib:
        (lib / _RECORD).write_text(f"{flink_python.name}\n")
        changed = _copy(flink_python, lib)
    changed = _copy(provider, lib) or changed
    for jar in _jars(lib, _PROVIDER):
        if jar.name != provider.name:
            changed = _remove(jar) or changed
    print(_RESTART if changed else "Nothing to do: lib/ has the jars of these versions.")


def uninstall_jars(flink_home: Path) -> None:
    """Removes provider's jars from ``lib/``, and flink-python's if ``install_jars`` copied it."""
    lib = _lib(flink_home)
    record = lib / _RECORD
    copied = record.read_text().split() if record.is_file() else []
    changed = False
    for jar in _jars(lib, _PROVIDER):
        changed = _remove(jar)
    for jar in _jars(lib, _FLINK_PYTHON):
        if jar.name in copied:
            changed = _remove(jar)
        else:
            _print("kept", jar, "this command has not copied it")
    record.unlink(missing_ok=True)
    print(_RESTART if changed else "Nothing to do: lib/ has no jar that this command has copied.")


def _lib(flink_home: Path) -> Path:
    lib = flink_home.absolute() / "lib"
    if not lib.is_dir():
        raise InstallError(
            f"{flink_home} has no directory lib/. Name the directory of a Flink, which has bin/,"
            " conf/ and lib/."
        )
    return lib


def _flink_version(lib: Path) -> str:
    jars = _jars(lib, re.compile(r"flink-dist[-_].*\.jar"))
    if len(jars) != 1:
        found = ", ".join(jar.name for jar in jars) or "none"
        raise InstallError(f"{lib} must have one flink-dist-*.jar, and has {found}.")
    return _version_of(jars[0])


def _check_python(flink: str) -> None:
    """Checks that PyFlink, and the PemJa that is installed with it, are those of this Flink."""
    remedy = f"Run: {sys.executable} -m pip install apache-flink=={flink}"
    try:
        installed = version("apache-flink")
    except PackageNotFoundError:
        raise InstallError(f"{sys.executable} has no apache-flink. {remedy}") from None
    if _patch(installed) != flink:
        raise InstallError(
            f"Flink is {flink}, and the apache-flink of {sys.executable} is {installed}. They must"
            f" be equal. {remedy}"
        )


def _provider_jar() -> Path:
    from ..table import provider_jar  # needs PyFlink

    return provider_jar()


def _check_foreign_jars(lib: Path) -> None:
    """Refuses jars with the same classes under names by which they are not found."""
    for jar in _jars(lib, re.compile(r".*\.jar")):
        if _PROVIDER.fullmatch(jar.name) or jar.name.startswith("flink-"):
            continue  # Flink's own have a hundred thousand classes
        with _opened(jar) as file:
            names = set(file.namelist())
        for found, what in ((_PROVIDER_CLASS, "the provider"), (_PEMJA_CLASS, "PemJa")):
            if found in names:
                raise InstallError(
                    f"{jar} contains classes of {what}, of which a JVM must have only one copy."
                    " Remove this jar from lib/."
                )


def _flink_python_jar(flink_home: Path, flink: str) -> Path:
    """Returns the jar in ``lib/``, or that of ``opt/``, or that of the installed apache-flink."""
    in_lib = _jars(_lib(flink_home), _FLINK_PYTHON)
    if len(in_lib) > 1:
        raise InstallError(
            f"lib/ has more than one jar of flink-python: {', '.join(map(str, in_lib))}. Remove"
            f" all but that of {flink}."
        )
    spec = find_spec("pyflink")
    assert spec is not None
    assert spec.origin is not None
    in_opt = _jars(flink_home.absolute() / "opt", _FLINK_PYTHON)
    jars = in_lib or in_opt or _jars(Path(spec.origin).parent / "opt", _FLINK_PYTHON)
    if not jars:
        raise InstallError(
            f"{flink_home}/opt has no flink-python-{flink}.jar, nor has the installed apache-flink."
            " Copy it from the distribution of Flink."
        )
    _check_flink_python(jars[0], flink)
    return jars[0]


def _check_flink_python(jar: Path, flink: str) -> None:
    found = _version_of(jar)
    if found != flink:
        raise InstallError(
            f"Flink is {flink}, and {jar} is of {found}. Remove it, or put flink-python-{flink}.jar"
            " in its place."
        )
    pemja = re.search(r"com\.alibaba:pemja:([\w.]+)", _text_in(jar, "META-INF/NOTICE"))
    try:
        installed = version("pemja")
    except PackageNotFoundError:
        installed = "missing"
    if pemja is None or pemja[1] != installed:
        required = pemja[1] if pemja else "unknown"
        raise InstallError(
            f"The PemJa of {jar} is {required}, and that of {sys.executable} is {installed}. They"
            f" must be equal. Run: {sys.executable} -m pip install pemja=={required}"
        )


def _version_of(jar: Path) -> str:
    """Returns the version of Flink that a jar is of, up to the patch."""
    manifest = _text_in(jar, "META-INF/MANIFEST.MF")
    found = re.search(r"^Implementation-Version: *(\S+)", manifest, re.M)
    if found is None:
        raise InstallError(
            f"The manifest of {jar} has no Implementation-Version. Install it again."
        )
    return _patch(found[1])


def _patch(text: str) -> str:
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
        raise InstallError(f"{jar} is not a jar: it is damaged. Install it again.") from None


def _jars(directory: Path, name: re.Pattern[str]) -> list[Path]:
    return sorted(jar for jar in directory.glob("*.jar") if name.fullmatch(jar.name))


def _copy(jar: Path, lib: Path) -> bool:
    """Copies a jar unless ``lib/`` has it, and returns whether it did."""
    target = lib / jar.name
    if target.is_file() and cmp(jar, target, shallow=False):
        return False
    # The name ends as no jar does, and the file system is that of the target.
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
    return True


def _remove(jar: Path) -> bool:
    jar.unlink()
    _print("removed", jar)
    return True


def _print(what: str, jar: Path, reason: str | None = None) -> None:
    print(f"{what:<8}{jar}" + (f": {reason}" if reason else ""))
