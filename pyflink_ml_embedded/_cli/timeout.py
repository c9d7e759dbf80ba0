# SPDX-License-Identifier: Apache-2.0
"""The option ``--timeout`` of commands that run Flink in this process."""

from __future__ import annotations

import argparse
import threading

from .._flink_jvm import TIMEOUT_EXIT_CODE

__all__ = ["add_timeout"]


def add_timeout(command: argparse.ArgumentParser, default: float | None) -> None:
    """Adds the option.

    Args:
        command: the parser of the command.
        default: seconds, or None for no timeout.
    """
    command.add_argument(
        "--timeout",
        type=float,
        default=default or threading.TIMEOUT_MAX,
        metavar="SECONDS",
        help=f"kill Flink and exit with code {TIMEOUT_EXIT_CODE} after this time"
        f" (default: {default or 'none'})",
    )
