# SPDX-License-Identifier: Apache-2.0
"""docs/command-line.md has the arguments of all commands; ``python`` with this file writes them."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from pyflink_ml_embedded.cli import parser

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
HEADING = "## Commands\n"


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yields the commands below a parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands(command)


def described(command: argparse.ArgumentParser) -> str:
    """Returns the section of a command."""
    rows = []
    for action in command._actions:
        if action.dest == "help" or isinstance(action, argparse._SubParsersAction):
            continue
        values = f"{{{','.join(map(str, action.choices))}}}" if action.choices else None
        value = "" if action.nargs == 0 else values or action.metavar or action.dest.upper()
        name = f"{', '.join(action.option_strings)} {value}".strip()
        meaning = (action.help % vars(action)).replace("|", "\\|")
        required = " (required)" if action.option_strings and action.required else ""
        rows.append(f"| `{name}` | {meaning}{required} |\n")
    example = command.epilog.partition("example:\n  ")[2]
    table = f"\n| Argument | Meaning |\n| --- | --- |\n{''.join(rows)}" if rows else ""
    title = command.prog.partition(" ")[2]
    return f"\n### {title}\n\n{command.description}\n\n```sh\n{example}\n```\n{table}"


def rendered() -> str:
    """Returns the page with the sections of all commands."""
    text = PAGE.read_text().partition(HEADING)[0]
    return f"{text}{HEADING}{''.join(map(described, commands(parser())))}"


def test_page_has_the_arguments_of_all_commands() -> None:
    """Run this file with python after a change of a command."""
    assert PAGE.read_text() == rendered()


if __name__ == "__main__":
    PAGE.write_text(rendered())
