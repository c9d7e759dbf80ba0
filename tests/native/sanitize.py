# SPDX-License-Identifier: Apache-2.0
"""Runs the native tests with an extension built for AddressSanitizer and UBSan.

CPython and other libraries leave memory behind when they end, so a leak counts only where a frame
of the extension is in its stack.

Usage: python tests/native/sanitize.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TESTS = ["tests/native", "tests/unit/worker"]
# The sanitizer reports crashes itself, reserves memory that counts as used, and is for all Pythons.
LEFT_OUT = "not crash and not memory_is_limited and not without_the_package"
TIMEOUT_SECONDS = 1750
FLAGS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
    "-O1",
    "-g",
]


def build(directory: Path) -> None:
    """Builds the instrumented extension into a copy of the package."""
    package = directory / "pyflink_ml_embedded"
    shutil.copytree(
        PROJECT / "pyflink_ml_embedded", package, ignore=shutil.ignore_patterns("*.so", "*.jar")
    )
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", directory, "--build-temp",
         directory / "objects"],
        cwd=PROJECT,
        env={**os.environ, "CFLAGS": " ".join(FLAGS), "LDFLAGS": " ".join(FLAGS)},
        check=True,
    )  # fmt: skip


def runtime_libraries() -> str:
    """Returns what must be loaded before CPython, which is not instrumented itself."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    names = ("libasan.so", "libubsan.so", "libstdc++.so")
    return " ".join(
        subprocess.check_output([compiler, f"-print-file-name={name}"], text=True).strip()
        for name in names
    )


def run_tests(directory: Path) -> str:
    """Runs the tests and returns the report, or exits where they fail."""
    report = directory / "report"
    environment = {
        **os.environ,
        "LD_PRELOAD": runtime_libraries(),
        # Memory that was freed is filled, because CPython, which is not instrumented, reads it too.
        "ASAN_OPTIONS": f"log_path={report}:exitcode=0:max_free_fill_size=65536:free_fill_byte=205",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(directory),
    }
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT,
         *map(PROJECT.joinpath, TESTS)],
        cwd=directory,
        env=environment,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )  # fmt: skip
    text = "".join(path.read_text(errors="replace") for path in directory.glob("report*"))
    if tests.returncode != 0:
        sys.exit(f"the native tests failed with sanitizers\n{text}")
    return text


def main() -> None:
    """Builds, runs, and exits with an error where a sanitizer reported a finding."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        build(directory)
        report = run_tests(directory)
    findings = [
        block
        for block in re.split(r"\n\s*\n", report)
        if "ERROR: AddressSanitizer" in block
        or "runtime error" in block
        or ("leak of" in block and "/_native" in block)
    ]
    if findings:
        sys.exit("\n\n".join(findings))
    print("sanitizers: nothing found in the extension")


if __name__ == "__main__":
    main()
