# SPDX-License-Identifier: Apache-2.0
"""Builds the jars, the sdist and the wheels."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from project import DIST, ROOT, VERSION, WORK, ReleaseError, run, tool

__all__ = ["build_jars", "build_sdist", "build_wheels", "sdist"]

_JARS = ROOT / "pyflink_ml_embedded" / "jars"
_TARGET = ROOT / "java" / "target"
_PYTHONS = [f"python3.{minor}" for minor in range(10, 15)]


def build_jars() -> None:
    """Builds the jars for Maven Central, and puts the ones that wheels contain into the package."""
    shutil.rmtree(_JARS, ignore_errors=True)
    shutil.rmtree(_TARGET, ignore_errors=True)
    stamp = run("git", "log", "-1", "--format=%cI").strip()
    options = ("-Dmaven.test.skip=true", f"-Dproject.build.outputTimestamp={stamp}")
    run("mvn", "-B", "-ntp", "-f", "java/pom.xml", "-Prelease", "package", *options)
    run("mvn", "-B", "-ntp", "-f", "benchmarks/jvm/pom.xml", "package", *options)
    _JARS.mkdir()
    jar = f"pyflink-ml-embedded-{VERSION}.jar"
    benchmarks = f"pyflink-ml-embedded-benchmarks-{VERSION}.jar"
    shutil.copy(_TARGET / jar, _JARS)
    shutil.copy(ROOT / "benchmarks" / "jvm" / "target" / benchmarks, _JARS)
    for kind in ("", "-sources", "-javadoc"):
        shutil.copy(_TARGET / f"pyflink-ml-embedded-{VERSION}{kind}.jar", DIST)
    shutil.copy(ROOT / "java" / "pom.xml", DIST / f"pyflink-ml-embedded-{VERSION}.pom")
    shutil.copy(_TARGET / "bom.json", DIST / f"pyflink-ml-embedded-{VERSION}-java.cdx.json")


def build_sdist() -> None:
    """Builds the sdist, which contains the jars."""
    run(tool("python"), "-m", "build", "--sdist", "--outdir", DIST, ROOT, **_source_date())


def sdist() -> Path:
    """Returns the sdist in dist/."""
    return DIST / f"pyflink_ml_embedded-{VERSION}.tar.gz"


def build_wheels() -> None:
    """Builds a wheel from the sdist for each Python on the PATH that has its headers.

    It has the tag of the oldest glibc whose functions it uses; that of this machine's compiler.
    """
    raw = WORK / "wheels"
    shutil.rmtree(raw, ignore_errors=True)
    for name in _PYTHONS:
        if reason := _lacks(name):
            print(f"no wheel for {name}: {reason}", flush=True)
            continue
        pip = (name, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
        run(*pip, "--no-cache-dir", "-w", raw, sdist(), cwd=WORK, CFLAGS="-g0", **_source_date())
    wheels = sorted(raw.glob("*.whl"))
    if not wheels:
        raise ReleaseError(f"None of {', '.join(_PYTHONS)} can build a wheel; install one")
    for wheel in wheels:
        path = f"{tool('patchelf').parent}:{os.environ['PATH']}"
        run(tool("auditwheel"), "repair", "-w", DIST, wheel, PATH=path)


def _lacks(name: str) -> str:
    """Returns what this Python lacks to build a wheel, or an empty text."""
    code = "import sysconfig, venv; print(sysconfig.get_path('include'))"
    if not shutil.which(name):
        return "not found"
    try:
        include = run(name, "-c", code).strip()
    except ReleaseError:
        return "it does not run"
    return "" if Path(include, "Python.h").is_file() else f"no Python.h in {include}"


def _source_date() -> dict[str, str]:
    """Returns the environment that gives files in archives the time of the commit."""
    return {"SOURCE_DATE_EPOCH": run("git", "log", "-1", "--format=%ct").strip()}
