# SPDX-License-Identifier: Apache-2.0
"""Every source file states its licence."""

import subprocess
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
LICENSE = "SPDX-License-Identifier: Apache-2.0"
PATTERNS = ["*.py", "*.pyi", "*.java", "*.c", "*.h", "*.sh", "*.sql", "Makefile"]


def test_source_files_name_the_license_in_their_first_lines():
    """A file that is copied elsewhere must still say under which terms."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *PATTERNS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [name for name in listing.split("\0") if name]

    def is_licensed(name):
        with (ROOT / name).open(encoding="utf-8") as file:
            return any(LICENSE in line for line in islice(file, 3))

    assert names
    assert [name for name in names if not is_licensed(name)] == []
