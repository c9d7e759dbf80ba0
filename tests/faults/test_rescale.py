# SPDX-License-Identifier: Apache-2.0
"""A job that resumes from a savepoint with another parallelism writes each result once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster.session_cluster import SessionCluster, session_cluster

from .kinds import BATCH, PROCESS_BATCH, RETRY, ROW, SQL, UNORDERED, Kind
from .trial import CLUSTER_OPTIONS, assert_exact, trial

_KINDS = [SQL, ROW, BATCH, UNORDERED, RETRY, PROCESS_BATCH]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two TaskManagers and two slots on each."""
    home = tmp_path_factory.mktemp("rescale") / "flink"
    with session_cluster(home, CLUSTER_OPTIONS, task_managers=2) as running:
        yield running


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in _KINDS])
def test_job_that_is_rescaled_to_four_and_back_writes_each_result_once(
    kind: Kind, cluster: SessionCluster, tmp_path: Path
) -> None:
    """The first kind has no model: it shows that source and sink are exact."""
    with trial(cluster, kind, tmp_path) as running:
        running.wait_for_more_rows()
        running.rescale(4)
        running.wait_for_more_rows()
        running.rescale(1)
        running.wait_for_more_rows()

        assert_exact(running.end())
        assert running.job.failures() == []
