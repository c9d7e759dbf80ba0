# SPDX-License-Identifier: Apache-2.0
"""A model that crashes or hangs does no harm to the TaskManager and to the rows of its job."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from e2e.processes import wait_until

from .session_cluster import SessionCluster, session_cluster
from .squares import ROWS, results_in, submit

_PROCESS = {"execution-mode": "process"}
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
    more = {"properties.go-on": str(go_on), "process-max-restarts": "100"}
    options = {**_PROCESS, **model_options, **more}
    job = submit(cluster, python_class, options, tmp_path, parallelism=2)

    for _ in range(_KILLS):
        # A row that is predicted alone at two ends in a row would be blamed for them.
        job.wait_until(lambda: bool(_working(cluster, go_on)))
        for worker in _working(cluster, go_on):
            os.kill(worker, signal.SIGKILL)
            job.wait_until(lambda gone=worker: gone not in cluster.workers())
    go_on.touch()
    job.wait_for_end()

    assert results_in(tmp_path) == sorted(f"{x},{x * x}" for x in range(ROWS))
    assert cluster.rest(f"jobs/{job.job_id}/exceptions")["exceptionHistory"]["entries"] == []
    wait_until(lambda: not cluster.workers(), seconds=10)


@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_job_whose_model_hangs_is_cancelled_at_once(
    batch_size: str, cluster: SessionCluster, tmp_path: Path
) -> None:
    """The TaskManager lives, and other jobs in it do not notice."""
    called = tmp_path / "called"
    options = {"properties.called": str(called), "batch-size": batch_size}
    job = submit(cluster, "hanging.Hanging", {**_PROCESS, **options}, tmp_path, parallelism=2)
    wait_until(called.exists)
    task_managers = cluster.rest("taskmanagers")["taskmanagers"]

    begin = time.monotonic()
    job.cancel()
    took = time.monotonic() - begin

    assert took < 5  # 2 s, and what the cluster needs on a busy machine
    wait_until(lambda: not cluster.workers(), seconds=5)
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
    other = submit(cluster, "paced.Squares", go_on, other_directory, parallelism=1)
    looping = {**in_jvm, "properties.called": str(called), "batch-size": batch_size}
    job = submit(cluster, "hanging.Looping", looping, tmp_path, parallelism=1)
    wait_until(called.exists)
    task_managers = cluster.rest("taskmanagers")["taskmanagers"]

    begin = time.monotonic()
    job.cancel()
    took = time.monotonic() - begin

    assert took < 10
    (tmp_path / "go-on").touch()
    other.wait_for_end()
    assert len(results_in(other_directory)) == ROWS
    assert [manager["id"] for manager in cluster.rest("taskmanagers")["taskmanagers"]] == [
        manager["id"] for manager in task_managers
    ]


def _working(cluster: SessionCluster, go_on: Path) -> set[int]:
    """Returns the workers that have predicted some rows."""
    return {worker for worker in cluster.workers() if Path(f"{go_on}-{worker}").exists()}
