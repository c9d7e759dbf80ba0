# SPDX-License-Identifier: Apache-2.0
"""Parts of a Markdown page that are written from results, each between two markers."""

from __future__ import annotations

import re
from pathlib import Path

from pyflink_ml_embedded.bench.report.results import ResultsError

__all__ = ["read_block", "write_block"]


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name}:begin -->\n).*?(?=<!-- {name}:end -->)", re.DOTALL)


def read_block(page: Path, name: str) -> str | None:
    """Returns the text between the markers, or None where they are missing."""
    found = _block(name).search(page.read_text(encoding="utf-8"))
    return found[0] if found else None


def write_block(page: Path, name: str, text: str) -> None:
    """Replaces the text between the markers.

    Raises:
        ResultsError: The page has no such markers.
    """
    old = page.read_text(encoding="utf-8")
    new, count = _block(name).subn(lambda _: text, old, count=1)
    if count == 0:
        raise ResultsError(f"{page}: no lines '<!-- {name}:begin -->' and '<!-- {name}:end -->'")
    page.write_text(new, encoding="utf-8")
