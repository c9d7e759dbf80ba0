# SPDX-License-Identifier: Apache-2.0
"""Jobs on a cluster whose client, JobManager and TaskManager are separate processes."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import wait_until
from e2e.sql import Result, create_model

from pyflink_ml_embedded.cli import main
from pyflink_ml_embedded.table import provider_jar

from .jvm import holdings
from .session_cluster import SessionCluster, free_ports, session_cluster

_MODELS = Path(__file__).with_name("models")
_HEARTBEATS = {"heartbeat.interval": "500", "heartbeat.timeout": "6000"}
_LOADING_SECONDS = 8
_NO_SOFT_REFERENCES = "-XX:SoftRefLRUPolicyMSPerMB=0"  # which keep classes for minutes


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with one slot."""
    home = tmp_path_factory.mktemp("session") / "flink"
    with session_cluster(home, _HEARTBEATS, java_options=_NO_SOFT_REFERENCES) as running:
        yield running


@pytest.fixture(scope="module")
def results(cluster: SessionCluster) -> list[Result]:
    """The results of jobs, of which the second fails."""
    directory = {"model-directory-path": str(_MODELS)}
    outputs = "y DOUBLE, process BIGINT"
    return cluster.run_sql(
        create_model("announcer", "x DOUBLE", outputs, "announcer.Announcer", directory),
        *(_query(x) for x in ("1e0", "0e0", "2e0")),
        create_model(
            "in_process",
            "x DOUBLE",
            outputs,
            "announcer.Announcer",
            {**directory, "execution-mode": "process"},
        ),
        _query("4e0", "in_process"),
        create_model(
            "loading",
            "x DOUBLE",
            "y DOUBLE",
            "loading.Loading",
            {**directory, "properties.seconds": str(_LOADING_SECONDS)},
        ),
        "SELECT y FROM ML_PREDICT((SELECT 2e0 AS x), MODEL loading, DESCRIPTOR(x))",
    )[1:]


def test_jobs_run_one_after_another_in_one_task_manager(results: list[Result]) -> None:
    """CPython outlives the class loader of each job in the TaskManager."""
    first, _, last = results[:3]

    assert first.rows is not None, first.failure
    assert last.rows is not None, last.failure
    assert [row.split(", ")[0] for row in first.rows + last.rows] == ["+I[1.0", "+I[0.5"]
    assert len({row.split(", ")[1] for row in first.rows + last.rows}) == 1


def test_failing_job_names_the_error_and_leaves_the_task_manager_alive(
    results: list[Result], cluster: SessionCluster
) -> None:
    """One job's model must not affect the other jobs of the TaskManager."""
    failed = results[1]

    assert failed.failure is not None
    assert "ZeroDivisionError: float division by zero" in failed.failure
    assert cluster.task_managers() == 1


@pytest.mark.usefixtures("results")
def test_output_of_the_model_is_in_the_files_of_the_task_manager(cluster: SessionCluster) -> None:
    """Users and Flink's web interface look for it there."""
    log = cluster.task_manager_file(".log").splitlines()
    warnings = [line for line in log if line.endswith("logged by the model")]

    printed = [line for line in log if line.endswith("': printed by the model")]

    assert len(printed) == 4
    assert all(" INFO  pyflink_ml_embedded.output " in line for line in printed)
    assert len(warnings) == 4
    assert all(" WARN  model.announcer " in line for line in warnings)


def test_model_that_takes_long_to_load_stops_no_heartbeats(
    results: list[Result], cluster: SessionCluster
) -> None:
    """Native code may hold the GIL longer than Flink waits for a heartbeat."""
    assert results[-1].rows == ["+I[4.0]"], results[-1].failure
    assert "The heartbeat of" not in cluster.task_manager_file(".log")


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(
    ("model", "mode", "lives"), [("announcer", "thread", 3), ("in_process", "process", 1)]
)
def test_opens_and_closes_are_lines_of_the_log(
    model: str, mode: str, lives: int, cluster: SessionCluster
) -> None:
    """After a crash they say what was open."""
    details = (
        rf"INFO +pyflink_ml_embedded\.lifecycle .* model 'default_catalog\.default_database\."
        rf"{model}' in \d+\.\d{{3}} s: class 'announcer\.Announcer', version '\w+',"
        rf" directory '{_MODELS}',"
        r" subtask 1 of 1 in attempt 1 of job '.+' \(\w{32}\), thread '.+',"
        rf" execution mode {mode}, process id \d+"
    )
    lines = cluster.task_manager_file(".log").splitlines()
    found = [line for line in lines if re.search(details, line)]
    steps = [re.search(r" (Opened|Closed) model ", line) for line in found]
    assert [step and step[1] for step in steps] == ["Opened", "Closed"] * lives


