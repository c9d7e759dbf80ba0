# SPDX-License-Identifier: Apache-2.0
"""The command that writes a model to begin with."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded import cli


def make_and_check(directory: Path, kind: str, capsys) -> None:
    """Writes a model of a kind, checks it and runs its tests."""
    assert cli.main(["new", str(directory), "--kind", kind, "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["next"]
    assert cli.main([*shlex.split(steps["check"])[1:], "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["problems"] == []
    assert checked["statement"] in (directory / "model.sql").read_text()
    assert shlex.split(steps["test"])[1:] == ["-m", "pytest", str(directory)]
    # In this process, which has imported most of what they need.
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull]
    assert pytest.main([*options, str(directory)]) == 0


@pytest.mark.parametrize("kind", ["row", "batch", "onnx", "mlflow"])
def test_model_passes_its_check_and_its_tests(tmp_path, kind, capsys):
    """Whoever begins with a model that fails does not know whether it is their fault."""
    make_and_check(tmp_path / "a model", kind, capsys)


def test_page_shows_the_test_that_is_written():
    """An example of the documentation is one that runs."""
    template = Path(pyflink_ml_embedded.__file__).parent / "_cli/templates/row/test_model.py"
    code = template.read_text().partition('"""\n\n')[2]
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text()
    assert f"```python\n{code}```" in page


def test_directory_with_files_is_refused(tmp_path, capsys):
    """It may have the only copy of a model."""
    (tmp_path / "model.py").write_text("mine")
    assert cli.main(["new", str(tmp_path)]) == 1
    assert "exists and is not empty. Give another directory" in capsys.readouterr().err
    assert (tmp_path / "model.py").read_text() == "mine"


def test_missing_libraries_are_named_with_their_extra(tmp_path, monkeypatch, capsys):
    """An ImportError in a script would not say which extra has the library."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if "skl" in name else name)
    assert cli.main(["new", str(tmp_path / "m"), "--kind", "onnx"]) == 1
    error = capsys.readouterr().err
    assert "sklearn, skl2onnx are not installed, which '--kind onnx' needs" in error
    assert "pip install 'pyflink-ml-embedded[demo]'" in error
    assert not (tmp_path / "m").exists()
