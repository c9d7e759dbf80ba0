# SPDX-License-Identifier: Apache-2.0
"""A model that crashes or hangs does no harm to the TaskManager and to the rows of its job."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from e2e.processes import wait_until
from e2e.sql import create_model

from .job import Job
from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")
_ROWS = 20_000
_KILLS = 5

_each_path = pytest.mark.parametrize(
    ("python_class", "model_options"),
    [
        pytest.param("paced.Squares", {}, id="row path"),
        pytest.param("paced_batches.Squares", {"batch-size": "64"}, id="batch path"),
    ],
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two slots."""
    options = {"taskmanager.numberOfTaskSlots": "2", "web.refresh-interval": "100"}
    with session_cluster(tmp_path_factory.mktemp("workers") / "flink", options) as running:
        yield running


@_each_path
def test_job_whose_workers_are_killed_writes_each_result_once(
    python_class: str, model_options: Mapping[str, str], cluster: SessionCluster, tmp_path: Path
) -> None:
    """The job does not restart: the rows under way are predicted again in a new worker."""
    go_on = tmp_path / "go-on"
    options = {**model_options, "properties.go-on": str(go_on), "process-max-restarts": "100"}
    job = _submit(cluster, python_class, options, tmp_path)

    for _ in range(_KILLS):
        # A row that is predicted alone at two ends in a row would be blamed for them.
        job.wait_until(lambda: bool(_working(cluster, go_on)))
        for worker in _working(cluster, go_on):
            os.kill(worker, signal.SIGKILL)
            job.wait_until(lambda gone=worker: gone not in _workers(cluster))
    go_on.touch()
    job.wait_for_end()

    results = (tmp_path / "results").glob("[!.]*")
    found = sorted(line for file in results for line in file.read_text().splitlines())
    assert found == sorted(f"{x},{x * x}" for x in range(_ROWS))
    assert cluster.rest(f"jobs/{job.job_id}/exceptions")["exceptionHistory"]["entries"] == []
    wait_until(lambda: not _workers(cluster), seconds=10)


@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_job_whose_model_hangs_is_cancelled_at_once(
    batch_size: str, cluster: SessionCluster, tmp_path: Path
) -> None:
    """The TaskManager lives, and other jobs in it do not notice."""
    called = tmp_path / "called"
    options = {"properties.called": str(called), "batch-size": batch_size}
    job = _submit(cluster, "hanging.Hanging", options, tmp_path)
    wait_until(called.exists)
    task_managers = cluster.rest("taskmanagers")["taskmanagers"]

    begin = time.monotonic()
    job.cancel()
    took = time.monotonic() - begin

    assert took < 5  # 2 s, and what the cluster needs on a busy machine
    wait_until(lambda: not _workers(cluster), seconds=5)
    assert [manager["id"] for manager in cluster.rest("taskmanagers")["taskmanagers"]] == [
        manager["id"] for manager in task_managers
    ]


@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_job_whose_model_loops_in_the_jvm_is_cancelled(
    batch_size: str, cluster: SessionCluster, tmp_path: Path
) -> None:
    """Another job in the same TaskManager and Python goes on."""
    called, other_directory = tmp_path / "called", tmp_path / "other"
    other_directory.mkdir()
    in_jvm = {"execution-mode": "thread"}
    go_on = {**in_jvm, "properties.go-on": str(tmp_path / "go-on")}
    other = _submit(cluster, "paced.Squares", go_on, other_directory, parallelism=1)
    looping = {**in_jvm, "properties.called": str(called), "batch-size": batch_size}
    job = _submit(cluster, "hanging.Looping", looping, tmp_path, parallelism=1)
    wait_until(called.exists)
    task_managers = cluster.rest("taskmanagers")["taskmanagers"]

    begin = time.monotonic()
    job.cancel()
    took = time.monotonic() - begin

    assert took < 10
    (tmp_path / "go-on").touch()
    other.wait_for_end()
    results = (other_directory / "results").glob("[!.]*")
    assert sum(len(file.read_text().splitlines()) for file in results) == _ROWS
    assert [manager["id"] for manager in cluster.rest("taskmanagers")["taskmanagers"]] == [
        manager["id"] for manager in task_managers
    ]


def _submit(
    cluster: SessionCluster,
    python_class: str,
    options: Mapping[str, str],
    directory: Path,
    parallelism: int = 2,
) -> Job:
    (directory / "numbers.csv").write_text("".join(f"{x}\n" for x in range(_ROWS)))
    model_options = {
        "model-directory-path": str(_MODELS),
        "execution-mode": "process",
        **options,
    }
    results = cluster.run_sql(
        _table("numbers (x BIGINT)", directory / "numbers.csv"),
        _table("results (x BIGINT, y BIGINT)", directory / "results"),
        create_model("m", "x BIGINT", "y BIGINT", python_class, model_options),
        "INSERT INTO results SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL m, DESCRIPTOR(x),"
        " MAP['max-concurrent-operations', '256'])",
        options={"parallelism.default": str(parallelism)},
    )
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    return Job(cluster, *job_id)


def _table(columns: str, path: Path) -> str:
    return (
        f"CREATE TABLE {columns} WITH"
        f" ('connector' = 'filesystem', 'format' = 'csv', 'path' = '{path.as_uri()}')"
    )


def _working(cluster: SessionCluster, go_on: Path) -> set[int]:
    """Returns the workers that have predicted some rows."""
    return {worker for worker in _workers(cluster) if Path(f"{go_on}-{worker}").exists()}


def _workers(cluster: SessionCluster) -> set[int]:
    """Returns the worker processes of the cluster's TaskManager, in its session."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            session = (process / "stat").read_text().rpartition(")")[2].split()[3]
        except OSError:  # it has ended
            continue
        if b"pyflink_ml_embedded._worker" in command and cluster.has_session(int(session)):
            found.add(int(process.name))
    return found
