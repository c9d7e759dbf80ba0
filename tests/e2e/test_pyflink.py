# SPDX-License-Identifier: Apache-2.0
"""Jobs of PyFlink's Table API, which load the provider's jar in a separate class loader."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyflink_ml_embedded.table import provider_jar

from .processes import Outcome, run, running, wait_until

_JOBS = Path(__file__).with_name("pyflink_job.py")


def test_job_with_the_provider_in_its_own_class_loader_runs_twice(tmp_path: Path) -> None:
    """Native methods are bound to a class, and each job loads the class again."""
    outcome = _run_job("twice", tmp_path)

    assert outcome.exit_code == 0, outcome.errors
    assert outcome.output.splitlines() == 2 * ["1.0 2.0", "2.0 4.0", "3.0 6.0"]


def test_jars_that_a_job_has_are_kept(tmp_path: Path) -> None:
    """They are given as texts separated by semicolons, or as a YAML list."""
    outcome = _run_job("print-jars", tmp_path)

    assert outcome.exit_code == 0, outcome.errors
    jars = f"file:///jars/a.jar;file:///jars/b.jar;{provider_jar().as_uri()}"
    assert outcome.output.splitlines() == 2 * [jars]


def test_failure_of_a_model_shows_its_message_first(tmp_path: Path) -> None:
    """Py4J shows it after some hundred lines of Java."""
    outcome = _run_job("failing", tmp_path)

    assert outcome.exit_code == 0, outcome.errors
    message = (
        "ModelJobError model 'default_catalog.default_database.failing': option "
        "'properties.threshold' is not set, but the model's class reads it."
    )
    *failures, other = outcome.output.splitlines()
    assert len(failures) == 4
    assert all(line.startswith(message) for line in failures), outcome.output
    assert other == "Py4JJavaError"


@pytest.mark.parametrize(
    ("job", "rows"),
    [
        ("udf-before-model", ["10.0 20.0", "20.0 40.0", "30.0 60.0"]),
        ("udf-after-model", ["1.0 20.0", "2.0 40.0", "3.0 60.0"]),
    ],
)
def test_thread_mode_udf_and_model_share_a_thread(
    job: str, rows: list[str], tmp_path: Path
) -> None:
    """Numpy in a model must not find PemJa's thread state, and the UDF not the model's."""
    outcome = _run_job(job, tmp_path)

    assert outcome.exit_code == 0, outcome.errors
    assert outcome.output.splitlines() == 2 * rows


def test_helper_allows_enough_rows_in_flight_for_a_batch(tmp_path: Path) -> None:
    """With one row in flight, which the job sets first, a batch never has three rows."""
    outcome = _run_job("udf-before-batches", tmp_path)

    assert outcome.exit_code == 0, outcome.errors
    assert outcome.output.splitlines() == 2 * ["10.0 20.0 3", "20.0 40.0 3", "30.0 60.0 3"]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="PemJa hangs like this on 3.11")
def test_thread_mode_hangs_where_a_model_does_not(tmp_path: Path) -> None:
    """This deadlock is why the provider does not run functions in a PemJa interpreter."""
    called, returned = tmp_path / "called", tmp_path / "returned"
    command, env = _command("datagen-to-udf", tmp_path)
    with running(command, env=env) as thread_mode:
        wait_until(called.exists)
        with pytest.raises(subprocess.TimeoutExpired):
            thread_mode.wait(10)
    assert not returned.exists()

    model = _run_job("datagen-to-model", tmp_path)

    assert model.exit_code == 0, model.errors
    assert model.output.splitlines() == ["2.0", "4.0", "6.0"]


def _run_job(job: str, directory: Path) -> Outcome:
    command, env = _command(job, directory)
    return run(command, env=env)


def _command(job: str, directory: Path) -> tuple[list[str], dict[str, str]]:
    # Thread mode takes the standard library and its packages from the python3 of the PATH.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return [sys.executable, str(_JOBS), job, str(directory)], {**os.environ, "PATH": path}
