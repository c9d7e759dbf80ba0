# SPDX-License-Identifier: Apache-2.0
"""``make test`` runs parts at the same time."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "run.py"
TOTALS = ["===== 7 passed, 1 skipped in 3.21s =====", "[INFO] Tests run: 5, Failures: 0, Errors: 0"]
FAILURES = [
    "FAILED tests/unit/test_a.py::test_b[x y] - assert 1 == 2",
    "ERROR tests/unit/test_c.py - ImportError: no module",
    "[ERROR]   SomeTest.row_is_refused:12 expected: <1> but was: <2>",
]
MAKEFILE = f"""
failing:
\t@echo '{FAILURES[0]}'
\t@echo '{FAILURES[1]}{"x" * 100_000}'
\t@echo 'ERROR    root:test_a.py:3 a record of the log'
\t@echo '{FAILURES[2]}'
\t@echo '[ERROR] Failed to execute goal'
\t@false
tests:
\t@echo '===== 3 passed in 1s ====='
\t@echo '{TOTALS[0]}'
java:
\t@echo '{TOTALS[1]}'
\t@echo '[INFO] Tests run: 2, Failures: 0 -- in SomeTest'
good bad last:
\t@echo output of $@
\t@test $@ != bad
"""


def run(directory, *lanes):
    """Runs the script in a directory with a Makefile."""
    (directory / "Makefile").write_text(MAKEFILE)
    return subprocess.run(
        [sys.executable, SCRIPT, *lanes],
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_failing_part_is_reported_after_all_others_have_run(tmp_path):
    """One run shows every failure, and how long each part took."""
    result = run(tmp_path, "bad good", "good", "--", "last")
    assert result.returncode == 1
    summary = result.stdout.partition("Time of each part:\n")[2]
    assert re.findall(r"^(\w+) +\d+ s  (\w+)", summary, re.M) == [
        ("bad", "FAILED"),
        ("good", "passed"),
        ("good", "passed"),
        ("last", "passed"),
    ]


def test_lanes_after_a_separator_wait_for_the_ones_before(tmp_path):
    """The last part uses all cores, and so would disturb the others."""
    output = run(tmp_path, "good", "--", "last").stdout
    assert output.index("==> good") < output.index("last | output of last")


def test_success_of_all_parts_is_success(tmp_path):
    """CI reads the exit code only."""
    assert run(tmp_path, "good last").returncode == 0


def test_number_of_tests_is_shown_as_pytest_and_maven_print_it(tmp_path):
    """Readers of the log, people and programs, look for these lines at the end."""
    totals = run(tmp_path, "tests java good").stdout.partition("Tests of each part:\n")[2]
    assert totals.splitlines() == ["tests:", TOTALS[0], "java:", TOTALS[1]]


def test_failures_are_named_last_in_short_lines(tmp_path):
    """Viewers of CI cut the output, and pytest's message of a failure may have 100,000 letters."""
    output = run(tmp_path, "failing tests bad").stdout
    lines = output.partition("Failures of each part:\n")[2].splitlines()
    *failures, last, error = lines
    assert len(failures) == 3
    assert all(
        line.startswith(f"failing: {text}") for line, text in zip(failures, FAILURES, strict=True)
    )
    assert max(map(len, lines)) < 400
    assert last == "bad: output of bad"
    assert re.match(r"bad: make(\[\d\])?: \*\*\* ", error)
