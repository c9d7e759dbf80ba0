# SPDX-License-Identifier: Apache-2.0
"""Jobs of PyFlink's Table API, which load the provider's jar in a separate class loader."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyflink_ml_embedded.table import provider_jar

from .processes import run, running, wait_until

_ROOT = Path(__file__).parents[2]
_SCRIPT = Path(__file__).with_name("pyflink_job.py")

# The jobs of a group run in one JVM, whose Python is started by the operator that is opened first:
# the last one of the first job.
_GROUPS = [
    [
        "twice",
        "data-stream",
        "print-jars",
        "failing",
        "two-models",
        "create-model",
        "predict",
        "progress",
        "documented",
        "datagen-to-model",
    ],
    ["udf-before-model", "udf-before-batches"],
    ["udf-after-model"],
]


Lines = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def lines_of(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """Returns a function that returns what a job prints; a group runs once."""
    outputs: dict[str, list[str]] = {}

    def lines_of(job: str) -> list[str]:
        if job not in outputs:
            (group,) = (group for group in _GROUPS if job in group)
            command, env = _command(tmp_path_factory.mktemp("jobs"), *group)
            outcome = run(command, env=env)
            _, *parts = re.split(r"^JOB ", outcome.output, flags=re.MULTILINE)
            outputs.update({name: lines for name, *lines in map(str.splitlines, parts)})
            assert outcome.exit_code == 0, outcome.output + outcome.errors
        return outputs[job]

    return lines_of


def test_job_with_the_provider_in_its_own_class_loader_runs_twice(lines_of: Lines) -> None:
    """Native methods are bound to a class, and each job loads the class again."""
    assert lines_of("twice") == 2 * ["1.0 2.0", "2.0 4.0", "3.0 6.0"]


def test_job_of_a_stream_environment_runs(lines_of: Lines) -> None:
    """Created without settings, it has no class loader to which PyFlink adds jars."""
    assert lines_of("data-stream") == 2 * ["2.0", "4.0", "6.0"]


def test_jars_that_a_job_has_are_kept(lines_of: Lines) -> None:
    """They are given as texts separated by semicolons, or as a YAML list."""
    jars = f"file:///jars/a.jar;file:///jars/b.jar;{provider_jar().as_uri()}"
    assert lines_of("print-jars") == 2 * [jars]


def test_failure_of_a_model_shows_its_message_first(lines_of: Lines) -> None:
    """Py4J shows it after some hundred lines of Java."""
    message = (
        "ModelJobError model 'default_catalog.default_database.failing': option "
        "'properties.threshold' is not set, but the model's class reads it."
    )
    *failures, other = lines_of("failing")
    assert len(failures) == 4
    assert all(line.startswith(message) for line in failures), failures
    assert other == "Py4JJavaError"


def test_table_in_which_flink_merges_two_models_is_refused(lines_of: Lines) -> None:
    """In Java it cannot be told from two Tables, and half of its results would be wrong."""
    refused, *rows = lines_of("two-models")
    assert refused.startswith("Model 'default_catalog.default_database.m_new' is")
    assert "MAP['model', 'default_catalog.default_database.m_new']" in refused
    assert rows == ["10.0", "100.0"]


def test_model_that_python_creates_shows_itself_and_its_statement(lines_of: Lines) -> None:
    """The statement creates the same model, and none of the texts has a secret."""
    shown, columns, statement, missing = lines_of("create-model")
    assert shown.startswith("Model `default_catalog`.`default_database`.`my model`   INPUT ")
    assert "`y` ARRAY&lt;ROW&lt;`my y` STRING&gt;&gt;" in shown
    assert columns == "my `x"
    assert statement.startswith("True CREATE MODEL `default_catalog`.`default_database`.`my model`")
    assert "'properties.my_text' = 'it''s ''quoted''" in statement
    for text in (shown, statement):
        assert "in-clear" not in text
        assert "env:TOKEN" in text
        assert "64" in text
    assert missing.startswith("model `default_catalog`.`default_database`.`absent` does not exist")
    assert "does not exist; the models of the current database: " in missing


def test_table_is_predicted_as_by_ml_predict(lines_of: Lines) -> None:
    """By rows and by batches, with columns that the model's function declares."""
    *rows, two_models, refused = lines_of("predict")
    assert rows == 2 * ["id value prediction", "1 1.0 2.0", "2 2.0 4.0"]
    assert two_models == "10.0 20.0 100.0 200.0"  # which Flink by itself takes for one
    assert "Require async mode" in refused


def test_progress_of_a_job_is_shown_until_its_end(lines_of: Lines) -> None:
    """A failure of the job is raised as by wait()."""
    *lines, no_job = lines_of("progress")
    states = [line.removeprefix("job ") for line in lines if line.startswith("job ")]
    assert "FINISHED" in states
    assert states[-1] == "FAILED"
    assert lines[-1].startswith("ModelJobError model 'default_catalog.default_database.bad'")
    assert no_job.startswith("the result has no job whose progress can be shown")


def test_examples_of_the_page_run(lines_of: Lines) -> None:
    """They print the statement that the page shows."""
    lines = lines_of("documented")
    page = (_ROOT / "docs" / "python-api.md").read_text()
    (statement,) = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    begin = lines.index(statement.splitlines()[0])
    shown = "\n".join(lines[begin:]).replace(str(_ROOT), "/checkout")
    assert shown.startswith(statement)
    assert "job FINISHED" in lines
    assert any("0.845360824742268" in line for line in lines)


@pytest.mark.parametrize(
    ("job", "rows"),
    [
        ("udf-before-model", ["10.0 20.0", "20.0 40.0", "30.0 60.0"]),
        ("udf-after-model", ["1.0 20.0", "2.0 40.0", "3.0 60.0"]),
    ],
)
def test_thread_mode_udf_and_model_share_a_thread(
    job: str, rows: list[str], lines_of: Lines
) -> None:
    """Numpy in a model must not find PemJa's thread state, and the UDF not the model's."""
    assert lines_of(job) == 2 * rows


def test_helper_allows_enough_rows_in_flight_for_a_batch(lines_of: Lines) -> None:
    """With one row in flight, which the job sets first, a batch never has three rows."""
    rows = ["10.0 20.0 3", "20.0 40.0 3", "30.0 60.0 3"]
    assert lines_of("udf-before-batches") == 2 * rows


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="PemJa hangs like this on 3.11")
def test_thread_mode_hangs_where_a_model_does_not(tmp_path: Path, lines_of: Lines) -> None:
    """This deadlock is why the provider does not run functions in a PemJa interpreter."""
    called, returned = (tmp_path / "datagen-to-udf" / name for name in ("called", "returned"))
    command, env = _command(tmp_path, "datagen-to-udf")
    with running(command, env=env) as thread_mode:
        wait_until(called.exists)
        with pytest.raises(subprocess.TimeoutExpired):
            thread_mode.wait(5)
    assert not returned.exists()

    assert lines_of("datagen-to-model") == ["2.0", "4.0", "6.0"]


def _command(directory: Path, *jobs: str) -> tuple[list[str], dict[str, str]]:
    # Thread mode takes the standard library and its packages from the python3 of the PATH.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return [sys.executable, str(_SCRIPT), str(directory), *jobs], {**os.environ, "PATH": path}
