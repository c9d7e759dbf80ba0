# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded completion``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .output import PROGRAM, Commands, Outcome, add_command, needed_by

__all__ = ["add_parser"]

_SHELLS = ("bash", "zsh", "fish")


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    completion = add_command(
        commands,
        "completion",
        "print the script by which a shell completes commands, options and files",
        _run,
        example=f"completion bash > ~/.local/share/bash-completion/completions/{PROGRAM}",
        json=False,
    )
    completion.add_argument("shell", choices=_SHELLS, help="the shell that reads the script")


def _run(options: argparse.Namespace) -> Outcome:
    with needed_by("completion", f"{PROGRAM}[completion]"):
        import shtab

    for action in _actions(options.parser):
        if action.type is Path:
            files = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE
            action.complete = files  # type: ignore[attr-defined]
    return Outcome(ok=True, text=shtab.complete(options.parser, options.shell))


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Returns the arguments of all commands."""
    actions = []
    for action in parser._actions:
        actions.append(action)
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                actions += _actions(command)
    return actions
