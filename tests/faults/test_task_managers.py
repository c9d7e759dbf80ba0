# SPDX-License-Identifier: Apache-2.0
"""What a TaskManager logs of a model that hangs or ends it, and what its restarts leave behind."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cluster.job import Job
from cluster.jvm import holdings, task_manager_pids
from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until
from e2e.sql import create_model

_MODELS = Path(__file__).parents[1] / "cluster" / "models"
_ROWS = 20_000
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
    other = _submit(cluster, "paced.Squares", go_on, other_directory, parallelism=1)
    called = tmp_path / "called"
    hanging = {**in_jvm, "properties.called": str(called)}
    job = _submit(cluster, "hanging.Sleeping", hanging, tmp_path, parallelism=1, source=_DATAGEN)
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
    results = (other_directory / "results").glob("[!.]*")
    assert sum(len(file.read_text().splitlines()) for file in results) == _ROWS


def test_model_that_ends_the_task_manager_is_named(cluster: SessionCluster, tmp_path: Path) -> None:
    """The job goes on in the next TaskManager."""
    called = tmp_path / "called"
    options = {"execution-mode": "thread", "properties.called": str(called)}
    job = _submit(cluster, "hanging.Exiting", options, tmp_path, parallelism=1)
    wait_until(called.exists)
    cluster.start_task_manager()
    job.wait_for_end()

    assert re.search(
        r"ERROR .* Model 'default_catalog\.default_database\.m' calls os\._exit\(1\), which ends"
        rf" this process.*\n- .*class 'hanging\.Exiting'.* \({job.job_id}\)",
        _log(cluster),
    )
    results = (tmp_path / "results").glob("[!.]*")
    assert sum(len(file.read_text().splitlines()) for file in results) == _ROWS


def test_restarts_in_one_task_manager_leave_nothing_in_the_heap(
    cluster: SessionCluster, tmp_path: Path
) -> None:
    """A job may fail and restart for days."""
    (pid,) = task_manager_pids(cluster)
    failures, limit = tmp_path / "failures", tmp_path / "limit"
    failures.touch()
    limit.write_text("5")
    options = {"execution-mode": "thread", "properties.directory": str(tmp_path)}
    source = _DATAGEN.replace("'datagen'", "'datagen', 'rows-per-second' = '100'")
    job = _submit(cluster, "failing.Failing", options, tmp_path, 4, source)

    def heap_after(restarts: int) -> float:
        limit.write_text(str(restarts))
        job.wait_until(lambda: failures.stat().st_size >= restarts and job.is_running())
        return holdings(pid).heap

    before = heap_after(5)
    after = heap_after(25)
    job.cancel()

    assert after < before + 2
    assert task_manager_pids(cluster) == [pid]


def _log(cluster: SessionCluster) -> str:
    """Returns the logs of all TaskManagers."""
    logs = sorted(cluster.home.glob("log/*-taskexecutor-*.log"))
    return "\n".join(log.read_text() for log in logs)


def _submit(
    cluster: SessionCluster,
    python_class: str,
    options: Mapping[str, str],
    directory: Path,
    parallelism: int = 2,
    source: str = "",
) -> Job:
    (directory / "numbers.csv").write_text("".join(f"{x}\n" for x in range(_ROWS)))
    model_options = {
        "model-directory-path": str(_MODELS),
        "execution-mode": "process",
        **options,
    }
    results = cluster.run_sql(
        source or _table("numbers (x BIGINT)", directory / "numbers.csv"),
        _table("results (x BIGINT, y BIGINT)", directory / "results"),
        create_model("m", "x BIGINT", "y BIGINT", python_class, model_options),
        "INSERT INTO results SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL m, DESCRIPTOR(x),"
        " MAP['max-concurrent-operations', '256'])",
        options={"parallelism.default": str(parallelism), **_RESTARTS},
    )
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    return Job(cluster, *job_id)


def _table(columns: str, path: Path) -> str:
    return (
        f"CREATE TABLE {columns} WITH"
        f" ('connector' = 'filesystem', 'format' = 'csv', 'path' = '{path.as_uri()}')"
    )
