# SPDX-License-Identifier: Apache-2.0
"""What all commands share: their help, text or JSON, colours, errors and exit codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any, NamedTuple

__all__ = [
    "PROGRAM",
    "CommandError",
    "Commands",
    "Outcome",
    "UsageError",
    "add_command",
    "needed_by",
    "run_command",
    "styled",
]

PROGRAM = "pyflink-ml-embedded"

# The exit codes. argparse ends with that of UsageError too.
_OK, _FAILED, _USAGE = 0, 1, 2
_INTERRUPTED = 130  # as a shell reports SIGINT

_STYLES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}

Commands = argparse._SubParsersAction  # of what add_subparsers returns


class CommandError(Exception):
    """The command failed, or what it examines is wrong; the text says why, and what to do."""


class UsageError(Exception):
    """An argument is invalid; the text names it and the valid values."""


class Outcome(NamedTuple):
    """What a command found.

    Attributes:
        ok: whether the exit code is 0; otherwise it is 1.
        values: what ``--json`` prints, besides ``ok``.
        text: what is printed without ``--json``.
    """

    ok: bool
    values: Mapping[str, Any] = {}
    text: str = ""


def add_command(
    commands: Commands[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], Outcome],
    *,
    example: str,
    json: bool = True,
) -> argparse.ArgumentParser:
    """Adds a command.

    Args:
        commands: what ``add_subparsers`` returned.
        name: of the command.
        summary: what it does, in one line that begins with a verb in lower case.
        run: is called with the options. What it prints goes to standard error with ``--json``.
        example: a command line without the program's name, for ``--help``.
        json: whether the command has the option ``--json``.
    """
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {PROGRAM} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    if json:
        command.add_argument(
            "--json",
            action="store_true",
            default=argparse.SUPPRESS,  # the default of a nested command would win
            help="print one JSON object on standard output, and the rest on standard error",
        )
    return command


def run_command(options: argparse.Namespace) -> int:
    """Runs the command that the options select, prints its outcome and returns the exit code."""
    as_json = getattr(options, "json", False)
    exit_code = _OK
    try:
        with _stdout_to_stderr() if as_json else nullcontext():
            outcome: Outcome = options.run(options)
        exit_code = _OK if outcome.ok else _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (OSError, CommandError, UsageError) as error:
        message = _message(error)
        print(message, file=sys.stderr)
        outcome = Outcome(False, {"error": message})
        exit_code = _USAGE if isinstance(error, UsageError) else _FAILED
    text = json.dumps({"ok": outcome.ok, **outcome.values}) if as_json else outcome.text
    try:
        print(text, end="\n" if text else "", flush=True)
    except BrokenPipeError:  # as by `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes again at its end
    return exit_code


def styled(text: str, *styles: str) -> str:
    """Returns the text in these styles if standard output is a terminal that shows them."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    codes = ";".join(str(_STYLES[style]) for style in styles)
    return f"\033[{codes}m{text}\033[0m"


@contextmanager
def needed_by(what: str, requirement: str) -> Iterator[None]:
    """Raises CommandError with the requirement to install where the block finds no module."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise CommandError(
            f"{error.name} is not installed, which {what} needs. Run: {sys.executable} -m pip"
            f" install '{requirement}'"
        ) from error


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Lets this process, its children and its threads write to standard error only."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
