# SPDX-License-Identifier: Apache-2.0
"""Models get the packages of their own requirements, in one JVM and in its workers."""

import zipfile
from pathlib import Path

import pytest

from .sql import Result, create_model, run_sql

_OUTPUT = "version STRING, is_public BOOLEAN"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    """Three models that need two versions of a package, and one that needs a missing one."""
    directory = tmp_path_factory.mktemp("requirements")
    packages = directory / "packages"
    packages.mkdir()
    for version in ("1.0", "2.0"):
        _write_wheel(packages, version)
    models = {
        "version_one": ("greeting==1.0", "thread"),
        "version_two": ("greeting>1", "thread"),
        "worker": ("greeting==1.0", "process"),
        "missing": ("greeting==3.0", "thread"),
    }
    statements = []
    for name, (requirement, mode) in models.items():
        file = directory / f"{name}.txt"
        file.write_text(f"{requirement}\nnumpy\n")
        options = {
            "python.requirements": f"{file}#{packages}",
            "execution-mode": mode,
            "model-cache-directory": str(directory / "cache"),
        }
        statements.append(create_model(name, "x INT", _OUTPUT, "requiring.Requiring", options))
    statements += [
        "SELECT version, is_public"
        f" FROM ML_PREDICT((SELECT 1 AS x), MODEL {name}, DESCRIPTOR(x), MAP['model', '{name}'])"
        for name in models
    ]
    return run_sql(*statements)[len(models) :]


def _write_wheel(packages: Path, version: str) -> None:
    info = f"greeting-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: greeting\nVersion: {version}\n"
    with zipfile.ZipFile(packages / f"greeting-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("greeting.py", f"VERSION = '{version}'")
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_models_of_one_jvm_have_two_versions_of_a_package(results: list[Result]) -> None:
    """Jobs of one cluster are deployed by different teams."""
    first, second, *_ = results
    assert first.rows == ["+I[1.0, false]"], first.failure
    assert second.rows == ["+I[2.0, false]"], second.failure


def test_worker_has_the_packages_as_a_process_of_its_own(results: list[Result]) -> None:
    """Every library in it sees them, as in PyFlink's worker."""
    worker = results[2]
    assert worker.rows == ["+I[1.0, true]"], worker.failure


def test_package_that_is_missing_fails_the_job_with_the_reason(results: list[Result]) -> None:
    """The SQL client prints only this exception."""
    failure = results[3].failure
    assert failure is not None
    assert "model 'default_catalog.default_database.missing'" in failure
    assert "No matching distribution found for greeting==3.0" in failure
    assert "pip download -d packages" in failure
