# SPDX-License-Identifier: Apache-2.0
"""Builds the extension and fuzz.c with clang's sanitizers, and lets libFuzzer look for inputs.

What ends the process is left in crash-* in the current directory; ``--replay`` runs it again.

Usage: python tests/fuzz/fuzz.py [--seconds N] [--replay FILE] [--merge]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PROJECT = TESTS.parent
CORPUS = TESTS / "fuzz" / "corpus"
SANITIZERS = "address,undefined"
FLAGS = ("-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g")
ENVIRONMENT = {
    "PYTHONMALLOC": "malloc",
    # CPython leaves memory behind when it ends. It is not instrumented: where it uses freed memory,
    # what that is filled with ends the process.
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=64"
    ":max_free_fill_size=65536:free_fill_byte=205",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
MOST_BYTES = 512
INPUT_SECONDS = 60


def check_clang() -> None:
    """Ends the process with what to install where clang or its runtime is missing."""
    if shutil.which("clang") is None:
        sys.exit("no clang: install clang, on Debian the package clang")
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "empty.c"
        source.write_text("int LLVMFuzzerTestOneInput(void) { return 0; }\n")
        command = ["clang", f"-fsanitize=fuzzer,{SANITIZERS}", source, "-o", source.with_suffix("")]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        sys.exit(
            "clang cannot link libFuzzer and its sanitizers: install its runtime, on Debian the "
            f"package libclang-rt-<version>-dev\n{built.stderr}"
        )


def build_extension(directory: Path) -> None:
    """Builds the instrumented extension into a copy of the package."""
    package = directory / "pyflink_ml_embedded"
    shutil.copytree(
        PROJECT / "pyflink_ml_embedded", package, ignore=shutil.ignore_patterns("*.so", "*.jar")
    )
    flags = " ".join(("-fsanitize=fuzzer-no-link," + SANITIZERS, *FLAGS))
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", directory, "--build-temp",
         directory / "objects"],
        cwd=PROJECT,
        env={**os.environ, "CC": "clang", "LDSHARED": "clang -shared", "CFLAGS": flags,
             "LDFLAGS": flags},
        check=True,
    )  # fmt: skip


def build_fuzzer(directory: Path) -> Path:
    """Builds fuzz.c, which exports the sanitizers to the extension, and returns the program."""
    program = directory / "fuzz"
    library = sysconfig.get_config_var("LIBDIR")
    subprocess.run(
        ["clang", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-fsanitize=fuzzer,{SANITIZERS}",
         *FLAGS, "-rdynamic", f'-DPYTHON="{sys.executable}"',
         f"-I{sysconfig.get_path('include')}", PROJECT / "tests/fuzz/fuzz.c", "-o", program,
         f"-L{library}", f"-Wl,-rpath,{library}",
         f"-lpython{sysconfig.get_config_var('LDVERSION')}"],
        check=True,
    )  # fmt: skip
    return program


def fuzz(program: Path, *arguments: str | Path) -> int:
    """Runs the program with libFuzzer's arguments, and returns its exit code."""
    path = os.pathsep.join([str(program.parent), str(TESTS)])
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": path}
    limits = (
        f"-max_len={MOST_BYTES}",
        f"-timeout={INPUT_SECONDS}",
        "-rss_limit_mb=4096",
        "-detect_leaks=0",
    )
    return subprocess.run([program, *limits, *arguments], env=environment, check=False).returncode


def merge(program: Path, found: Path) -> int:
    """Replaces the corpus by the fewest inputs, of its own and of those found, that reach all."""
    with tempfile.TemporaryDirectory() as name:
        status = fuzz(program, "-merge=1", "-use_counters=0", name, found, CORPUS)
        if status == 0:
            shutil.rmtree(CORPUS)
            shutil.copytree(name, CORPUS)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds and fuzzes; returns what is not 0 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300, help="how long to look for inputs")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run this input alone")
    parser.add_argument("--merge", action="store_true", help="put what was found in the corpus")
    options = parser.parse_args(arguments)
    check_clang()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        build_extension(directory)
        program = build_fuzzer(directory)
        if options.replay is not None:
            return fuzz(program, options.replay)
        found = directory / "found"
        found.mkdir()
        status = fuzz(program, f"-max_total_time={options.seconds}", found, CORPUS)
        return merge(program, found) if status == 0 and options.merge else status


if __name__ == "__main__":
    sys.exit(main())
