# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded check``: tries a model, without Flink."""

from __future__ import annotations

import argparse
from pathlib import Path

from .model_arguments import add_model_arguments, errors_of_model, model_of
from .output import Commands, Outcome, add_command
from .progress import progress

__all__ = ["add_parser"]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    command = add_command(
        commands,
        "check",
        "load a model as Flink would, predict rows and print its CREATE MODEL statement",
        _run,
        example="check models/digits --data digits.csv",
    )
    add_model_arguments(command)
    command.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="a .csv, .jsonl or .parquet file with rows (default: the sample row of the model)",
    )
    command.add_argument(
        "--rows",
        type=int,
        default=1000,
        metavar="N",
        help="the most rows of the file that are predicted (default: %(default)s)",
    )


def _run(arguments: argparse.Namespace) -> Outcome:
    from .trial.report import to_text, to_values
    from .trial.run import try_model

    with errors_of_model(), progress("Trying the model"):
        trial = try_model(model_of(arguments), arguments.data, arguments.rows)
    return Outcome(not trial.problems, to_values(trial), to_text(trial))
