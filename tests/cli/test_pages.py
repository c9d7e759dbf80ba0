# SPDX-License-Identifier: Apache-2.0
"""The quick start and the tutorial show what their files have, and what running them prints."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from pyflink_ml_embedded._cli.script import split_statements

Run = Callable[..., CompletedProcess[str]]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def _train(root: Path, run_python: Run, directory: Path) -> None:
    """Copies the tutorial's files into a directory, and runs its first step."""
    shutil.copytree(root / "examples" / "tutorial", directory / "examples" / "tutorial")
    trained = run_python("examples/tutorial/train.py", directory=directory)
    assert trained.returncode == 0, trained.stdout


def test_tutorial_shows_its_files(root: Path) -> None:
    """A reader compares the page with the file beside it."""
    page, example = root / "docs" / "tutorial.md", root / "examples" / "tutorial"
    files = "".join(file.read_text() for file in sorted(example.rglob("*.*")) if file.is_file())
    shown = _blocks(page, "python") + _blocks(page, "sql")
    assert [block for block in shown if block not in files] == [
        block for block in shown if "s3://" in block
    ]


def test_tutorial_checks_its_model(
    root: Path, run_python: Run, run_command: Run, tmp_path: Path
) -> None:
    """The command and the test are the ones that the page shows."""
    _train(root, run_python, tmp_path)
    (command,) = [
        block for block in _blocks(root / "docs" / "tutorial.md", "sh") if " check " in block
    ]
    checked = run_command(*shlex.split(command.replace("\\\n", ""))[1:], directory=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert "minutes=44.3" in checked.stdout
    tested = run_python("-m", "pytest", "-q", "examples/tutorial", directory=tmp_path)
    assert tested.returncode == 0, tested.stdout


def test_scripts_of_both_pages_print_what_is_shown(
    root: Path, run_python: Run, run_command: Run, tmp_path: Path
) -> None:
    """They are the first things that a new user runs. One Flink runs both, to save its start."""
    _train(root, run_python, tmp_path)
    quick_start = root / "docs" / "quick-start.md"
    (tmp_path / "tips").mkdir()
    (tmp_path / "tips" / "tip.py").write_text(_blocks(quick_start, "python")[0])
    tutorial = tmp_path / "examples" / "tutorial"
    scripts = [
        *_blocks(quick_start, "sql"),
        (tutorial / "delivery.sql").read_text(),
        (tutorial / "delivery_batch.sql").read_text(),
    ]
    statements = dict.fromkeys(part for script in scripts for part in split_statements(script))
    (tmp_path / "all.sql").write_text(";\n".join(statements) + ";")
    result = run_command("sql", "all.sql", directory=tmp_path)
    assert result.returncode == 0, result.stdout
    printed = result.stdout.replace(" ", "").splitlines()
    pages = (quick_start, root / "docs" / "tutorial.md")
    shown = "".join(block for page in pages for block in _blocks(page, "text"))
    rows = [line for line in shown.replace(" ", "").splitlines() if "+I" in line]
    assert len(rows) == 5
    assert [row for row in rows if row not in printed] == []
