# SPDX-License-Identifier: Apache-2.0
"""A JVM with PyFlink that runs the jobs of ``job.py``."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from e2e.processes import kill_group, wait_until
from e2e.sql import compile_java

from .sql_types import Column

_HERE = Path(__file__).parent
_SERVICE = "META-INF/services/org.apache.flink.table.factories.Factory"


@dataclass(frozen=True)
class Lane:
    """A function or a model that rows pass through, or none.

    Attributes:
        name: for messages.
        function: ``none``, ``udtf`` or ``model``.
        options: Flink options.
    """

    name: str
    function: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Flink:
    """A running ``job.py``."""

    process: subprocess.Popen[bytes]
    log: Path

    def run(
        self,
        lane: Lane,
        columns: Sequence[Column],
        chosen: Sequence[Column],
        rows: Path,
        results: Path,
        *,
        seconds: float = 600,
    ) -> str:
        """Runs one job; returns the text of its failure, or an empty string.

        Args:
            lane: the lane that the rows pass through.
            columns: the columns of the rows.
            chosen: the columns that pass through the lane and are written.
            rows: the file to read.
            results: the directory to write; the names of related files start with its name.
            seconds: the time limit of the job.
        """
        request = {
            "function": lane.function,
            "options": dict(lane.options),
            "columns": [(column.name, column.text) for column in columns],
            "chosen": [column.name for column in chosen],
            "rows": str(rows),
            "results": str(results),
        }
        request_file, outcome = (
            results.with_name(results.name + end) for end in (".request", ".outcome")
        )
        request_file.write_text(json.dumps(request))
        assert self.process.stdin is not None
        self.process.stdin.write(f"{request_file}\n".encode())
        self.process.stdin.flush()
        wait_until(lambda: outcome.exists() or self.process.poll() is not None, seconds=seconds)
        assert outcome.exists(), self.log.read_text()
        return outcome.read_text()


@contextlib.contextmanager
def running_flink() -> Iterator[Flink]:
    """Runs a JVM during the block."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "log")
        command = [sys.executable, str(_HERE / "job.py"), str(_format_jar(Path(directory)))]
        env = {
            **os.environ,
            "PYTHONPATH": str(_HERE / "models"),  # for PyFlink's worker, too
            # Thread mode uses the packages of the first python3 on the PATH.
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
        }
        with log.open("w") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                env=env,
                start_new_session=True,
            )
        try:
            yield Flink(process, log)
        finally:
            kill_group(process)


def _format_jar(directory: Path) -> Path:
    classes = directory / "classes"
    compile_java(_HERE / "ExactFormat.java", classes)
    jar = directory / "exact-format.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(_SERVICE, "ExactFormat\n")
        for file in classes.iterdir():
            archive.write(file, file.name)
    return jar
