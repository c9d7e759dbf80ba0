# SPDX-License-Identifier: Apache-2.0
"""Flink's Python options mean for a model what they mean for a UDF."""

import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import Outcome
from e2e.sql import Result, create_model, run_sql

from pyflink_ml_embedded import __file__ as package

from .brought import FOUND, client_options, write_brought
from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with one slot."""
    with session_cluster(tmp_path_factory.mktemp("dependencies") / "flink") as running:
        yield running


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the client: a module, an archive of data, and one of a venv."""
    directory = tmp_path_factory.mktemp("brought")
    write_brought(directory)
    venv = directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site_packages,) = venv.glob("lib/python*/site-packages")
    installed = [path for path in sys.path if path.endswith("-packages")]
    (site_packages / "of_the_tests.pth").write_text(
        "\n".join([*installed, str(Path(package).parents[1])])
    )
    _zip_with_links(venv, directory / "venv.zip")
    return directory


def _zip_with_links(directory: Path, file: Path) -> None:
    """Does what ``zip -ry`` does."""
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(directory.rglob("*")):
            name = str(path.relative_to(directory))
            if path.is_symlink():
                info = zipfile.ZipInfo(name)
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, str(path.readlink()))
            elif path.is_file():
                archive.write(path, name)


@pytest.fixture(scope="module")
def files_job(cluster: SessionCluster, brought: Path) -> Outcome:
    """A job with -pyfs and -pyarch."""
    return cluster.flink_run(Path(__file__).with_name("dependent_job.py"), *client_options(brought))


@pytest.fixture(scope="module")
def executable_job(cluster: SessionCluster, brought: Path, files_job: Outcome) -> Outcome:
    """A job with -pyexec, on a TaskManager whose JVM runs the Python of the configuration."""
    return cluster.flink_run(
        Path(__file__).with_name("executable_job.py"),
        "-pyarch",
        f"{brought}/venv.zip#venv",
        "-pyexec",
        "venv/bin/python",
    )


def test_files_and_archives_of_flink_run_reach_a_model_in_the_jvm(files_job: Outcome) -> None:
    """The client's files are on no TaskManager."""
    assert f"thread: {FOUND}" in files_job.output, files_job.output + files_job.errors


def test_model_in_a_worker_and_udf_of_one_job_share_its_files(files_job: Outcome) -> None:
    """Both register the same files in the same list of the job."""
    assert f"process: {FOUND}; UDF: {FOUND}" in files_job.output, files_job.output


def test_python_of_an_archive_runs_workers(executable_job: Outcome) -> None:
    """A relative executable is searched in the archives, as for a UDF."""
    output = executable_job.output
    (python,) = [line for line in output.splitlines() if line.startswith("process: ")] or [output]

    assert python.endswith("/bin/python")
    assert "/pyflink-ml-embedded-" in python


def test_python_of_an_archive_is_refused_beside_that_of_the_jvm(executable_job: Outcome) -> None:
    """The message names both and the remedy."""
    output = executable_job.output

    assert "thread failed: " in output
    assert "/bin/python', but this JVM runs '" + sys.executable in output
    assert "set 'execution-mode' to 'process'" in output


@pytest.fixture(scope="module")
def local(brought: Path) -> list[Result]:
    """Queries in a new JVM whose configuration names the Python of an archive."""
    outputs = "brought STRING, python STRING"
    directory = {"model-directory-path": str(_MODELS)}
    needs = {**directory, "properties.needs": "files"}
    files = str(brought / "brought_by_job.py")
    archive = f"{brought}/data.zip#data"

    def query(model: str) -> str:
        return (
            f"SELECT brought, python FROM ML_PREDICT((SELECT 1 AS x), MODEL {model}, DESCRIPTOR(x))"
        )

    def model(name: str, options: dict[str, str]) -> str:
        return create_model(name, "x INT", outputs, "dependent.Dependent", options)

    return run_sql(
        model("plain", directory),
        model("own", {**needs, "python.files": files, "python.archives": archive}),
        model("missing", {**directory, "python.files": "/nowhere/helper.py"}),
        query("plain"),
        query("own"),
        query("missing"),
        python="venv/bin/python",
        options={"python.archives": f"{brought}/venv.zip#venv"},
    )[3:]


def test_python_of_an_archive_runs_in_a_jvm_without_one(local: list[Result]) -> None:
    """The archive stays in the cache as long as the JVM lives."""
    plain, _, _ = local

    assert plain.rows is not None, plain.failure
    assert "/pyflink-ml-embedded-" in plain.rows[0]
    assert plain.rows[0].endswith("/bin/python]")


def test_options_of_a_model_add_to_those_of_the_configuration(local: list[Result]) -> None:
    """The model's own archive comes beside the configuration's venv."""
    _, own, _ = local

    assert own.rows is not None, own.failure
    assert own.rows[0].startswith(f"+I[{FOUND}, ")


def test_missing_file_is_refused_when_the_query_is_planned(local: list[Result]) -> None:
    """A client that cannot upload it should not submit the job."""
    _, _, missing = local

    assert missing.failure is not None
    assert "'/nowhere/helper.py' of the option 'python.files' does not exist" in missing.failure
