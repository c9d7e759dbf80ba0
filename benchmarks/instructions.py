# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of the native calls of a small fixed set, and compares two commits.

Times depend on what else a machine does; these counts do not. They are made by callgrind, so they
know nothing of caches and branches, and are those of all code that a call runs, also of CPython,
numpy and pyarrow, but not of ONNX Runtime.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _native_calls import CASES

__all__ = ["Change", "Counts", "changes", "count", "describe", "failures", "instructions_of"]

_BENCHMARKS = Path(__file__).resolve().parent
_CHECKOUT = _BENCHMARKS.parent
_LIMIT_PERCENT = 5
_NOT_COUNTED = "libonnxruntime"
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # without threads that clean up
}


@dataclass(frozen=True)
class Counts:
    """What the calls of one state of the code take.

    Attributes:
        instructions: in a call, by the title of the case.
        errors: why other cases could not be counted.
    """

    instructions: Mapping[str, int]
    errors: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """A case that both states have."""

    case: str
    before: int
    after: int

    @property
    def percent(self) -> float:
        """How many more instructions there are."""
        return 100 * (self.after / self.before - 1)

    @property
    def is_regression(self) -> bool:
        """Whether it is at the limit or above."""
        return 100 * self.after >= (100 + _LIMIT_PERCENT) * self.before


def changes(base: Counts, new: Counts) -> list[Change]:
    """Returns the changes of the cases that both have."""
    return [
        Change(case, base.instructions[case], after)
        for case, after in new.instructions.items()
        if case in base.instructions
    ]


def count(tree: Path, cases: Sequence[str] = tuple(CASES)) -> Counts:
    """Counts the cases with the package in a directory.

    Raises:
        RuntimeError: valgrind or its header is missing, or Python could not be started.
    """
    if shutil.which("valgrind") is None:
        raise RuntimeError("valgrind is not on the PATH; install the package valgrind")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _run(["cc", "-shared", "-fPIC", "-o", directory / "marks.so", _BENCHMARKS / "_callgrind.c"])
        dumps = directory / "dump"
        _run(
            [
                *("valgrind", "-q", "--tool=callgrind", "--instr-atstart=no"),
                *("--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={dumps}"),
                *(sys.executable, _BENCHMARKS / "_native_calls.py", directory, *cases),
            ],
            env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(tree)},
        )
        outcomes = json.loads((directory / "outcomes.json").read_text())
        totals = dict(instructions_of(file.read_text()) for file in directory.glob("dump.*"))
    return Counts(
        {case: totals[case] // calls for case, calls in outcomes.items() if isinstance(calls, int)},
        {case: error for case, error in outcomes.items() if isinstance(error, str)},
    )


def _run(command: Iterable[object], **options: Any) -> None:
    words = [str(word) for word in command]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(words, text=True, check=False, **output, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed:\n{done.stdout}")


def instructions_of(dump: str) -> tuple[str, int]:
    """Returns the title of a dump of callgrind, and its instructions without those not counted."""
    title = re.search(r"^desc: Trigger: Client Request: (.*)$", dump, re.MULTILINE)
    total = re.search(r"^summary: (\d+)$", dump, re.MULTILINE)
    assert title
    assert total
    instructions = int(total[1])
    caller = called = ""
    is_call = False
    for line in dump.splitlines():
        key, _, value = line.partition("=")
        if is_call:  # the line behind 'calls=' has what the callee took
            if _NOT_COUNTED in called and _NOT_COUNTED not in caller:
                instructions -= int(line.split()[1])
            called, is_call = caller, False
        elif key == "ob":
            caller = called = value
        elif key == "cob":
            called = value
        elif key == "calls":
            is_call = True
    return title[1], instructions


def describe(base: Counts | None, new: Counts) -> str:
    """Returns a table of the cases, and those that the base does not have."""
    found = {} if base is None else {each.case: each for each in changes(base, new)}
    lines = [f"{'Instructions of a call':46}{'base':>12}{'new':>12}{'change':>10}"]
    for case, after in new.instructions.items():
        before = f"{found[case].before:,}" if case in found else "-"
        percent = f"{found[case].percent:+.1f} %" if case in found else "-"
        lines.append(f"{case:46}{before:>12}{after:>12,}{percent:>10}")
    errors = {} if base is None else base.errors
    for error in dict.fromkeys(errors.values()):
        cases = "; ".join(case for case, its_error in errors.items() if its_error == error)
        lines.append(f"not counted in base: {cases}: {error}")
    return "\n".join(lines)


def failures(base: Counts | None, new: Counts) -> list[str]:
    """Returns the reasons to fail."""
    found = [f"{case}: the call failed: {error}" for case, error in new.errors.items()]
    if base is None:
        return found
    compared = changes(base, new)
    if not compared:
        found.append("no case could be counted in both states, so nothing was compared")
    return found + [
        f"{change.case}: {change.after:,} instructions a call, {change.before:,} in base:"
        f" {change.percent:+.1f} %; it fails from +{_LIMIT_PERCENT} % on"
        for change in compared
        if change.is_regression
    ]


def _count_base(revision: str) -> Counts:
    """Builds the extension of a commit in a temporary directory, and counts its calls."""
    with tempfile.TemporaryDirectory() as name:
        archive, tree = Path(name, "tree.zip"), Path(name, "tree")
        _run(["git", "-C", _CHECKOUT, "archive", "-o", archive, revision])
        shutil.unpack_archive(archive, tree)
        _run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=tree)
        return count(tree)


def main() -> None:
    """Prints the counts, and exits with 1 where a case takes more instructions than allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", help="commit to compare with, whose C extension is built")
    parser.add_argument("--json", type=Path, help="file to write the counts to")
    options = parser.parse_args()
    try:
        base = _count_base(options.base) if options.base else None
        new = count(_CHECKOUT)
    except RuntimeError as error:
        sys.exit(f"instructions: {error}")
    print(describe(base, new))
    if options.json:
        states = {"base": base and asdict(base), "new": asdict(new)}
        options.json.write_text(json.dumps(states, indent=1) + "\n")
    if reasons := failures(base, new):
        sys.exit("\n".join(reasons))


if __name__ == "__main__":
    main()
