# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ._cli import check, completion, demo, doctor, install_jars, new, predict, sql
from ._cli.output import PROGRAM, run_command
from ._native import __version__
from .bench import cli as bench

__all__ = ["main", "parser"]

# Their modules import what they need when they run, so that --help is fast.
_COMMANDS = (demo, sql, new, check, predict, doctor, install_jars, bench, completion)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand and returns its exit code.

    The code is 0 if it succeeded, 1 if it failed or what it examines is wrong, and 2 if an argument
    is invalid.
    """
    return run_command(parser().parse_args(arguments))


def parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Python models in Flink SQL's ML_PREDICT, inside the TaskManager's JVM.",
        epilog=f"'{PROGRAM} COMMAND --help' describes a command and has an example.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    parser.set_defaults(parser=parser)  # of which `completion` writes a script
    return parser
