# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded sql``."""

import os
import textwrap

import pytest

from pyflink_ml_embedded._cli.script import split_statements
from pyflink_ml_embedded._flink_jvm import TIMEOUT_EXIT_CODE


@pytest.fixture
def script_with_model(tmp_path):
    """Writes a script that predicts one row with a model whose ``predict`` has these lines."""

    def write(predict):
        (tmp_path / "made.py").write_text(
            "import os, sys\n"
            "from pyflink_ml_embedded import PredictFunction\n"
            "class Made(PredictFunction):\n"
            "    def predict(self, data):\n" + textwrap.indent(predict, " " * 8)
        )
        script = tmp_path / "made.sql"
        script.write_text(
            "CREATE MODEL made INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'generic-python',"
            f" 'model-directory-path' = '{tmp_path}', 'python-predict-class' = 'made.Made');"
            "CREATE TEMPORARY VIEW numbers AS SELECT a FROM (VALUES (1)) AS t (a);"
            "SELECT b FROM ML_PREDICT(TABLE numbers, MODEL made, DESCRIPTOR(a));"
        )
        return script

    return write


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("a; b", ["a", "b"]),
        ("-- no; end\na;\n/* no; end */ b -- c", ["-- no; end\na", "/* no; end */ b -- c"]),
        ("SELECT ';', 'it''s;', `a;b`; c", ["SELECT ';', 'it''s;', `a;b`", "c"]),
        (
            "EXECUTE STATEMENT SET BEGIN a; b; END; c",
            ["EXECUTE STATEMENT SET BEGIN a; b; END", "c"],
        ),
        (" ;; -- only a comment;", []),
    ],
)
def test_script_is_split_where_statements_end(script, statements):
    """A semicolon in quoted text or in a comment does not end a statement."""
    assert list(split_statements(script)) == statements


def test_failing_statement_ends_the_script_with_flinks_reason(run_command, tmp_path):
    """Java's stack frames would hide the line with the reason."""
    script = tmp_path / "failing.sql"
    script.write_text("SET 'pipeline.name' = 'a'; SELECT * FROM nowhere; SELECT 1;")
    result = run_command("sql", script)
    assert result.returncode == 1
    assert "Object 'nowhere' not found" in result.stdout
    assert "\tat " not in result.stdout
    assert "SELECT 1" not in result.stdout


def test_failure_of_a_model_is_its_message_alone(run_command, script_with_model):
    """It was the last of eight causes."""
    script = script_with_model("raise ValueError('no such country')\n")
    result = run_command("sql", script)
    assert result.returncode == 1
    _, _, failure = result.stdout.rpartition("DESCRIPTOR(a));\n\n")
    lines = failure.strip().splitlines()
    assert lines[0] == (
        "model 'default_catalog.default_database.made', row 1: predict failed with ValueError: no "
        "such country"
    )
    assert lines[-1] == "ValueError: no such country"
    assert "JobExecutionException" not in failure
    assert "\tat " not in failure


def test_verbose_failure_ends_with_javas_stack_trace(run_command, script_with_model):
    """A report of a bug needs it."""
    result = run_command("sql", "--verbose", script_with_model("raise ValueError('no country')\n"))
    assert result.returncode == 1
    message, trace = result.stdout.index("row 1: predict failed"), result.stdout.index("\tat ")
    assert message < trace
    assert "JobExecutionException" in result.stdout


def test_failure_at_planning_is_its_message_alone(run_command, script_with_model):
    """The option has a wrong value."""
    script = script_with_model("return [data]\n")
    script.write_text(script.read_text().replace("'made.Made'", "'made.Made', 'batch-size' = 'x'"))
    result = run_command("sql", script)
    assert result.returncode == 1
    assert result.stdout.endswith(
        "\n\nOption 'batch-size' is 'x'; it must be an integer of at most 2147483647.\n"
    )


def test_model_may_write_more_to_standard_error_than_a_pipe_holds(run_command, script_with_model):
    """Nobody reads the pipe of PyFlink's JVM, and a model would block when it is full."""
    script = script_with_model(
        "for _ in range(5000):\n    print('warning of a model', file=sys.stderr)\nreturn [data]\n"
    )
    result = run_command("sql", script)
    assert result.returncode == 0, result.stdout[-2000:]
    assert result.stdout.count("warning of a model") == 5000


def test_log_of_a_model_and_warnings_of_the_provider_are_shown(run_command, script_with_model):
    """PyFlink's JVM logs to a file inside of PyFlink's installation."""
    script = script_with_model(
        "import logging\n"
        "logging.getLogger('made.log').info('predicting %s', data[0])\n"
        "raise ValueError('no country')\n"
    )
    options = "'made.Made', 'batch-size' = '100', 'error-handling-strategy' = 'ignore'"
    script.write_text(script.read_text().replace("'made.Made'", options))
    result = run_command("sql", script)
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert "INFO  made.log - predicting 1" in lines
    (concurrency,) = [line for line in lines if "no batch reaches the batch-size of 100" in line]
    assert concurrency.startswith("WARN  io.github.pyflink.ml.embedded.")
    assert any("A row is dropped: model" in line for line in lines)
    assert not any(" org.apache.flink." in line for line in lines)


def test_model_that_ends_the_jvm_is_reported(run_command, script_with_model):
    """After a crash in native code, py4j's errors do not say what happened."""
    result = run_command("sql", script_with_model("os._exit(3)\n"))
    assert result.returncode == 1
    assert result.stdout.endswith("Flink's JVM exited while it ran this statement\n")


def test_files_of_the_cluster_are_deleted(run_command, script_with_model, tmp_path):
    """Each run left 24 MB of Flink's RPC system behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    java_options = f"{os.environ.get('JDK_JAVA_OPTIONS', '')} -Djava.io.tmpdir={temporary}"
    script = script_with_model("return [data]\n")
    result = run_command("sql", script, TMPDIR=str(temporary), JDK_JAVA_OPTIONS=java_options)
    assert result.returncode == 0, result.stdout
    assert list(temporary.iterdir()) == []


def test_endless_job_is_killed_at_the_timeout(run_command, tmp_path):
    """A deadlocked JVM ignores every signal but SIGKILL."""
    script = tmp_path / "endless.sql"
    script.write_text(
        "CREATE TABLE numbers (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1');"
        "CREATE TABLE nothing (a INT) WITH ('connector' = 'blackhole');"
        "INSERT INTO nothing SELECT a FROM numbers;"
    )
    result = run_command("sql", script, "--timeout", 15)
    assert result.returncode == TIMEOUT_EXIT_CODE
    assert "killed after the timeout of 15 s" in result.stdout
