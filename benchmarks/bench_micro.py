# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks of single steps, for a report: one call from Java, and the converters."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyflink
from pyflink.pyflink_gateway_server import find_java_executable

import pyflink_ml_embedded

_BENCHMARKS = Path(__file__).resolve().parent
_JARS = Path(pyflink_ml_embedded.__file__).parent / "jars"


def _run_jmh(file: Path, options: list[str]) -> None:
    flink = Path(pyflink.__file__).parent
    jars = [*flink.glob("lib/*.jar"), *flink.glob("opt/flink-python-*.jar"), *_JARS.glob("*.jar")]
    jars += _BENCHMARKS.glob("jvm/target/lib/*.jar")
    command = [find_java_executable(), f"-Dbench.python={sys.executable}"]
    command += [f"-Dbench.models={_BENCHMARKS / 'models'}", "-cp", os.pathsep.join(map(str, jars))]
    command += ["org.openjdk.jmh.Main", "-foe", "true", "-rf", "json", "-rff", str(file), *options]
    # PemJa uses the libraries of the first python3 on the PATH.
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    _leave_out(file, {"jvm", "jvmArgs"})


def _run_pyperf(file: Path, options: list[str]) -> None:
    file.unlink(missing_ok=True)  # pyperf does not overwrite
    script = _BENCHMARKS / "bench_converters.py"
    subprocess.run([sys.executable, str(script), "-o", str(file), *options], check=True)
    _leave_out(file, {"hostname", "python_config_args", "python_executable"})


def _leave_out(file: Path, keys: set[str]) -> None:
    """Removes keys that hold paths and names of this machine from a JSON file, at any depth."""

    def without(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key not in keys}

    kept = json.loads(file.read_text(), object_pairs_hook=without)
    file.write_text(json.dumps(kept, indent=1) + "\n")


def main() -> None:
    """Writes jmh.json and pyperf.json into the results directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="directory")
    parser.add_argument("--jmh", default="", help="options of JMH, e.g. '-f 1 -wi 1 -i 1'")
    parser.add_argument("--pyperf", default="", help="options of pyperf, e.g. '--fast'")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    _run_jmh(options.results / "jmh.json", shlex.split(options.jmh))
    _run_pyperf(options.results / "pyperf.json", shlex.split(options.pyperf))


if __name__ == "__main__":
    main()
