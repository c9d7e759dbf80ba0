# SPDX-License-Identifier: Apache-2.0
"""A secret of a model is nowhere but in the model and in the file that holds it."""

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from e2e.processes import wait_until
from e2e.sql import create_model

from .job import Job
from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")
_SECRET = "sk-5ecret-0123456789"
_PLAIN = "t0ken-in-clear-text"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster."""
    options = {"taskmanager.numberOfTaskSlots": "2", "web.refresh-interval": "100"}
    with session_cluster(tmp_path_factory.mktemp("secrets") / "flink", options) as running:
        yield running


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_secret_is_nowhere_else(cluster: SessionCluster, tmp_path: Path, mode: str) -> None:
    """Of a secret that is an option in clear text, only Flink's own files may have the value."""
    key = tmp_path / "key"
    key.write_text(f"{_SECRET}\n")
    key.chmod(0o600)
    written = tmp_path / "written"
    options = {
        "model-directory-path": str(_MODELS),
        "execution-mode": mode,
        "tap-directory": str(written / "tap"),
        "tap-ratio": "1",
        "profile-directory": str(written / "profiles"),
        "properties.secret.key": f"file:{key}",
        "properties.auth-token": _PLAIN,
        "properties.go-on": str(tmp_path / "go-on"),
    }
    results = f"'connector' = 'filesystem', 'format' = 'json', 'path' = '{written}/results'"
    insert = (
        "INSERT INTO results SELECT y, error"
        " FROM ML_PREDICT(TABLE numbers, MODEL {}, DESCRIPTOR(x))"
    )
    create = partial(
        create_model,
        input_columns="x BIGINT",
        output_columns="y BIGINT, error STRING",
        python_class="secretive.Secretive",
    )
    answers = cluster.run_sql(
        "CREATE VIEW numbers AS SELECT * FROM (VALUES (CAST(-1 AS BIGINT)), (1)) AS t(x)",
        f"CREATE TABLE results (y BIGINT, error STRING) WITH ({results})",
        create("m", options={**options, "error-column": "error"}),
        create("failing", options=options),
        f"EXPLAIN ESTIMATED_COST, JSON_EXECUTION_PLAN {insert.format('m')}",
        "SHOW CREATE MODEL m",
        f"COMPILE PLAN '{written}/plan.json' FOR {insert.format('m')}",
        insert.format("m"),
        insert.format("failing"),
    )
    jobs = [Job(cluster, *(answer.rows or ["none"])) for answer in answers[-2:]]
    for job in jobs:
        wait_until(lambda job=job: _predicts(job))
    running = [_rest(cluster), *_processes(cluster)]
    (tmp_path / "go-on").touch()
    jobs[0].wait_for_end()
    wait_until(lambda: bool(cluster.rest(f"jobs/{jobs[1].job_id}")["state"] == "FAILED"))
    files = [*_files(cluster.home), *_files(written)]

    def where(value: str) -> list[Any]:
        found: list[Any] = [path for path in files if value.encode() in path.read_bytes()]
        texts = [*running, _rest(cluster), *(str(answer) for answer in answers)]
        return found + [text for text in texts if value in text]

    assert where(_SECRET) == []
    in_clear = where(_PLAIN)
    assert written / "plan.json" in in_clear
    in_clear.remove(written / "plan.json")
    assert all("CREATE MODEL" in place for place in in_clear), in_clear
    for shown in ("key", "auth-token"):
        marker = f"<property '{shown}'>"
        log = cluster.task_manager_file(".log")
        assert f"logged {marker}" in log
        assert f"printed {marker}" in log
        assert marker in _rest(cluster)  # the exception of the job
        assert marker in "".join(path.read_text() for path in _files(written / "results"))


def _predicts(job: Job) -> bool:
    """Returns whether the model is open; the source has ended by then."""
    vertices = job.cluster.rest(f"jobs/{job.job_id}")["vertices"]
    return {vertex["status"] for vertex in vertices} <= {"RUNNING", "FINISHED"}


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())


def _rest(cluster: SessionCluster) -> str:
    """Returns what the web UI shows of the cluster and of all jobs."""
    paths = ["config", "jobmanager/config", "jobmanager/environment", "jobs/overview"]
    for manager in cluster.rest("taskmanagers")["taskmanagers"]:
        paths += [f"taskmanagers/{manager['id']}", f"taskmanagers/{manager['id']}/metrics"]
    for job in cluster.rest("jobs")["jobs"]:
        at = f"jobs/{job['id']}"
        details = ("", "/plan", "/config", "/exceptions", "/accumulators", "/jobmanager/config")
        paths += [at + detail for detail in details]
        for vertex in cluster.rest(at)["vertices"]:
            at_vertex = f"{at}/vertices/{vertex['id']}"
            paths += [at_vertex, f"{at_vertex}/accumulators", f"{at_vertex}/subtasks/metrics"]
            paths += [f"{at_vertex}/subtasks/0/metrics"]
    return json.dumps([cluster.rest(path) for path in paths])


def _processes(cluster: SessionCluster) -> list[str]:
    """Returns the command lines and environments of the TaskManager and its children."""
    found = []
    for pid, command in cluster.members():
        found.append(command.decode(errors="replace"))
        with contextlib.suppress(OSError):  # it has ended
            found.append(Path(f"/proc/{pid}/environ").read_text(errors="replace"))
    return found
