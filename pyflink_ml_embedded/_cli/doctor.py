# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded doctor``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .output import Commands, Outcome, add_command

__all__ = ["add_parser"]


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    doctor = add_command(
        commands,
        "doctor",
        "check whether the model provider can run in this Python, in a Flink or in a cluster",
        _run,
        example="doctor --flink-home /opt/flink --rest http://localhost:8081",
    )
    doctor.add_argument(
        "--flink-home",
        type=Path,
        metavar="DIR",
        help="also examine the Flink in this directory, which has bin/, conf/ and lib/",
    )
    doctor.add_argument(
        "--rest",
        metavar="URL",
        help="also examine the running cluster whose JobManager has this address",
    )


def _run(options: argparse.Namespace) -> Outcome:
    from .examine.finding import Part, to_text, to_values
    from .examine.this_host import examine_this_host

    parts = [Part("This Python", list(examine_this_host()))]
    if options.flink_home is not None:
        from .examine.flink_home import examine_flink_home

        findings = list(examine_flink_home(options.flink_home))
        parts.append(Part(f"Flink in {options.flink_home}", findings))
    if options.rest is not None:
        from .examine.cluster import examine_cluster

        parts += examine_cluster(options.rest)
    healthy = all(finding.mark != "PROBLEM" for part in parts for finding in part.findings)
    return Outcome(healthy, {"findings": to_values(parts)}, to_text(parts))
