# SPDX-License-Identifier: Apache-2.0
"""A model that ends its process, or takes all of its memory, harms only what it must.

The fault does not repeat, so the job recovers, and the next job on the cluster runs right.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until

from .kinds import BATCH, PROCESS_BATCH, PROCESS_ROW, ROW, Kind
from .trial import CLUSTER_OPTIONS, Trial, assert_exact, trial

_each_thread_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=kind.name) for kind in (ROW, BATCH)]
)
_each_process_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=kind.name) for kind in (PROCESS_ROW, PROCESS_BATCH)]
)
_each_end = pytest.mark.parametrize("act", ["exit", "segfault", "abort", "kill"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two slots."""
    home = tmp_path_factory.mktemp("crashes") / "flink"
    with session_cluster(home, CLUSTER_OPTIONS) as running:
        yield running


@_each_thread_kind
@_each_end
def test_job_whose_model_ends_the_task_manager_writes_each_result_once(
    act: str, kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """In thread mode the model's process is the TaskManager's; a resource manager replaces it."""
    with trial(cluster, kind, tmp_path) as running:
        running.wait_for_more_rows()
        (task_manager,) = cluster.task_manager_pids()
        assert _processes(running) == {task_manager}
        order = running.order(act, task_manager)
        wait_until(lambda: not order.exists())
        wait_until(lambda: cluster.replace_lost_task_managers() == 1)
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.checkpoints()["counts"]["restored"] > 0
    _assert_next_job_runs_right(cluster, kind, tmp_path)


@_each_process_kind
@_each_end
def test_job_whose_model_ends_its_worker_goes_on_without_a_restart(
    act: str, kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """The TaskManager lives, and the rows under way are predicted by the next worker."""
    task_managers = cluster.task_manager_pids()
    with trial(cluster, kind, tmp_path) as running:
        running.wait_for_more_rows()
        (worker,) = _processes(running)
        running.order(act, worker)
        wait_until(lambda: worker not in cluster.workers())
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.failures() == []
    _assert_next_job_runs_right(cluster, kind, tmp_path)
    assert cluster.task_manager_pids() == task_managers


@_each_process_kind
def test_job_whose_model_reaches_its_memory_limit_recovers(
    kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """Python raises MemoryError. A row fails with it, and the job restarts; a batch is halved."""
    task_managers = cluster.task_manager_pids()
    with trial(cluster, kind, tmp_path, {"process-memory": "1 gb"}) as running:
        running.wait_for_more_rows()
        (worker,) = _processes(running)
        order = running.order("memory", worker)
        wait_until(lambda: not order.exists())
        if kind is PROCESS_ROW:
            wait_until(lambda: "MemoryError" in str(running.job.failures()))
        running.wait_for_more_rows()

        assert_exact(running.end())
    _assert_next_job_runs_right(cluster, kind, tmp_path)
    assert cluster.task_manager_pids() == task_managers


def _assert_next_job_runs_right(cluster: SessionCluster, kind: Kind, directory: Path) -> None:
    with trial(cluster, kind, directory / "next") as following:
        following.wait_for_more_rows()
        assert_exact(following.end())
        assert following.job.failures() == []


def _processes(running: Trial) -> set[int]:
    """Returns the processes in which the model runs."""
    wait_until(lambda: bool(running.processes()))
    return running.processes()
