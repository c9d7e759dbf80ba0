# SPDX-License-Identifier: Apache-2.0
"""What ``dependent_job.py`` needs from its client."""

import zipfile
from pathlib import Path

FOUND = "module and archive"


def write_brought(directory: Path) -> None:
    """Writes a module and an archive."""
    (directory / "brought_by_job.py").write_text("NAME = 'module'\n")
    with zipfile.ZipFile(directory / "data.zip", "w") as archive:
        archive.writestr("name.txt", "archive")


def client_options(directory: Path) -> list[str]:
    """Returns the options of ``flink run`` that bring them."""
    return ["-pyfs", f"{directory}/brought_by_job.py", "-pyarch", f"{directory}/data.zip#data"]
