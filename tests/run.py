# SPDX-License-Identifier: Apache-2.0
"""Runs targets of the Makefile, some of them in parallel, and prints how long each took.

Usage: python tests/run.py "TARGET TARGET" TARGET -- TARGET ...

Each argument is a lane. The targets of a lane run in order, in parallel with the other lanes.
Lanes after a ``--`` wait until all lanes before it have ended. The other targets still run when
one fails, so that a single run shows every failure.

Each target has a directory of its own for temporary files: the tests kill JVMs, and each of these
leaves the 80 MB that Flink unpacks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

# The last line of pytest and the last of Maven's Surefire, with the number of tests.
_TOTALS = re.compile(r"=+ .*\b\d+ passed\b.* =+$|(\[\w+\] )?Tests run: \d+, [^-]*$")

# A test that failed, as pytest's short summary and Surefire's list name it.
_FAILURE = re.compile(r"(FAILED|ERROR) \S+\.py\b|\[ERROR\] +\w+(Test|IT)\b")

# What the end of the output shows of a failure, and of a part that failed without naming a test.
_FAILURE_WIDTH = 300
_LAST_LINES = 20


@dataclass(frozen=True)
class Part:
    """The result of a target.

    Attributes:
        target: its name.
        seconds: how long it took.
        exit_code: not 0 if it failed.
        totals: the line with the number of its tests, if it has one.
        failures: the lines that name failed tests; its last lines if it failed without such.
    """

    target: str
    seconds: float
    exit_code: int
    totals: str
    failures: list[str]

    def __str__(self) -> str:
        """Returns the line of the summary."""
        result = "passed" if self.exit_code == 0 else f"FAILED (exit code {self.exit_code})"
        return f"{self.target:<20}{self.seconds:6.0f} s  {result}"


def run_target(target: str) -> Part:
    """Runs one target; prefixes its output, because targets in other lanes print too."""
    start = time.monotonic()
    totals = ""
    failures: list[str] = []
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        subprocess.Popen(
            ["make", "--no-print-directory", target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "TMPDIR": directory},
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            line = line.rstrip()
            totals = line if _TOTALS.match(line) else totals
            if _FAILURE.match(line):
                failures.append(line)
            last.append(line)
            print(f"{target} | {line}", flush=True)
    if process.returncode != 0 and not failures:
        failures = list(last)
    part = Part(target, time.monotonic() - start, process.returncode, totals, failures)
    print(f"==> {part}", flush=True)
    return part


def run_lane(targets: str) -> list[Part]:
    """Runs the targets of a lane in order."""
    return [run_target(target) for target in targets.split()]


def run_lanes(lanes: list[str]) -> list[Part]:
    """Runs the lanes in parallel."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        return [part for parts in pool.map(run_lane, lanes) for part in parts]


def main(arguments: list[str]) -> int:
    """Runs all lanes, prints a summary, and returns 1 if a target failed, otherwise 0."""
    start = time.monotonic()
    parts: list[Part] = []
    for is_separator, lanes in groupby(arguments, lambda argument: argument == "--"):
        if not is_separator:
            parts += run_lanes(list(lanes))
    print("\nTime of each part:")
    for part in parts:
        print(part)
    print(f"{'all':<20}{time.monotonic() - start:6.0f} s")
    print("\nTests of each part:")
    for part in parts:
        if part.totals:
            print(f"{part.target}:\n{part.totals}")
    if any(part.failures for part in parts):
        print("\nFailures of each part:")
    for part in parts:
        for line in part.failures:
            print(f"{part.target}: {line[:_FAILURE_WIDTH]}")
    return 1 if any(part.exit_code for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
