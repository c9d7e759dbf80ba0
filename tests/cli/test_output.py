# SPDX-License-Identifier: Apache-2.0
"""What all commands share: help, JSON, colours, errors and exit codes."""

import argparse
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pyflink_ml_embedded import cli
from pyflink_ml_embedded._cli.output import (
    CommandError,
    Outcome,
    UsageError,
    add_command,
    run_command,
    styled,
)

_PROGRAM = Path(sys.executable).with_name("pyflink-ml-embedded")


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Returns the commands below a parser, by their names after the program's."""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found[command.prog.partition(" ")[2]] = command
                found.update(_commands(command))
    return found


COMMANDS = _commands(cli.parser())


def _run(run, *arguments: str) -> int:
    """Runs a program whose one command is this function."""
    parser = argparse.ArgumentParser()
    add_command(
        parser.add_subparsers(), "try", "try a function", lambda _: run(), example="try --json"
    )
    return run_command(parser.parse_args(["try", *arguments]))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_can_be_parsed(name: str) -> None:
    """Most readers of a help text want a line that they can change."""
    example = COMMANDS[name].format_help().partition("example:\n  pyflink-ml-embedded ")[2]
    words = example.partition(" >")[0].split()
    assert " ".join(words).startswith(name)
    cli.parser().parse_args(words)


def test_help_imports_no_library() -> None:
    """Libraries take seconds to import."""
    code = (
        "import sys; from pyflink_ml_embedded.cli import parser; parser().format_help();"
        "print({'numpy', 'pandas', 'pyarrow', 'pyflink', 'shtab', 'sklearn', 'subprocess',"
        " 'zipfile'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "set()\n"


def test_json_is_alone_on_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    """Models, child processes and the JVM print too, and a program reads the object."""

    def run() -> Outcome:
        print("printed")
        os.write(1, b"written\n")
        subprocess.run(["echo", "echoed"], check=True, timeout=60)
        return Outcome(ok=False, values={"rows": 3}, text="3 rows")

    assert _run(run, "--json") == 1
    output, errors = capfd.readouterr()
    assert json.loads(output) == {"ok": False, "rows": 3}
    assert sorted(errors.split()) == ["echoed", "printed", "written"]


def test_text_is_printed_without_json(capfd: pytest.CaptureFixture[str]) -> None:
    """A person reads the text, and not both."""
    assert _run(lambda: Outcome(ok=True, values={"rows": 3}, text="3 rows")) == 0
    assert capfd.readouterr() == ("3 rows\n", "")


@pytest.mark.parametrize(
    ("error", "exit_code", "message"),
    [
        (CommandError("the jar is damaged"), 1, "the jar is damaged"),
        (UsageError("--rows: expected at least 2"), 2, "--rows: expected at least 2"),
        (FileNotFoundError(2, "No such file", "a.sql"), 1, "a.sql: No such file"),
        (OSError("no space"), 1, "no space"),
    ],
)
def test_error_is_its_message_and_an_exit_code(
    error: Exception, exit_code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Scripts tell what they examine from how they call the command."""

    def fail() -> Outcome:
        raise error

    assert _run(fail) == exit_code
    assert capfd.readouterr() == ("", f"{message}\n")
    assert _run(fail, "--json") == exit_code
    output, errors = capfd.readouterr()
    assert json.loads(output) == {"ok": False, "error": message}
    assert errors == f"{message}\n"


def test_interruption_has_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a long command, and is not a fault of it."""

    def interrupt() -> Outcome:
        raise KeyboardInterrupt

    assert _run(interrupt) == 130
    assert capfd.readouterr() == ("", "")


def test_reader_may_close_its_pipe() -> None:
    """`| head` is not a fault."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [_PROGRAM, "completion", "bash"],
            stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_unknown_command_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    """argparse has the same exit code."""
    with pytest.raises(SystemExit) as raised:
        cli.main(["no-such-command"])
    assert raised.value.code == 2
    assert "invalid choice: 'no-such-command'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("environment", "colours"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals_that_show_them(
    environment: dict[str, str], colours: bool
) -> None:
    """See no-color.org."""
    assert styled("ok", "green") == "ok"
    code = "from pyflink_ml_embedded._cli.output import styled; print(styled('ok', 'bold', 'red'))"
    reader, writer = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-c", code],
            stdout=writer, env={"TERM": "xterm", **environment}, timeout=60, check=True,
        )  # fmt: skip
        printed = os.read(reader, 100).decode()
    finally:
        os.close(reader)
        os.close(writer)
    assert printed.strip() == ("\033[1;31mok\033[0m" if colours else "ok")
