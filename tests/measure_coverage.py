# SPDX-License-Identifier: Apache-2.0
"""Measures which lines of the package, the C extension and the provider the tests reach.

The tests use a copy of the package with an extension that is built for gcov, so the working tree
keeps its own build. The reports are written to build/coverage and java/target/site/jacoco.

Usage: python tests/measure_coverage.py [--without-java] [TEST ...]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
REPORTS = PROJECT / "build" / "coverage"
JACOCO = PROJECT / "java" / "target" / "site" / "jacoco" / "jacoco.csv"


def main() -> int:
    """Prints the three figures; returns 1 if a test failed, otherwise 0."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-java", action="store_true")
    parser.add_argument("tests", nargs="*", default=["tests/unit", "tests/native"])
    options = parser.parse_args()

    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        build(directory)
        passed = run_python_tests(directory, options.tests)
        if not options.without_java:
            passed = run_java_tests(directory) and passed
        figures = {"Python": python_figure(directory), "C": c_figure(directory)}
    if not options.without_java:
        figures["Java"] = java_figure()
    print("\nLines that the tests reach:")
    for language, (reached, lines) in figures.items():
        print(f"{language:<8}{100 * reached / lines:6.1f} %  ({reached} of {lines})")
    return 0 if passed else 1


def build(directory: Path) -> None:
    """Copies the package, and builds the extension for gcov into the copy."""
    shutil.copytree(
        PROJECT / "pyflink_ml_embedded",
        directory / "pyflink_ml_embedded",
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )
    shutil.copy(PROJECT / "pyproject.toml", directory)  # the probe reads the version in it
    command = [sys.executable, "setup.py", "-q", "build_ext"]
    command += ["--build-lib", str(directory), "--build-temp", str(directory / "objects")]
    run(command, {"PYFLINK_ML_EMBEDDED_COVERAGE": "1"}, check=True)


def run_python_tests(directory: Path, tests: Sequence[str]) -> bool:
    """Runs these tests in the directory of the copy and returns whether they passed."""
    command = [sys.executable, "-m", "coverage", "run", "--rcfile", str(PROJECT / "pyproject.toml")]
    command += ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [str(PROJECT / test) for test in tests]
    return run(command, environment(directory), directory)


def run_java_tests(directory: Path) -> bool:
    """Runs the Java tests, which call the extension too, and returns whether they passed."""
    (PROJECT / "java" / "target" / "jacoco.exec").unlink(missing_ok=True)  # JaCoCo appends to it
    command = ["mvn", "-B", "-ntp", "-f", "java/pom.xml", "-P", "coverage", "verify"]
    return run([*command, f"-Dpython.executable={sys.executable}"], environment(directory))


def python_figure(directory: Path) -> tuple[int, int]:
    """Writes the report of the package; returns the lines that were reached, and all."""
    coverage = [sys.executable, "-m", "coverage"]
    summary = REPORTS / "python.json"
    run([*coverage, "combine", "-q"], environment(directory), check=True)
    run([*coverage, "html", "-q", "-d", str(REPORTS / "python")], environment(directory))
    run([*coverage, "json", "-q", "-o", str(summary)], environment(directory), check=True)
    totals = json.loads(summary.read_text())["totals"]
    return totals["covered_lines"], totals["num_statements"]


def c_figure(directory: Path) -> tuple[int, int]:
    """Writes the report of the extension; returns the lines that were reached, and all."""
    summary, page = REPORTS / "c.json", REPORTS / "c" / "index.html"
    page.parent.mkdir()
    command = [sys.executable, "-m", "gcovr", "--root", str(PROJECT)]
    command += ["--json-summary", str(summary), "--html-details", str(page)]
    run([*command, str(directory / "objects")], {}, check=True)
    totals = json.loads(summary.read_text())
    return totals["line_covered"], totals["line_total"]


def java_figure() -> tuple[int, int]:
    """Returns the lines of the provider that were reached, and all."""
    with JACOCO.open(newline="") as file:
        rows = list(csv.DictReader(file))
    reached = sum(int(row["LINE_COVERED"]) for row in rows)
    return reached, reached + sum(int(row["LINE_MISSED"]) for row in rows)


def environment(directory: Path) -> dict[str, str]:
    """Returns the variables by which Python finds the copy, and coverage its data."""
    return {"PYTHONPATH": str(directory), "COVERAGE_FILE": str(directory / "data" / "coverage")}


def run(
    command: Sequence[str],
    variables: Mapping[str, str],
    directory: Path = PROJECT,
    check: bool = False,
) -> bool:
    """Runs a program in a directory and returns whether it succeeded."""
    variables = {**os.environ, **variables}
    return subprocess.run(command, cwd=directory, env=variables, check=check).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
