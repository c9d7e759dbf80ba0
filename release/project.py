# SPDX-License-Identifier: Apache-2.0
"""Where a release is built, and how its commands are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["DIST", "ROOT", "VERSION", "WORK", "ReleaseError", "create_venv", "run", "tool"]

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
WORK = ROOT / "build" / "release"

_VERSION_LINE = re.compile(r'^version = "(.+?)"', re.M)
VERSION = _VERSION_LINE.findall((ROOT / "pyproject.toml").read_text())[0]

_SECONDS = 1800


class ReleaseError(Exception):
    """The release cannot be built; the message says why and what to do."""


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """Runs a command and returns its output.

    Raises:
        ReleaseError: It failed or took too long; with the end of its output.
    """
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise ReleaseError(f"{' '.join(words)} failed:\n{error.output[-4000:]}") from error
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"{' '.join(words)} ran for more than {_SECONDS} s") from error


def create_venv(python: str | Path, directory: Path) -> Path:
    """Creates an empty venv, without pip, and returns its Python."""
    run(python, "-m", "venv", "--clear", "--without-pip", directory)
    return directory / "bin" / "python"


def tool(name: str) -> Path:
    """Returns the path of a command of requirements.txt, in the venv that runs this."""
    return Path(sys.executable).with_name(name)
