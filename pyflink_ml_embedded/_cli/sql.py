# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded sql``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .output import Commands, Outcome, add_command, needed_by
from .timeout import add_timeout

__all__ = ["add_parser"]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    sql = add_command(
        commands,
        "sql",
        "run a file of SQL statements in a local Flink",
        _run,
        example="sql examples/fraud/fraud.sql",
        json=False,
    )
    sql.add_argument(
        "file", type=Path, metavar="FILE", help="the statements, each followed by a semicolon"
    )
    sql.add_argument(
        "--verbose", action="store_true", help="print Java's stack trace of a failure too"
    )
    add_timeout(sql, default=None)


def _run(options: argparse.Namespace) -> Outcome:
    with needed_by("a local Flink", "apache-flink"):
        from .script import run_script

        script = options.file.read_text(encoding="utf-8")
        run_script(script, options.timeout, verbose=options.verbose)
    return Outcome(ok=True)
