# SPDX-License-Identifier: Apache-2.0
"""SQL scripts in a fresh JVM, with the Flink of the installed apache-flink."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pyflink_ml_embedded.table import provider_jar

from .processes import Outcome, run

MODELS = Path(__file__).parents[1] / "models"

_RUNNER = Path(__file__).with_name("RunSql.java")


@dataclass(frozen=True)
class Result:
    """The outcome of a statement: its rows as Flink prints them, or the text of its failure."""

    rows: list[str] | None = None
    failure: str | None = None


def run_sql(
    *statements: str,
    python: str | os.PathLike[str] = sys.executable,
    env: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    jars: Sequence[Path] | None = None,
) -> list[Result]:
    """Runs statements in one new JVM.

    Args:
        statements: run in order; a failure does not stop the ones after it.
        python: the option ``python.executable``.
        env: the environment of the JVM; by default that of this process.
        options: further Flink options.
        jars: the class path; by default that of ``flink_jars``.

    Returns:
        A result for each statement, or fewer if a statement did not end and the JVM was killed.
        The job of an INSERT or an EXECUTE PLAN is not awaited; its one row is the job's id.
    """
    outcome = run_jvm(*statements, python=python, env=env, options=options, jars=jars)
    assert outcome.exit_code in (0, None), outcome.output + outcome.errors
    return results_in(outcome)


def run_jvm(
    *statements: str,
    python: str | os.PathLike[str] = sys.executable,
    env: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    jars: Sequence[Path] | None = None,
) -> Outcome:
    """Does the same, and returns how the JVM ended."""
    settings = {"python.executable": str(python), "parallelism.default": "1", **(options or {})}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        json.dump(statements, script)
        script.flush()
        class_path = os.pathsep.join(map(str, [*(jars or flink_jars()), _runner_classes()]))
        command = [java(), "-cp", class_path, _RUNNER.stem, script.name]
        return run([*command, *(f"{key}={value}" for key, value in settings.items())], env=env)


@functools.cache
def _runner_classes() -> Path:
    """Returns a directory with the compiled runner, which is removed when this process ends."""
    directory = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, directory)
    compile_java(_RUNNER, directory)
    return Path(directory)


def compile_java(source: Path, directory: str | os.PathLike[str]) -> None:
    """Compiles a file that uses Flink to classes in a directory."""
    class_path = os.pathsep.join(map(str, flink_jars()))
    # A Java runtime has no compiler.
    path = os.pathsep.join([os.path.dirname(java()), os.environ["PATH"]])
    compiler = shutil.which("javac", path=path)
    assert compiler is not None
    options = ["--release", "11", "-cp", class_path, "-d", directory]
    subprocess.run([compiler, *options, source], check=True)


def results_in(outcome: Outcome) -> list[Result]:
    """Returns the results of the statements that a JVM has run."""
    return [
        Result(**json.loads(line.removeprefix("RESULT ")))
        for line in outcome.output.splitlines()
        if line.startswith("RESULT ")
    ]


def flink_home() -> Path:
    """Returns the directory of Flink in the installed apache-flink."""
    spec = find_spec("pyflink")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def flink_jars() -> list[Path]:
    """Returns the jars that Flink's lib directory has in a cluster that runs Python models."""
    home = flink_home()
    return [*home.glob("lib/*.jar"), *home.glob("opt/flink-python-*.jar"), provider_jar()]


def java() -> str:
    """Returns the path of the java executable."""
    if java_home := os.environ.get("JAVA_HOME"):
        return f"{java_home}/bin/java"
    path = shutil.which("java")
    assert path is not None
    return path


def create_values() -> str:
    """Returns a statement for a view ``numbers (x DOUBLE)`` of 1 to 3.

    A job on it calls predict on a different thread than open.
    """
    return "CREATE VIEW numbers AS SELECT * FROM (VALUES (1e0), (2e0), (3e0)) AS t(x)"


def create_model(
    name: str,
    input_columns: str,
    output_columns: str,
    python_class: str,
    options: Mapping[str, str] | None = None,
) -> str:
    """Returns a statement that creates a model from a class of tests/models."""
    all_options = {
        "provider": "generic-python",
        "model-directory-path": str(MODELS),
        "python-predict-class": python_class,
        **(options or {}),
    }
    listed = ", ".join(f"'{key}' = '{value}'" for key, value in all_options.items())
    return f"CREATE MODEL {name} INPUT ({input_columns}) OUTPUT ({output_columns}) WITH ({listed})"
