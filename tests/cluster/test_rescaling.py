# SPDX-License-Identifier: Apache-2.0
"""A job is rescaled by docs/deployment.md, "Rescale and upgrade a job"."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from e2e.sql import Result, create_model

from .job import Job
from .session_cluster import SessionCluster, session_cluster

_MODELS = Path(__file__).with_name("models")
_FILES = 8
_ROWS_IN_A_FILE = 800
_SECRET = "mellon"
_INSERT = """
    INSERT INTO totals
    SELECT MOD(y, 100), COUNT(*), SUM(x)
    FROM TABLE(TUMBLE(TABLE predicted, DESCRIPTOR(at), INTERVAL '1' DAY))
    GROUP BY window_start, window_end, MOD(y, 100)"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionCluster]:
    """Two TaskManagers with two slots each."""
    options = {"taskmanager.numberOfTaskSlots": "2", "web.refresh-interval": "100"}
    home = tmp_path_factory.mktemp("rescaling") / "flink"
    with session_cluster(home, options, task_managers=2) as running:
        yield running


@pytest.fixture
def stopped(cluster: SessionCluster, tmp_path: Path) -> str:
    """The savepoint of a job with one subtask that is stopped midway."""
    (tmp_path / "input").mkdir()
    for file in range(_FILES):
        rows = range(file * _ROWS_IN_A_FILE, (file + 1) * _ROWS_IN_A_FILE)
        (tmp_path / "input" / f"{file}.csv").write_text("".join(f"{x}\n" for x in rows))
    plan = (tmp_path / "plan.json").as_uri()
    compiled = [f"COMPILE PLAN '{plan}' FOR {_INSERT}", f"EXECUTE PLAN '{plan}'"]
    job = _submitted(cluster, _run(cluster, tmp_path, compiled, {"parallelism.default": "1"}))
    # The model says that it works, and is slow from its row 3000 on.
    job.wait_until(lambda: any(tmp_path.glob("go-on-*")))
    savepoint = job.stop_with_savepoint((tmp_path / "savepoints").as_uri())
    (tmp_path / "go-on").touch()
    return savepoint


def test_plan_is_rescaled_and_its_results_are_exact(
    cluster: SessionCluster, stopped: str, tmp_path: Path
) -> None:
    """Counts behind the model are in the savepoint, and the same SQL may not find them."""
    options = {"parallelism.default": "4", "execution.state-recovery.path": stopped}

    refused, executed = _run(
        cluster, tmp_path, [_INSERT, f"EXECUTE PLAN '{(tmp_path / 'plan.json').as_uri()}'"], options
    )
    job = _submitted(cluster, [executed])
    job.wait_for_end()

    assert refused.failure is not None
    assert "Cannot map checkpoint/savepoint state for operator" in refused.failure
    vertices = cluster.rest(f"jobs/{job.job_id}")["vertices"]
    assert 4 in {vertex["parallelism"] for vertex in vertices}
    assert job.checkpoints()["latest"]["restored"]["external_path"] == stopped
    assert _written(tmp_path) == _expected()


def test_plan_of_identifiers_has_no_secret(cluster: SessionCluster, tmp_path: Path) -> None:
    """Plans are kept in files, and by default contain the options of the model."""
    names = tmp_path / "names.json"
    plans = {"ALL": tmp_path / "all.json", "IDENTIFIER": names}
    for objects, plan in plans.items():
        _run(
            cluster, tmp_path, [f"COMPILE PLAN '{plan.as_uri()}' FOR {_INSERT}"],
            {"table.plan.compile.catalog-objects": objects},
        )  # fmt: skip

    assert _SECRET in plans["ALL"].read_text()
    assert "squares" in names.read_text()
    assert _SECRET not in names.read_text()


def _run(
    cluster: SessionCluster, directory: Path, statements: Sequence[str], options: Mapping[str, str]
) -> list[Result]:
    """Runs statements behind those that create the tables and the model."""
    model = {
        "model-directory-path": str(_MODELS),
        "properties.go-on": str(directory / "go-on"),
        "properties.secret": _SECRET,
    }
    # All windows end with the input, so that each count is restored.
    columns = "x BIGINT, at AS TO_TIMESTAMP_LTZ(x, 3), WATERMARK FOR at AS at - INTERVAL '1' HOUR"
    totals = "remainder BIGINT, number BIGINT, total BIGINT"
    created = [
        _table(f"numbers ({columns})", directory / "input"),
        _table(f"totals ({totals})", directory / "output"),
        create_model("squares", "x BIGINT", "y BIGINT", "paced.Squares", model),
        "CREATE VIEW predicted AS"
        " SELECT * FROM ML_PREDICT(TABLE numbers, MODEL squares, DESCRIPTOR(x))",
    ]
    return cluster.run_sql(*created, *map(str.strip, statements), options=options)[len(created) :]


def _table(columns: str, directory: Path) -> str:
    options = f"'connector' = 'filesystem', 'format' = 'csv', 'path' = '{directory.as_uri()}'"
    return f"CREATE TABLE {columns} WITH ({options})"


def _submitted(cluster: SessionCluster, results: Sequence[Result]) -> Job:
    """Returns the job of the last result."""
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    return Job(cluster, *job_id)


def _written(directory: Path) -> list[tuple[int, ...]]:
    files = (directory / "output").glob("[!.]*")
    rows = [row for file in files for row in file.read_text().splitlines()]
    return sorted(tuple(map(int, row.split(","))) for row in rows)


def _expected() -> list[tuple[int, ...]]:
    counts, totals = Counter[int](), Counter[int]()
    for x in range(_FILES * _ROWS_IN_A_FILE):
        counts[x * x % 100] += 1
        totals[x * x % 100] += x
    return sorted((key, counts[key], totals[key]) for key in counts)
