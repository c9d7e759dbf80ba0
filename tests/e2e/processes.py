# SPDX-License-Identifier: Apache-2.0
"""Processes with a hard time limit, because a deadlocked JVM ignores every signal but SIGKILL."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its exit code, or None if it was killed, and its output."""

    exit_code: int | None
    output: str
    errors: str


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    output: IO[str] | None = None,
    errors: IO[str] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a command during the block, and then kills it and all processes that it started."""
    process = subprocess.Popen(
        command, stdout=output, stderr=errors, env=env, cwd=cwd, start_new_session=True
    )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kills a process that was started with start_new_session, and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def session_members(session: int) -> dict[int, bytes]:
    """Returns the command lines of the processes of a session that have not ended, by their ids."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            state, of = fields[0], int(fields[3])
            if of == session and state != "Z":
                found[int(process.name)] = (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
    return found


def run(
    command: Sequence[str],
    *,
    seconds: float = 300,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> Outcome:
    """Runs a command to its end, or kills it at the time limit."""
    # Files, not pipes: a JVM that outlives the command would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        exit_code: int | None = None
        with (
            running(command, output=output, errors=errors, env=env, cwd=cwd) as process,
            contextlib.suppress(subprocess.TimeoutExpired),
        ):
            exit_code = process.wait(seconds)
        output.seek(0)
        errors.seek(0)
        return Outcome(exit_code, output.read(), errors.read())


def wait_until(condition: Callable[[], bool], *, seconds: float = 300) -> None:
    """Returns when the condition holds, and fails at the time limit."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so within {seconds} s: {condition}"
        time.sleep(_POLL_SECONDS)
