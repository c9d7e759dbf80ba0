# SPDX-License-Identifier: Apache-2.0
"""A job whose TaskManagers are killed at ten points writes each result once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until

from .kinds import BATCH, PROCESS_BATCH, PROCESS_ROW, RETRY, ROW, SQL, UNORDERED, Kind
from .trial import CLUSTER_OPTIONS, Trial, assert_exact, trial

_KINDS = [SQL, ROW, BATCH, UNORDERED, RETRY, PROCESS_ROW, PROCESS_BATCH]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two TaskManagers and two slots on each."""
    home = tmp_path_factory.mktemp("kills") / "flink"
    with session_cluster(home, CLUSTER_OPTIONS, task_managers=2) as running:
        yield running


def _when_started(trial: Trial) -> None:
    """Models may be opening: a task that is initialized counts as running."""
    wait_until(lambda: any(task != "CREATED" for task in trial.job.tasks()))


def _when_opening(trial: Trial) -> None:
    wait_until(lambda: "INITIALIZING" in trial.job.tasks() or trial.job.is_running())


def _when_running(trial: Trial) -> None:
    trial.job.wait_until(trial.job.is_running)


def _when_rows_are_committed(trial: Trial) -> None:
    trial.wait_for_more_rows()


def _during_checkpoint(trial: Trial) -> None:
    counts = trial.job.checkpoints
    trial.job.wait_until(trial.job.is_running)
    trial.job.wait_until(lambda: counts()["counts"]["in_progress"] > 0)


_POINTS: list[Callable[[Trial], None]] = [
    _when_started,
    _when_opening,
    _when_running,
    _when_rows_are_committed,
    _during_checkpoint,
    _when_opening,
    _during_checkpoint,
    _when_rows_are_committed,
    _when_running,
    _when_rows_are_committed,
]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in _KINDS])
def test_job_whose_task_managers_are_killed_at_ten_points_writes_each_result_once(
    kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """The first kind has no model: it shows that source and sink are exact."""
    with trial(cluster, kind, tmp_path, options={"parallelism.default": "2"}) as running:
        for at, point in enumerate(_POINTS):
            point(running)
            cluster.kill_task_manager(0)
            if at % 2:
                # The other one goes on with an empty slot, and may have the job alone.
                cluster.kill_task_manager(0)
                cluster.start_task_manager()
            cluster.start_task_manager()
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.checkpoints()["counts"]["restored"] > 0

    with trial(cluster, kind, tmp_path / "next") as following:
        following.wait_for_more_rows()
        assert_exact(following.end())
        assert following.job.failures() == []
