# SPDX-License-Identifier: Apache-2.0
"""A restore from a checkpoint or savepoint loses and duplicates no results."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.sql import create_model

from .job import Job
from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")
_FILES = 20
_ROWS_IN_A_FILE = 600
_TRUTH = Counter(f"{x},{x * x}" for x in range(_FILES * _ROWS_IN_A_FILE))

_CLUSTER_OPTIONS = {
    "taskmanager.numberOfTaskSlots": "2",
    "heartbeat.interval": "500",  # how soon a lost TaskManager is detected
    "web.refresh-interval": "100",  # maximum age of a REST API response
}
_JOB_OPTIONS = {
    "parallelism.default": "2",
    "execution.checkpointing.interval": "200 ms",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "100",
    "restart-strategy.fixed-delay.delay": "200 ms",
}


@dataclass(frozen=True)
class _Variant:
    """The options that select the row path or the batch path."""

    python_class: str
    model_options: Mapping[str, str]
    config: Mapping[str, str]


def _batch_variant(output_mode: str) -> _Variant:
    config = {"max-concurrent-operations": "256", "output-mode": output_mode}
    return _Variant("paced_batches.Squares", {"batch-size": "64"}, config)


_each_variant = pytest.mark.parametrize(
    "variant",
    [
        pytest.param(_Variant("paced.Squares", {}, {}), id="row path"),
        pytest.param(_batch_variant("ordered"), id="ordered"),
        pytest.param(_batch_variant("allow_unordered"), id="unordered"),
    ],
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """A running cluster with two slots."""
    directory = tmp_path_factory.mktemp("recovery")
    checkpoints = {"execution.checkpointing.dir": (directory / "checkpoints").as_uri()}
    with session_cluster(directory / "flink", {**_CLUSTER_OPTIONS, **checkpoints}) as running:
        yield running


@_each_variant
def test_job_whose_task_manager_is_killed_writes_each_result_once(
    variant: _Variant, cluster: SessionCluster, tmp_path: Path
) -> None:
    """Rows in flight, and the model's batch, are lost with the process."""
    _write_input(tmp_path)
    job = _submit(variant, cluster, tmp_path)

    job.wait_until(lambda: _is_midway(tmp_path))
    cluster.kill_task_manager()
    committed = _committed_rows(tmp_path)
    _let_models_go_on(tmp_path)
    cluster.start_task_manager()
    job.wait_for_end()

    assert committed.total() < _TRUTH.total()
    assert job.checkpoints()["counts"]["restored"] > 0
    _assert_nothing_lost_or_doubled(tmp_path)


@_each_variant
def test_job_that_resumes_from_a_savepoint_writes_each_result_once(
    variant: _Variant, cluster: SessionCluster, tmp_path: Path
) -> None:
    """Users upgrade a model or Flink this way."""
    _write_input(tmp_path)
    job = _submit(variant, cluster, tmp_path)

    job.wait_until(lambda: _is_midway(tmp_path))
    savepoint = job.stop_with_savepoint((tmp_path / "savepoints").as_uri())
    committed = _committed_rows(tmp_path)
    _let_models_go_on(tmp_path)
    resumed = _submit(variant, cluster, tmp_path, {"execution.state-recovery.path": savepoint})
    resumed.wait_for_end()

    assert committed.total() < _TRUTH.total()
    assert resumed.checkpoints()["latest"]["restored"]["external_path"] == savepoint
    _assert_nothing_lost_or_doubled(tmp_path)


def _write_input(directory: Path) -> None:
    (directory / "input").mkdir()
    for file in range(_FILES):
        first = file * _ROWS_IN_A_FILE
        lines = (f"{x}\n" for x in range(first, first + _ROWS_IN_A_FILE))
        (directory / "input" / f"{file}.csv").write_text("".join(lines))


def _submit(
    variant: _Variant,
    cluster: SessionCluster,
    directory: Path,
    options: Mapping[str, str] | None = None,
) -> Job:
    model_options = {
        "model-directory-path": str(_MODELS),
        "properties.go-on": str(_go_on(directory)),
        **variant.model_options,
    }
    config = ", ".join(f"'{part}'" for item in variant.config.items() for part in item)
    arguments = "TABLE numbers, MODEL squares, DESCRIPTOR(x)"
    if config:
        arguments += f", MAP[{config}]"
    results = cluster.run_sql(
        _create_table("numbers (x BIGINT)", directory / "input"),
        _create_table("results (x BIGINT, y BIGINT)", directory / "output"),
        create_model("squares", "x BIGINT", "y BIGINT", variant.python_class, model_options),
        f"INSERT INTO results SELECT x, y FROM ML_PREDICT({arguments})",
        options={**_JOB_OPTIONS, **(options or {})},
    )
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    return Job(cluster, *job_id)


def _go_on(directory: Path) -> Path:
    """Returns the file without which the models are slow after some rows."""
    return directory / "go-on"


def _let_models_go_on(directory: Path) -> None:
    _go_on(directory).touch()


def _create_table(columns: str, directory: Path) -> str:
    options = f"'connector' = 'filesystem', 'format' = 'csv', 'path' = '{directory.as_uri()}'"
    return f"CREATE TABLE {columns} WITH ({options})"


def _committed_rows(directory: Path) -> Counter[str]:
    # A file whose name begins with a dot is not committed, and readers skip it.
    files = (directory / "output").glob("[!.]*")
    return Counter(row for file in files for row in file.read_text().splitlines())


def _is_midway(directory: Path) -> bool:
    # Only completed checkpoints commit rows, so at least one has completed.
    return _committed_rows(directory).total() > _TRUTH.total() / 4


def _assert_nothing_lost_or_doubled(directory: Path) -> None:
    committed = _committed_rows(directory)
    lost, doubled_or_wrong = _TRUTH - committed, committed - _TRUTH
    assert (list(lost), list(doubled_or_wrong)) == ([], [])
