# SPDX-License-Identifier: Apache-2.0
"""Jobs on a cluster whose client, JobManager and TaskManager are separate processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.sql import Result, create_model

from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with one slot."""
    with session_cluster(tmp_path_factory.mktemp("session") / "flink") as running:
        yield running


@pytest.fixture(scope="module")
def results(cluster: SessionCluster) -> list[Result]:
    """The results of three jobs, of which the second fails."""
    directory = {"model-directory-path": str(_MODELS)}
    outputs = "y DOUBLE, process BIGINT"
    return cluster.run_sql(
        create_model("announcer", "x DOUBLE", outputs, "announcer.Announcer", directory),
        *(_query(x) for x in ("1e0", "0e0", "2e0")),
    )[1:]


def test_jobs_run_one_after_another_in_one_task_manager(results: list[Result]) -> None:
    """CPython outlives the class loader of each job in the TaskManager."""
    first, _, last = results

    assert first.rows is not None, first.failure
    assert last.rows is not None, last.failure
    assert [row.split(", ")[0] for row in first.rows + last.rows] == ["+I[1.0", "+I[0.5"]
    assert len({row.split(", ")[1] for row in first.rows + last.rows}) == 1


def test_failing_job_names_the_error_and_leaves_the_task_manager_alive(
    results: list[Result], cluster: SessionCluster
) -> None:
    """One job's model must not affect the other jobs of the TaskManager."""
    _, failed, _ = results

    assert failed.failure is not None
    assert "ZeroDivisionError: float division by zero" in failed.failure
    assert cluster.task_managers() == 1


@pytest.mark.usefixtures("results")
def test_output_of_the_model_is_in_the_files_of_the_task_manager(cluster: SessionCluster) -> None:
    """Users and Flink's web interface look for it there."""
    log = cluster.task_manager_file(".log").splitlines()
    warnings = [line for line in log if line.endswith("logged by the model")]

    printed = [line for line in log if line.endswith("': printed by the model")]

    assert len(printed) == 3
    assert all(" INFO  pyflink_ml_embedded.output " in line for line in printed)
    assert len(warnings) == 3
    assert all(" WARN  model.announcer " in line for line in warnings)


def test_script_of_flink_run_predicts_and_shows_failures(cluster: SessionCluster) -> None:
    """It sets ``pipeline.jars`` as a YAML list, and gets exceptions as texts."""
    outcome = cluster.flink_run(Path(__file__).with_name("flink_run.py"))

    assert outcome.exit_code == 0, outcome.output + outcome.errors
    lines = outcome.output.splitlines()
    assert "predicted 4.0" in lines
    assert any("failing': option 'properties.threshold' is not set" in line for line in lines)


def _query(x: str) -> str:
    return f"SELECT y, process FROM ML_PREDICT((SELECT {x} AS x), MODEL announcer, DESCRIPTOR(x))"
