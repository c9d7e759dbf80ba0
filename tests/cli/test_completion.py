# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded completion``, in real shells."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyflink_ml_embedded.cli import main

Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Script:
    """Returns a function that writes the script of a shell to a file."""

    def script(shell: str) -> Path:
        assert main(["completion", shell]) == 0
        path = tmp_path / f"completion.{shell}"
        path.write_text(capsys.readouterr().out)
        return path

    return script


def _run(*command: object, directory: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=directory, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _in_bash(script: Path, *words: str) -> set[str]:
    """Returns what bash offers for the last of the words, as it calls the function at a tab."""
    lines = [
        f"source {script}",
        f"COMP_WORDS=({' '.join(repr(word) for word in ('pyflink-ml-embedded', *words))})",
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))",
        '$(complete -p pyflink-ml-embedded | sed "s/.*-F \\([^ ]*\\).*/\\1/")',
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    return set(_run("bash", "-c", "\n".join(lines), directory=script.parent).split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("doc",), {"doctor"}),
        (("install-jars", "--fl"), {"--flink-home"}),
        (("bench", "comp"), {"compare"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
        (("sql", "que"), {"query.sql"}),
        (("install-jars", "--flink-home", "fl"), {"flink"}),
    ],
)
def test_bash_completes(script: Script, words: tuple[str, ...], expected: set[str]) -> None:
    """Commands, options, choices, files, and directories where a directory is asked for."""
    path = script("bash")
    (path.parent / "query.sql").touch()
    (path.parent / "flink").mkdir()
    (path.parent / "flat.txt").touch()
    assert _in_bash(path, *words) == expected


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_finds_and_loads_the_script(script: Script) -> None:
    """It must not print an error at the first tab."""
    file = script("zsh")
    path = file.rename(file.with_name("_pyflink-ml-embedded"))
    lines = f"fpath=({path.parent} $fpath); autoload -U compinit && compinit -u -D;"
    lines += "autoload +X _pyflink-ml-embedded; print -r -- $_comps[pyflink-ml-embedded]"
    found = _run("zsh", "-f", "-c", lines, directory=path.parent)
    assert found == "_pyflink-ml-embedded\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(script: Script) -> None:
    """Commands, and the options of a command."""
    path = script("fish")
    lines = f"source {path}; complete -C 'pyflink-ml-embedded doc';"
    lines += "complete -C 'pyflink-ml-embedded install-jars --fl'"
    found = _run("fish", "--no-config", "-c", lines, directory=path.parent).splitlines()
    assert [line.split("\t")[0] for line in found] == ["doctor", "--flink-home"]


def test_missing_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback would not say what to install."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "pip install 'pyflink-ml-embedded[completion]'" in capsys.readouterr().err
