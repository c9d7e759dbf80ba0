# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded``."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from ._cli.doctor import run_doctor
from ._cli.install_jars import InstallError, install_jars, uninstall_jars
from ._cli.script import StatementError, run_script
from ._flink_jvm import TIMEOUT_EXIT_CODE
from .bench.cli import add_parser as add_bench_parser

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand and returns its exit code: 0 if it succeeded, otherwise 1."""
    options = _parser().parse_args(arguments)
    try:
        return 0 if options.run(options) else 1
    except (OSError, InstallError, StatementError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyflink-ml-embedded",
        description="Python models in Flink SQL's ML_PREDICT, inside the TaskManager's JVM.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo", help="train a classifier, use it in a Flink SQL job and compare the results"
    )
    demo.add_argument(
        "--directory",
        type=Path,
        default=Path("demo-output"),
        help="directory for the model, the images and the results (default: %(default)s)",
    )
    _add_timeout(demo, default=600)
    demo.set_defaults(run=_demo)

    sql = commands.add_parser("sql", help="run a file of SQL statements in a local Flink")
    sql.add_argument("file", type=Path, help="the statements, each followed by a semicolon")
    sql.add_argument(
        "--verbose", action="store_true", help="print Java's stack trace of a failure too"
    )
    _add_timeout(sql, default=None)
    sql.set_defaults(run=_sql)

    doctor = commands.add_parser(
        "doctor", help="check whether the model provider can run on this machine"
    )
    doctor.set_defaults(run=_doctor)

    jars = commands.add_parser(
        "install-jars", help="put the jars that models need into the lib/ of a Flink"
    )
    jars.add_argument(
        "--flink-home",
        type=Path,
        required=True,
        metavar="DIR",
        help="the directory of Flink, which has bin/, conf/ and lib/",
    )
    jars.add_argument(
        "--uninstall", action="store_true", help="remove what this command has put there"
    )
    jars.set_defaults(run=_jars)

    add_bench_parser(commands)
    return parser


def _add_timeout(command: argparse.ArgumentParser, default: float | None) -> None:
    command.add_argument(
        "--timeout",
        type=float,
        default=default or threading.TIMEOUT_MAX,
        metavar="SECONDS",
        help=f"kill Flink and exit with code {TIMEOUT_EXIT_CODE} after this time"
        f" (default: {default or 'none'})",
    )


def _demo(options: argparse.Namespace) -> bool:
    try:
        from ._cli.demo import run_demo

        return run_demo(options.directory, options.timeout)
    except ModuleNotFoundError as error:
        print(
            f"{error.name} is not installed, but the demo needs it. Run: "
            f"{sys.executable} -m pip install 'pyflink-ml-embedded[demo]'",
            file=sys.stderr,
        )
        return False


def _sql(options: argparse.Namespace) -> bool:
    run_script(options.file.read_text(encoding="utf-8"), options.timeout, verbose=options.verbose)
    return True


def _doctor(_: argparse.Namespace) -> bool:
    return run_doctor()


def _jars(options: argparse.Namespace) -> bool:
    (uninstall_jars if options.uninstall else install_jars)(options.flink_home)
    return True
