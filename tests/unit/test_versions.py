# SPDX-License-Identifier: Apache-2.0
"""Versions that several files repeat agree with pyproject.toml."""

import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded._cli.examine.versions import FLINK_VERSIONS
from pyflink_ml_embedded._runtime import probe

ROOT = Path(__file__).parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
COMPATIBILITY = (ROOT / "docs/compatibility.md").read_text()
WORKER = next((ROOT / "java/src/main/resources").rglob("worker.py")).read_text()
POMS = ["java/pom.xml", "benchmarks/jvm/pom.xml", "examples/java-provider/pom.xml"]


def project_version(pyproject=PYPROJECT):
    """Returns the version in pyproject.toml."""
    return re.search(r'^version = "(.+?)"', pyproject, re.M)[1]


def from_pom(path, element="{*}version"):
    """Returns the text of an element of a POM; by default the project's version."""
    return ElementTree.parse(path).findtext(element)


def documents():
    """Returns the files with commands that users copy."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.md", "*.yml", ":!benchmarks/results", ":!CHANGELOG.md"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name]


def test_extension_and_metadata_have_the_version_of_the_project():
    """The jar refuses an extension that was built before the version changed."""
    expected = project_version()
    assert pyflink_ml_embedded.__version__ == version("pyflink-ml-embedded") == expected


@pytest.mark.parametrize("pom", POMS)
def test_poms_have_the_version_of_the_project(pom):
    """The jars are looked up by name, and the provider refuses a package of another version."""
    assert from_pom(ROOT / pom) == project_version()


def test_no_document_names_a_jar_or_wheel_of_another_version():
    """A command that is copied from the documentation must not name an old file."""
    artifact = re.compile(r"pyflink[-_]ml[-_]embedded(?:-benchmarks)?-(\d+\.\d+\.\d+)")
    for path in documents():
        for found in artifact.findall(path.read_text()):
            assert found == project_version(), path


def test_make_version_changes_the_project_and_the_poms(tmp_path):
    """A release that forgets one of them cannot be built."""
    for name in ["Makefile", "pyproject.toml", *POMS]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(
        ["make", "version", "VERSION=9.8.7"], cwd=tmp_path, check=True, capture_output=True
    )
    assert project_version((tmp_path / "pyproject.toml").read_text()) == "9.8.7"
    for pom in POMS:
        assert from_pom(tmp_path / pom) == "9.8.7"
        assert (tmp_path / pom).read_text().count("9.8.7") == 1


def test_supported_python_versions_agree():
    """The probe, pip, make and Java's messages state the same range for thread mode."""
    oldest, newest = probe._OLDEST[1], probe._NEWEST[1]
    minors = list(range(oldest, newest + 1))

    assert f"; python_version < '3.{newest + 1}'\"" in PYPROJECT
    assert f"; python_version >= '3.{newest + 1}'\"" in PYPROJECT
    candidates = " ".join(f"python3.{minor}" for minor in reversed(minors))
    assert f"$(or $(PYTHON),{candidates} python3)" in MAKEFILE
    for path in (ROOT / "java/src/main").rglob("*.java"):
        for found in re.findall(r"(3\.\d+) to (3\.\d+)", path.read_text()):
            assert found == (f"3.{oldest}", f"3.{newest}"), path


def test_python_versions_of_workers_agree():
    """A worker needs no PyFlink, so pip installs the package on newer versions too."""
    oldest, after = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', PYPROJECT).groups()
    minors = range(int(oldest), int(after))

    assert f"sys.version_info < (3, {oldest})" in WORKER
    assert re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', PYPROJECT) == [
        str(minor) for minor in minors
    ]
    modes = (ROOT / "docs/execution-modes.md").read_text()
    assert f"CPython 3.{oldest} to 3.{minors[-1]} |" in modes
    assert f"| 3.{oldest} to 3.{minors[-1]}, without free threading |" in COMPATIBILITY


def test_wheels_are_built_for_all_python_versions():
    """pip would otherwise compile, for which few hosts have a JDK and a C compiler."""
    oldest, after = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', PYPROJECT).groups()
    minors = range(int(oldest), int(after))

    assert f'build = "{" ".join(f"cp3{minor}-*" for minor in minors)}"' in PYPROJECT
    assert f"for minor in range({oldest}, {after})" in (ROOT / "release/artifacts.py").read_text()


def test_supported_flink_versions_agree():
    """pip installs what doctor accepts, and the Java tests run on each of them."""
    supported = FLINK_VERSIONS
    oldest, newest = supported[0], int(supported[-1].removeprefix("2."))

    assert f'"apache-flink>={oldest},<2.{newest + 1};' in PYPROJECT
    older = re.search(r"^FLINK_SMOKE_VERSIONS := (.*)", MAKEFILE, re.M)[1].split()
    built_with = from_pom(ROOT / "java/pom.xml", "{*}properties/{*}flink.version")
    tested = [flink.rpartition(".")[0] for flink in [*older, built_with]]
    assert tuple(tested) == supported
    assert f"| Flink | {', '.join(tested[:-1])} and {tested[-1]}, " in COMPATIBILITY
    assert built_with == from_pom(ROOT / POMS[1], "{*}properties/{*}flink.version")
