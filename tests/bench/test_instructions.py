# SPDX-License-Identifier: Apache-2.0
"""Which changes of instruction counts fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import _native_calls
import pytest
from instructions import Counts, count, describe, failures, instructions_of

CHECKOUT = Path(__file__).parents[2]
DUMP = """\
# callgrind format
desc: Trigger: Client Request: ONNX engine, a row

events: Ir
summary: 190

ob=/site-packages/_native.so
fn=engine_run
10 40
cob=/lib/libc.so.6
cfn=malloc
calls=1 20
11 30
cob=/site-packages/libonnxruntime.so.1.27.0
cfn=Run
calls=1 30
12 115
fn=engine_end
calls=1 50
13 5
ob=/site-packages/libonnxruntime.so.1.27.0
fn=Run
30 90
cob=/lib/libc.so.6
cfn=malloc
calls=1 20
31 15
cfn=helper
calls=1 35
32 10

fn=helper
35 10

ob=/lib/libc.so.6
fn=malloc
20 45
"""


def counts(**instructions: int) -> Counts:
    """Returns counts without errors."""
    return Counts(instructions, {})


@pytest.mark.parametrize(("after", "fails"), [(1049, False), (1050, True), (1, False)])
def test_five_percent_more_fail(after: int, fails: bool) -> None:
    """A change of native code must not make calls slower unnoticed."""
    found = failures(counts(row=1000, batch=7), counts(row=after, batch=7))
    assert bool(found) == fails


def test_failure_names_case_counts_and_limit() -> None:
    """The message in the log of CI is all that an author sees."""
    (found,) = failures(counts(row=10_000), counts(row=12_350))
    assert found == (
        "row: 12,350 instructions a call, 10,000 in base: +23.5 %; it fails from +5 % on"
    )


def test_new_case_is_shown_without_change() -> None:
    """A change may add a converter and its case."""
    base, new = Counts({"row": 1000}, {"map": "TypeError: no MAP"}), counts(row=1000, map=2000)
    assert failures(base, new) == []
    rows = [line.split() for line in describe(base, new).splitlines()]
    assert rows[1:3] == [["row", "1,000", "1,000", "+0.0", "%"], ["map", "-", "2,000", "-"]]
    assert describe(base, new).endswith("not counted in base: map: TypeError: no MAP")


@pytest.mark.parametrize(
    ("base", "new", "message"),
    [
        (
            {"row": 1000},
            Counts({}, {"row": "TypeError: no row"}),
            "row: the call failed: TypeError",
        ),
        ({"row": 1000}, Counts({"map": 1000}, {}), "no case could be counted in both"),
    ],
)
def test_missing_counts_fail(base: Mapping[str, int], new: Counts, message: str) -> None:
    """A check that counts nothing must not pass."""
    assert message in "\n".join(failures(Counts(base, {}), new))


def test_instructions_of_onnx_runtime_do_not_count() -> None:
    """They depend on its version and the CPU, and not on this project."""
    assert instructions_of(DUMP) == ("ONNX engine, a row", 75)


def test_package_of_another_directory_is_not_counted(tmp_path: Path) -> None:
    """The base must not be compared with itself."""
    done = subprocess.run(
        [sys.executable, _native_calls.__file__, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"not from {tmp_path}" in done.stderr


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_calls_are_counted() -> None:
    """Only the calls count, and not the start of Python, which takes a billion instructions."""
    titles = ["64 rows to Arrow, 1 DOUBLE", "64 rows to Arrow, 32 DOUBLEs"]
    found = count(CHECKOUT, titles)
    assert not found.errors
    one, many = (found.instructions[title] for title in titles)
    assert 64 * 20 < one < 64 * 1000
    assert 5 * one < many < 32 * one
