# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded doctor``."""

from __future__ import annotations

import argparse

from .output import Commands, Outcome, add_command

__all__ = ["add_parser"]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    add_command(
        commands,
        "doctor",
        "check whether the model provider can run on this machine",
        _run,
        example="doctor",
    )


def _run(_: argparse.Namespace) -> Outcome:
    from .examine.finding import to_text, to_values
    from .examine.this_host import examine_this_host

    findings = list(examine_this_host())
    return Outcome(all(finding.ok for finding in findings), to_values(findings), to_text(findings))
