# SPDX-License-Identifier: Apache-2.0
"""A release that users could not install, or may not use, is not built."""

import json
import subprocess
import zipfile
from importlib.metadata import files
from pathlib import Path

import checks
import contents
import licences
import pytest
from project import ROOT, VERSION, ReleaseError

JAR = f"pyflink-ml-embedded-{VERSION}.jar"
BENCHMARKS = f"pyflink-ml-embedded-benchmarks-{VERSION}.jar"
METADATA = f"pyflink_ml_embedded-{VERSION}.dist-info/METADATA"
LICENCES = {name: (ROOT / name).read_bytes() for name in ("LICENSE", "NOTICE")}
EXTENSION = next(path for path in files("numpy") if path.name.startswith("_umath_linalg"))


@pytest.fixture
def dist(tmp_path, monkeypatch):
    """Returns an empty directory in the place of dist/."""
    for module in (contents, licences):
        monkeypatch.setattr(module, "DIST", tmp_path)
    return tmp_path


def write_zip(path: Path, entries: dict[str, bytes]) -> bytes:
    """Writes an archive and returns its content."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path.read_bytes()


def write_release(dist: Path, in_wheel=None, in_jar=None) -> None:
    """Writes a jar and a wheel without libraries; None in place of a content leaves it out."""
    jar = {f"META-INF/{name}": content for name, content in LICENCES.items()}
    jar["io/github/pyflink/ml/embedded/Names.class"] = b""
    wheel = {
        f"pyflink_ml_embedded-{VERSION}.dist-info/licenses/{name}": content
        for name, content in LICENCES.items()
    }
    wheel[METADATA] = b"See [the API](https://example.org/api) and [below](#below)."
    wheel[f"pyflink_ml_embedded/jars/{JAR}"] = write_zip(dist / JAR, {**jar, **(in_jar or {})})
    wheel[f"pyflink_ml_embedded/jars/{BENCHMARKS}"] = b""
    wheel.update(in_wheel or {})
    kept = {name: content for name, content in wheel.items() if content is not None}
    write_zip(dist / f"pyflink_ml_embedded-{VERSION}-cp311-cp311-linux_x86_64.whl", kept)


def write_boms(dist: Path, *components: dict) -> None:
    """Writes both SBOMs; the components are those of Python."""
    for kind, listed in [("java", []), ("python", components)]:
        path = dist / f"pyflink-ml-embedded-{VERSION}-{kind}.cdx.json"
        path.write_text(json.dumps({"components": listed}))


def component(*names: str, expression: str | None = None) -> dict:
    """Returns a component with these licences."""
    listed = [{"license": {"name": name}} for name in names]
    if expression is not None:
        listed.append({"expression": expression})
    return {"name": "lib", "version": "1", "licenses": listed}


def test_own_files_are_accepted(dist):
    """The other tests prove nothing if every release is refused."""
    write_release(dist)

    contents.check_contents()


@pytest.mark.parametrize(
    ("in_wheel", "in_jar", "message"),
    [
        ({"numpy/core.py": b""}, {}, "other projects: numpy/core.py"),
        ({}, {"com/google/Gson.class": b""}, "other projects: com/google/Gson.class"),
        ({}, {"META-INF/NOTICE": b"of somebody else"}, "NOTICE of the jar"),
        ({f"pyflink_ml_embedded/jars/{BENCHMARKS}": None}, {}, "has the jars"),
        ({"pyflink_ml_embedded/jars/pyflink-ml-embedded-0.0.1.jar": b""}, {}, "has the jars"),
        ({f"pyflink_ml_embedded/jars/{JAR}": b"older"}, {}, "is not the one in dist/"),
        ({METADATA: b"See [the types](docs/types.md)."}, {}, "cannot follow: docs/types.md"),
        ({"pyflink_ml_embedded/a.so": EXTENSION.read_binary()}, {}, "may need only libc"),
    ],
)
def test_foreign_or_missing_files_are_refused(dist, in_wheel, in_jar, message):
    """Bundled files have licences of their own, and a wheel with another jar does not start."""
    write_release(dist, in_wheel, in_jar)

    with pytest.raises(ReleaseError, match=message):
        contents.check_contents()


@pytest.mark.parametrize(
    "allowed",
    [
        component("License :: OSI Approved :: BSD License"),
        component("LGPL-2.1-only", "Apache-2.0"),
        component(expression="MPL-2.0 AND (Apache-2.0 OR GPL-3.0-only)"),
    ],
)
def test_dependency_with_a_choice_of_an_allowed_licence_is_listed(dist, allowed):
    """A user reads there what to agree to."""
    write_boms(dist, allowed)

    licences.check_licences()

    listed = (dist / f"pyflink-ml-embedded-{VERSION}-licences.txt").read_text()
    assert "lib 1: " in listed


@pytest.mark.parametrize(
    "refused",
    [component(), component("GPL-3.0-only"), component(expression="MIT AND GPL-3.0-only")],
)
def test_dependency_without_an_allowed_licence_is_refused(dist, refused):
    """A licence that nobody has read may forbid to use the package."""
    write_boms(dist, refused)

    with pytest.raises(ReleaseError, match="lib 1: "):
        licences.check_licences()


@pytest.mark.parametrize("first", ["## Unreleased", "## 0.0.1 - 2026-01-31", f"## {VERSION}"])
def test_changelog_without_an_entry_of_the_version_is_refused(tmp_path, monkeypatch, first):
    """Users learn from it what to change."""
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{first}\n")
    monkeypatch.setattr(checks, "ROOT", tmp_path)

    with pytest.raises(ReleaseError, match="first entry"):
        checks.check_changelog()


def test_changelog_with_an_entry_of_the_version_is_accepted(tmp_path, monkeypatch):
    """Its date is the day of the release."""
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {VERSION} - 2026-11-30\n")
    monkeypatch.setattr(checks, "ROOT", tmp_path)

    checks.check_changelog()


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Returns a function that runs git in a new repository with one commit."""
    monkeypatch.setattr(checks, "ROOT", tmp_path)

    def git(*arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    return git


def test_tag_of_this_commit_is_accepted(git):
    """The workflow runs when the tag is pushed; before that there is none."""
    checks.check_tag()

    git("tag", f"v{VERSION}")

    checks.check_tag()


def test_tag_of_another_version_is_refused(git):
    """Files of the old version would be uploaded, if make version was forgotten."""
    git("tag", "v99.0.0")

    with pytest.raises(ReleaseError, match=r"this commit has \['v99.0.0'\]"):
        checks.check_tag()


def test_version_of_an_earlier_commit_is_refused(git):
    """PyPI refuses a file that it has, after half of the upload."""
    git("tag", f"v{VERSION}")
    git("commit", "-q", "--allow-empty", "-m", "second")

    with pytest.raises(ReleaseError, match="this commit has none"):
        checks.check_tag()
