"""What the benchmarks share: jars, processes with a certain end, statistics, the report."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyflink.pyflink_gateway_server import find_java_executable

import pyflink_ml_embedded
from pyflink_ml_embedded.table import provider_jar

BENCHMARKS = Path(__file__).resolve().parent
MODELS = BENCHMARKS / "models"

_LOG_TAIL_CHARS = 4000
_AIMS_HEADER = ("aim", "found", "")
_PACKAGES = ("apache-flink", "pemja", "numpy", "pandas", "pyarrow")


@dataclass(frozen=True)
class Summary:
    """The median of repetitions, and the range to show beside it."""

    median: float
    low: float
    high: float

    @classmethod
    def of_quartiles(cls, values: Sequence[float]) -> Summary:
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)

    @classmethod
    def of_extremes(cls, values: Sequence[float]) -> Summary:
        return cls(statistics.median(values), min(values), max(values))

    def format(self, digits: int) -> str:
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}..{self.high:.{digits}f})"


@dataclass(frozen=True)
class Aim:
    """What was to be reached, and what was found."""

    text: str
    found: str
    met: bool


def java_executable() -> str:
    """Returns the Java that PyFlink would use."""
    executable: str = find_java_executable()
    return executable


def our_jars() -> list[Path]:
    """Returns the provider's jar and that of benchmarks/jvm, or exits with how to build it."""
    release = pyflink_ml_embedded.__version__
    benchmarks_jar = BENCHMARKS / f"jvm/target/pyflink-ml-embedded-benchmarks-{release}.jar"
    if not benchmarks_jar.is_file():
        raise SystemExit(
            f"no jar at {benchmarks_jar}; build it by: mvn -B -f benchmarks/jvm/pom.xml package"
        )
    return [provider_jar(), benchmarks_jar]


def run_process(command: Sequence[str], timeout: float) -> None:
    """Runs a command in a process group of its own, of which nothing is left afterwards.

    Raises:
        RuntimeError: it failed or was not over after ``timeout`` seconds; the message has the end
            of its output.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            failure = f"exit code {code}" if (code := process.wait(timeout)) else None
        except subprocess.TimeoutExpired:
            failure = f"killed after {timeout:.0f} s"
        finally:
            # A JVM that hangs obeys no other signal, and PyFlink's workers may outlive it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if failure is not None:
            log.seek(0)
            raise RuntimeError(f"{failure}: {' '.join(command)}\n{log.read()[-_LOG_TAIL_CHARS:]}")


def run_script(script: str, arguments: Sequence[object], timeout: float) -> Any:
    """Runs a script of this directory, as ``run_process``, that writes JSON to its last argument.

    Returns:
        what it wrote.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "result.json")
        command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments), str(file)]
        run_process(command, timeout)
        return json.loads(file.read_text())


def microseconds_per_row(
    small: Mapping[str, float], large: Mapping[str, float], key: str = "seconds"
) -> float:
    """Returns what a row cost, by what two jobs took, which have ``rows`` and ``key``."""
    return (large[key] - small[key]) / (large["rows"] - small["rows"]) * 1e6


def describe_machine(*packages: str) -> dict[str, Any]:
    """Returns what the figures depend on; the versions of these packages, too."""
    java = subprocess.run([java_executable(), "-version"], capture_output=True, text=True)
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--verify", "HEAD"),
        "uncommitted_changes": _git("status", "--porcelain", "--", ":/", ":!results").splitlines(),
        "cpu": _cpu_model(),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg(),
        "system": platform.platform(),
        "java": java.stderr.splitlines(),
        "python": platform.python_version(),
        "python_cflags": sysconfig.get_config_var("CFLAGS"),
        "pyflink_ml_embedded": pyflink_ml_embedded.__version__,
        **{name: version(name) for name in (*_PACKAGES, *packages)},
    }


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(BENCHMARKS), *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout.rstrip()


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        first, *others = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join([first.strip().ljust(widths[0]), *others]))


def format_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table that is aligned as text, too."""
    widths = [max(3, *(len(row[i]) for row in [header, *rows])) for i in range(len(header))]
    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]
    return "\n".join(
        "| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in [header, rule, *rows]
    )


def format_machine(machine: Mapping[str, Any], *packages: str) -> str:
    """Returns one line of what ``describe_machine`` found, with the versions of these packages."""
    changes = " with changes" if machine["uncommitted_changes"] else ""
    parts = [machine["time"], f"commit {machine['commit']}{changes}", machine["cpu"]]
    parts += [f"{machine['cpus']} CPUs", f"Python {machine['python']}"]
    return ", ".join([*parts, *(f"{name} {machine[name]}" for name in packages)])


def print_aims(aims: Sequence[Aim]) -> None:
    print_table(_AIMS_HEADER, _aims_rows(aims))


def format_aims(aims: Sequence[Aim]) -> str:
    """Returns a Markdown table."""
    return format_markdown(_AIMS_HEADER, _aims_rows(aims))


def _aims_rows(aims: Sequence[Aim]) -> list[list[str]]:
    return [[aim.text, aim.found, "met" if aim.met else "MISSED"] for aim in aims]


def save_results(name: str, results: dict[str, Any]) -> Path:
    """Writes results/<name>.json; dataclasses become objects."""
    path = BENCHMARKS / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1, default=asdict) + "\n")
    return path