def test_class_loaders_of_jobs_are_collected(cluster: SessionCluster) -> None:
    """Flink makes one for each job that brings the provider as a user jar."""
    results = cluster.run_sql(
        create_model(
            "announcer",
            "x DOUBLE",
            "y DOUBLE, process BIGINT",
            "announcer.Announcer",
            {"model-directory-path": str(_MODELS)},
        ),
        _query("1e0"),
        _query("2e0"),
        options={"pipeline.jars": provider_jar().as_uri()},
    )[1:]
    assert [result.failure for result in results] == [None, None]

    # Caches of the JDK forget a class when they are used after a collection.
    (task_manager,) = cluster.task_manager_pids()
    wait_until(lambda: holdings(task_manager).job_class_loaders == 0)
    assert "Code of no open model" not in cluster.task_manager_file(".log")


def test_script_of_flink_run_predicts_and_shows_failures(cluster: SessionCluster) -> None:
    """It sets ``pipeline.jars`` as a YAML list, and gets exceptions as texts."""
    outcome = cluster.flink_run(Path(__file__).with_name("flink_run.py"))

    assert outcome.exit_code == 0, outcome.output + outcome.errors
    lines = outcome.output.splitlines()
    assert "predicted 4.0" in lines
    assert any("failing': option 'properties.threshold' is not set" in line for line in lines)


def test_doctor_examines_the_cluster_and_its_directory(
    cluster: SessionCluster, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it reads of a cluster has the form in which Flink writes it."""
    address = f"http://localhost:{cluster.rest_port}"
    arguments = ["--flink-home", str(cluster.home), "--rest", address, "--json"]

    exit_code = main(["doctor", *arguments])

    report = capfd.readouterr().out
    assert exit_code == 0, report
    task_manager = cluster.rest("taskmanagers")["taskmanagers"][0]["id"]
    subjects: dict[str, dict[str, str]] = {}
    for finding in json.loads(report)["findings"]:
        subjects.setdefault(finding["part"], {})[finding["subject"]] = finding["found"]
    of_a_jvm = {"provider jar", "flink-python", "PemJa", "Java", "module opens", "stack"}
    assert subjects.pop("This Python") != {}
    home = subjects.pop(f"Flink in {cluster.home}")
    assert home["executable"] == f"{sys.executable}, this Python"
    assert {part: {*found} for part, found in subjects.items()} == {
        f"Cluster {address}": {"Flink", "client", "TaskManagers", "class loaders", "executable"},
        "Its JobManager": of_a_jvm,
        f"Its TaskManager {task_manager}": of_a_jvm,
    }
    assert subjects[f"Cluster {address}"]["TaskManagers"] == "1 registered"
    assert str(cluster.home / "lib") in subjects["Its JobManager"]["provider jar"]


def test_doctor_finds_what_was_added_to_the_class_path(
    cluster: SessionCluster, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file that was replaced since the start is compared as it is now."""
    jar = cluster.home / "lib" / provider_jar().name
    jar.unlink()
    jar.write_bytes(b"another build")
    try:
        exit_code = main(["doctor", "--rest", f"localhost:{cluster.rest_port}"])
    finally:
        jar.unlink()
        jar.symlink_to(provider_jar())

    assert exit_code == 1
    report = capfd.readouterr().out
    assert report.count(f"{jar} is another build than that of this") == 2


def test_doctor_says_that_an_address_is_not_that_of_a_cluster(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A password in the address is not printed."""
    (port,) = free_ports(1)

    assert main(["doctor", "--rest", f"http://user:secret@localhost:{port}/"]) == 1

    report = capfd.readouterr().out
    assert f"http://localhost:{port} does not answer as Flink's REST API does: " in report
    assert "secret" not in report


def _query(x: str, model: str = "announcer") -> str:
    return f"SELECT y, process FROM ML_PREDICT((SELECT {x} AS x), MODEL {model}, DESCRIPTOR(x))"
