# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded doctor``."""

import os
import re
import subprocess
import venv
from pathlib import Path

import numpy
import pyarrow
import pytest

import pyflink_ml_embedded


def test_healthy_environment_is_all_ok(run_command):
    """The environment that `make` sets up meets all requirements of the provider."""
    result = run_command("doctor")
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 10
    assert re.search(r"^ok +extras +has onnx \d\S+, mlflow \d.*", result.stdout, re.MULTILINE)


def test_stack_of_the_jvm_decides_how_deep_python_may_recurse(run_command):
    """RecursionError in a job would surprise who knows only Python's limit of 1000."""
    usual, small = (
        re.search(
            r"^ok +stack +(\d+) KB .* enough for (\d+) levels .*env.java.opts.taskmanager: -Xss16m",
            run_command("doctor", JAVA_TOOL_OPTIONS=f"-Xss{size}").stdout,
            re.MULTILINE,
        ).groups()
        for size in ("1m", "512k")
    )
    assert (usual[0], small[0]) == ("1024", "512")
    assert 900 < int(usual[1]) <= 1000
    assert 300 < int(small[1]) < 600


def test_missing_java_is_named_with_its_remedy(run_command, tmp_path):
    """PyFlink says only that a file does not exist."""
    result = run_command("doctor", JAVA_HOME=str(tmp_path))
    assert result.returncode == 1
    assert f"PROBLEM  Java          {tmp_path}/bin/java: No such file" in result.stdout
    assert "Install a Java from 11 to 21" in result.stdout


@pytest.mark.parametrize(
    ("java", "mark"), [(8, "PROBLEM"), (11, "ok"), (21, "ok"), (25, "PROBLEM")]
)
def test_java_that_flink_supports_is_accepted(run_command, tmp_path, java, mark):
    """Flink 2 runs on Java 11, 17 and 21."""
    executable = tmp_path / "bin" / "java"
    executable.parent.mkdir()
    executable.write_text(
        f"#!/bin/sh\necho 'Picked up: -Xmx1g' >&2\necho 'openjdk version \"{java}.0.1\"' >&2\n"
    )
    executable.chmod(0o755)
    lines = run_command("doctor", JAVA_HOME=str(tmp_path)).stdout.splitlines()
    (line,) = (line for line in lines if f'version "{java}.0.1"' in line)
    assert line.split()[:2] == [mark, "Java"]


def test_problem_of_the_probe_is_shown_with_its_remedy(run_command, tmp_path):
    """The doctor and the provider use the same probe."""
    (tmp_path / "find_libpython.py").write_text("def find_libpython():\n    return None\n")
    result = run_command("doctor", PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert "PROBLEM  libpython     Python has no shared libpython" in result.stdout
    assert "--enable-shared" in result.stdout


def test_python_without_pyflink_is_for_workers(tmp_path):
    """The environment of a worker needs no PyFlink, PemJa, libpython or Java."""
    packages = tmp_path / "packages"
    packages.mkdir()
    checkout = Path(pyflink_ml_embedded.__file__).parents[1]
    sources = [checkout / "pyflink_ml_embedded", checkout / "pyproject.toml"]
    for library in (numpy, pyarrow):
        sources += Path(library.__file__).parents[1].glob(f"{library.__name__}*")
    for source in sources:
        (packages / source.name).symlink_to(source)
    venv.create(tmp_path / "venv", symlinks=True)
    result = subprocess.run(
        [tmp_path / "venv/bin/python", "-c",
         "import sys; from pyflink_ml_embedded.cli import main; sys.exit(main())", "doctor"],
        env={**os.environ, "PYTHONPATH": str(packages), "JAVA_HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result
    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "no", "no"]
    assert lines[2] == "ok       process mode  has numpy and pyarrow, memfd_create and /proc"
    assert lines[3].endswith("without onnx, mlflow, transformers, lightgbm, xgboost")
    assert "PyFlink is not installed. Models run in worker processes only" in lines[4]
