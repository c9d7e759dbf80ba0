# SPDX-License-Identifier: Apache-2.0
"""What a TaskManager logs of a model that hangs or ends it, and what its restarts leave behind."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster.jvm import holdings
from cluster.session_cluster import SessionCluster, session_cluster
from cluster.squares import ROWS, results_in, submit
from e2e.processes import wait_until

# Its rows are predicted on another thread than the task's.
_DATAGEN = "CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'datagen')"
_RESTARTS = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "100",
    "restart-strategy.fixed-delay.delay": "200 ms",
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with four slots."""
    options = {
        "taskmanager.numberOfTaskSlots": "4",
        "web.refresh-interval": "100",
        "heartbeat.interval": "500",  # how soon a lost TaskManager is detected
    }
    with session_cluster(tmp_path_factory.mktemp("ends") / "flink", options) as running:
        yield running


def test_job_that_hangs_in_native_code_is_named(cluster: SessionCluster, tmp_path: Path) -> None:
    """Nothing can end it but the TaskManager, whose other jobs do not notice."""
    other_directory = tmp_path / "other"
    other_directory.mkdir()
    in_jvm = {"execution-mode": "thread"}
    go_on = {**in_jvm, "properties.go-on": str(tmp_path / "go-on")}
    other = submit(cluster, "paced.Squares", go_on, other_directory, parallelism=1)
    called = tmp_path / "called"
    hanging = {**in_jvm, "properties.called": str(called)}
    job = submit(
        cluster,
        "hanging.Sleeping",
        hanging,
        tmp_path,
        parallelism=1,
        source=_DATAGEN,
        options=_RESTARTS,
    )
    wait_until(called.exists)

    job.begin_cancel()
    wait_until(lambda: "but the call does not end" in _log(cluster), seconds=15)

    assert re.search(
        r"WARN .* Model 'default_catalog\.default_database\.m', subtask 1 of 1 in attempt 1 of job"
        rf" '.+' \({job.job_id}\), row 1: the job is cancelled, but the call does not end, because"
        r" it is in native code, .*\n(.*\n)+? +File .*hanging\.py\", line \d+ in predict",
        _log(cluster),
    )
    (tmp_path / "go-on").touch()
    other.wait_for_end()
    assert len(results_in(other_directory)) == ROWS


def test_model_that_ends_the_task_manager_is_named(cluster: SessionCluster, tmp_path: Path) -> None:
    """The job goes on in the next TaskManager."""
    called = tmp_path / "called"
    options = {"execution-mode": "thread", "properties.called": str(called)}
    job = submit(cluster, "hanging.Exiting", options, tmp_path, parallelism=1, options=_RESTARTS)
    wait_until(called.exists)
    cluster.start_task_manager()
    job.wait_for_end()

    assert re.search(
        r"ERROR .* Model 'default_catalog\.default_database\.m' calls os\._exit\(1\), which ends"
        rf" this process.*\n- .*class 'hanging\.Exiting'.* \({job.job_id}\)",
        _log(cluster),
    )
    assert len(results_in(tmp_path)) == ROWS


def test_restarts_in_one_task_manager_leave_nothing_in_the_heap(
    cluster: SessionCluster, tmp_path: Path
) -> None:
    """A job may fail and restart for days."""
    (pid,) = cluster.task_manager_pids()
    failures, limit = tmp_path / "failures", tmp_path / "limit"
    failures.touch()
    limit.write_text("5")
    options = {"execution-mode": "thread", "properties.directory": str(tmp_path)}
    source = _DATAGEN.replace("'datagen'", "'datagen', 'rows-per-second' = '100'")
    job = submit(cluster, "failing.Failing", options, tmp_path, 4, source=source, options=_RESTARTS)

    def heap_after(restarts: int) -> float:
        limit.write_text(str(restarts))
        job.wait_until(lambda: failures.stat().st_size >= restarts and job.is_running())
        return min(holdings(pid).heap for _ in range(3))  # tasks have buffers for moments

    before = heap_after(5)
    after = heap_after(25)
    job.cancel()

    assert after < before + 2
    assert cluster.task_manager_pids() == [pid]


def _log(cluster: SessionCluster) -> str:
    """Returns the logs of all TaskManagers."""
    logs = sorted(cluster.home.glob("log/*-taskexecutor-*.log"))
    return "\n".join(log.read_text() for log in logs)
