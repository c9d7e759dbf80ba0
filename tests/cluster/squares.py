# SPDX-License-Identifier: Apache-2.0
"""Jobs that square numbers by a model of ``models``, from a CSV file into CSV files."""

from collections.abc import Mapping
from pathlib import Path

from e2e.sql import create_model

from .job import Job
from .session_cluster import SessionCluster

ROWS = 20_000

_MODELS = Path(__file__).with_name("models")


def submit(
    cluster: SessionCluster,
    python_class: str,
    model_options: Mapping[str, str],
    directory: Path,
    parallelism: int,
    *,
    source: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Job:
    """Starts a job.

    Args:
        cluster: where it runs.
        python_class: the model's class, of ``(x BIGINT)`` and ``(y BIGINT)``.
        model_options: further options of the model.
        directory: where its files are: ``results`` and, without a source, ``numbers.csv``.
        parallelism: of all its operators.
        source: the statement that creates the table ``numbers``, if not of 0 to ``ROWS`` - 1.
        options: further options of the job.
    """
    if source is None:
        (directory / "numbers.csv").write_text("".join(f"{x}\n" for x in range(ROWS)))
        source = _table("numbers (x BIGINT)", directory / "numbers.csv")
    directory_of_models = {"model-directory-path": str(_MODELS)}
    results = cluster.run_sql(
        source,
        _table("results (x BIGINT, y BIGINT)", directory / "results"),
        create_model(
            "m", "x BIGINT", "y BIGINT", python_class, {**directory_of_models, **model_options}
        ),
        "INSERT INTO results SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL m, DESCRIPTOR(x),"
        " MAP['max-concurrent-operations', '256'])",
        options={"parallelism.default": str(parallelism), **(options or {})},
    )
    job_id = results[-1].rows
    assert job_id is not None, [result.failure for result in results]
    return Job(cluster, *job_id)


def results_in(directory: Path) -> list[str]:
    """Returns the lines that a job has written, sorted."""
    files = (directory / "results").glob("[!.]*")
    return sorted(line for file in files for line in file.read_text().splitlines())


def _table(columns: str, path: Path) -> str:
    return (
        f"CREATE TABLE {columns} WITH"
        f" ('connector' = 'filesystem', 'format' = 'csv', 'path' = '{path.as_uri()}')"
    )
