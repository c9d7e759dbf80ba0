# SPDX-License-Identifier: Apache-2.0
"""What is in the wheels and in the jar: only files of this project, with its licence."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from project import DIST, ROOT, VERSION, ReleaseError

__all__ = ["check_contents"]

_LICENCES = ("LICENSE", "NOTICE")
_IN_WHEEL = ("pyflink_ml_embedded/", f"pyflink_ml_embedded-{VERSION}.dist-info/")
_IN_JAR = ("io/github/pyflink/ml/embedded/", "META-INF/")
_C_LIBRARY = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0"}
_RELATIVE_LINK = re.compile(r"\]\(((?!\w+:|#)[^)]*)")


def check_contents() -> None:
    """Checks each wheel and the jar in dist/.

    Raises:
        ReleaseError: A file is of another project or of another version, or one is missing.
    """
    jar = (DIST / f"pyflink-ml-embedded-{VERSION}.jar").read_bytes()
    _check_jar(jar)
    for path in sorted(DIST.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            _check_wheel(path.name, wheel, jar)


def _check_jar(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as jar:
        names = [name for name in jar.namelist() if not name.endswith("/")]
        foreign = [name for name in names if not name.startswith(_IN_JAR)]
        if foreign:
            raise ReleaseError(f"The jar has files of other projects: {', '.join(foreign[:5])}")
        _check_licences("the jar", jar, "META-INF/")


def _check_wheel(name: str, wheel: zipfile.ZipFile, jar: bytes) -> None:
    names = wheel.namelist()
    if foreign := [file for file in names if not file.startswith(_IN_WHEEL)]:
        raise ReleaseError(f"{name} has files of other projects: {', '.join(foreign[:5])}")
    _check_licences(name, wheel, f"{_IN_WHEEL[1]}licenses/")
    if links := _RELATIVE_LINK.findall(wheel.read(f"{_IN_WHEEL[1]}METADATA").decode()):
        raise ReleaseError(f"{name} has links that PyPI cannot follow: {', '.join(links[:5])}")
    jars = sorted(file for file in names if file.endswith(".jar"))
    expected = [
        f"pyflink_ml_embedded/jars/pyflink-ml-embedded-{VERSION}.jar",
        f"pyflink_ml_embedded/jars/pyflink-ml-embedded-benchmarks-{VERSION}.jar",
    ]
    if jars != expected:
        raise ReleaseError(f"{name} has the jars {jars} and not {expected}")
    if wheel.read(expected[0]) != jar:
        raise ReleaseError(f"The jar in {name} is not the one in dist/; run make release again")
    with tempfile.TemporaryDirectory() as directory:
        for library in (file for file in names if file.endswith(".so")):
            _check_library(f"{library} in {name}", Path(wheel.extract(library, directory)))


def _check_licences(where: str, archive: zipfile.ZipFile, folder: str) -> None:
    for licence in _LICENCES:
        if archive.read(folder + licence) != (ROOT / licence).read_bytes():
            raise ReleaseError(f"{folder}{licence} of {where} is not the one of this project")


def _check_library(what: str, path: Path) -> None:
    """Checks that a library needs only the C library: not libpython, which is not everywhere."""
    headers = subprocess.run(
        ["readelf", "--dynamic", path], check=True, capture_output=True, text=True
    ).stdout
    needed = {line.split("[")[1].rstrip("]") for line in headers.splitlines() if "NEEDED" in line}
    if more := {name for name in needed if not name.startswith("ld-linux")} - _C_LIBRARY:
        raise ReleaseError(f"{what} needs {', '.join(sorted(more))}; it may need only libc")
