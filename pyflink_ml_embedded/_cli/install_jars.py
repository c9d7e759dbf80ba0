# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded install-jars``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .output import Commands, Outcome, add_command

__all__ = ["add_parser"]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    jars = add_command(
        commands,
        "install-jars",
        "put the jars that models need into the lib/ of a Flink",
        _run,
        example="install-jars --flink-home /opt/flink",
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


def _run(options: argparse.Namespace) -> Outcome:
    from .installation import install_jars, uninstall_jars

    changes = (uninstall_jars if options.uninstall else install_jars)(options.flink_home)
    return Outcome(ok=True, values={"changes": [change._asdict() for change in changes]})
