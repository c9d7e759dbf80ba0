# SPDX-License-Identifier: Apache-2.0
"""A copy of the examples, in which the commands of their READMEs run."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.processes import Outcome, run

_ROOT = Path(__file__).parents[2]
_SECONDS = 600  # a script of all examples runs ten jobs
_SQL = re.compile(r"\.venv/bin/pyflink-ml-embedded sql (\S+)")


@dataclass(frozen=True)
class Checkout:
    """A directory with the examples, the Python of the tests as ``.venv``, and the package."""

    root: Path

    def directory(self, example: str) -> Path:
        """Returns the directory of an example."""
        return self.root / "examples" / example

    def commands(self, example: str, block: int = -1) -> list[str]:
        """Returns the lines of a ``sh`` block of an example's README, by default of the last."""
        return self._blocks(example, "sh")[block].splitlines()

    def shown_rows(self, example: str) -> set[str]:
        """Returns the lines of output that the README shows, without spaces."""
        (block,) = self._blocks(example, "text")
        return _compact(block) - {""}

    def run(self, command: str, env: Mapping[str, str] | None = None) -> str:
        """Runs a command of a README, which must succeed, and returns what it prints."""
        outcome = self.try_to_run(command, env)
        assert outcome.exit_code == 0, outcome.output + outcome.errors
        return outcome.output

    def try_to_run(self, command: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Runs a command of a README, which may fail."""
        shell = ["bash", "-euo", "pipefail", "-c", command]
        return run(shell, seconds=_SECONDS, cwd=self.root, env=env)

    def run_all(self, *examples: str) -> dict[str, set[str]]:
        """Runs the commands of READMEs, and all their SQL scripts in one local Flink.

        Each script has a database, so that it does not meet the models and tables of others.

        Returns:
            the lines that the script of each example has printed, without spaces. If an example
            has several scripts, those of the last.
        """
        parts = []
        for example in examples:
            for command in self.commands(example):
                if script := _SQL.fullmatch(command):
                    database = f"`{example} {len(parts)}`"
                    parts.append(f"CREATE DATABASE {database};\nUSE {database};")
                    parts.append((self.root / script[1]).read_text())
                else:
                    self.run(command)
        (self.root / "all.sql").write_text("\n".join(parts))
        output = self.run(".venv/bin/pyflink-ml-embedded sql all.sql")
        printed = re.split(r"^USE `([\w-]+) \d+`;$", output, flags=re.M)[1:]
        return {
            example: _compact(text)
            for example, text in zip(printed[::2], printed[1::2], strict=True)
        }

    def _blocks(self, example: str, language: str) -> list[str]:
        readme = (self.directory(example) / "README.md").read_text()
        return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.M | re.S)


def make_checkout(root: Path) -> Checkout:
    """Copies the examples without what they have written."""
    shutil.copytree(
        _ROOT / "examples",
        root / "examples",
        ignore=shutil.ignore_patterns("output", "target", "__pycache__", "executed.ipynb"),
    )
    (root / ".venv").symlink_to(sys.prefix)
    (root / "pyflink_ml_embedded").symlink_to(_ROOT / "pyflink_ml_embedded")
    return Checkout(root)


def _compact(text: str) -> set[str]:
    return set(text.replace(" ", "").splitlines())
