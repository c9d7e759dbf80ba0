# SPDX-License-Identifier: Apache-2.0
"""A full disk, or a model whose files are away, harms only what needs them."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cluster.session_cluster import SessionCluster, session_cluster
from e2e.processes import wait_until
from e2e.sql import create_model

from .kinds import BATCH, PROCESS_ROW, ROW, Kind, publish
from .trial import CLUSTER_OPTIONS, assert_exact, trial

_each_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=kind.name) for kind in (ROW, BATCH, PROCESS_ROW)]
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two slots."""
    home = tmp_path_factory.mktemp("files") / "flink"
    with session_cluster(home, CLUSTER_OPTIONS) as running:
        yield running


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, on which a file leaves little space."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    (disk / "filler").write_bytes(bytes(1_500_000))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_model_that_does_not_fit_on_the_disk_is_refused_until_there_is_space(
    cluster: SessionCluster, tmp_path: Path, small_disk: Path
) -> None:
    """The message names the cache, and what was written of the model is removed."""
    model, cache = tmp_path / "model", small_disk / "cache"
    publish(model, 1, megabytes=1)
    options = {
        "model-directory-path": str(model),
        "model-reload-interval": "1 h",
        "model-cache-directory": str(cache),
        "properties.fault": str(tmp_path / "fault"),
    }
    statements = [
        create_model("squares", "x BIGINT", "y BIGINT", "squares.Squares", options),
        "SELECT y FROM ML_PREDICT((SELECT CAST(3 AS BIGINT) AS x), MODEL squares, DESCRIPTOR(x))",
    ]

    refused = cluster.run_sql(*statements)[-1].failure
    left = {file for file in (cache / "downloads").rglob("*") if file.is_file()}
    (small_disk / "filler").unlink()
    rows = cluster.run_sql(*statements)[-1].rows

    assert refused is not None
    assert f"The disk of the model cache '{cache}' is full: No space left on device" in refused
    assert "'model-cache-directory'" in refused
    assert left == set()
    assert rows == ["+I[9]"]


@_each_kind
def test_job_keeps_its_version_while_the_next_one_does_not_fit_on_the_disk(
    kind: Kind, cluster: SessionCluster, tmp_path: Path, small_disk: Path
) -> None:
    """The new version takes over when there is space."""
    with trial(cluster, kind, tmp_path / "job", _watched(tmp_path, small_disk)) as running:
        running.wait_for_more_rows()
        warned = _count(cluster, r"WARN .*The disk of the model cache .* is full")
        publish(tmp_path / "model", 2, megabytes=1)
        wait_until(lambda: warned() > 0)
        running.wait_for_more_rows()
        taken_over = _count(cluster, "has taken over from version")
        (small_disk / "filler").unlink()
        wait_until(lambda: taken_over() > 0)
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.failures() == []


@_each_kind
@pytest.mark.parametrize("how", ["moved away", "a file", "empty", "half of a version"])
def test_job_keeps_its_version_while_the_model_is_away(
    how: str, kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """A file system may fail for a while; the version that comes back is used."""
    model, away = tmp_path / "model", tmp_path / "away"
    with trial(cluster, kind, tmp_path / "job", _watched(tmp_path, tmp_path)) as running:
        running.wait_for_more_rows()
        warned = _count(cluster, r"WARN .*(cannot look for a new version|is broken, version)")
        model.rename(away)
        if how == "a file":
            model.touch()
        elif how == "empty":
            model.mkdir()
        elif how == "half of a version":
            model.mkdir()
            (model / "fault.py").write_text("class")
        wait_until(lambda: warned() > 0)
        running.wait_for_more_rows()
        taken_over = _count(cluster, "has taken over from version")
        publish(model, 2)
        wait_until(lambda: taken_over() > 0)
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.failures() == []
    with trial(cluster, kind, tmp_path / "next") as following:
        following.wait_for_more_rows()
        assert_exact(following.end())


def _watched(directory: Path, disk: Path) -> dict[str, str]:
    publish(directory / "model", 1)
    return {
        "model-directory-path": str(directory / "model"),
        "model-reload-interval": "500 ms",
        "model-cache-directory": str(disk / "cache"),
    }


def _count(cluster: SessionCluster, pattern: str) -> Callable[[], int]:
    """Returns a function for the number of new lines of the TaskManager's log with a pattern."""

    def count() -> int:
        lines = cluster.task_manager_file(".log").splitlines()
        return sum(1 for line in lines if re.search(pattern, line))

    before = count()
    return lambda: count() - before
