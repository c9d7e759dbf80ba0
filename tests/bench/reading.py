# SPDX-License-Identifier: Apache-2.0
"""Reads a report as its readers do."""

from __future__ import annotations

import re


def rows_under(text: str, heading: str) -> list[dict[str, str]]:
    """Returns the rows of all tables between a Markdown heading and the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}.*?\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert found, f"no heading '{heading}'"
    rows: list[dict[str, str]] = []
    for table in re.findall(r"(?:^\|.*\n?)+", found[1], re.MULTILINE):
        header, _, *lines = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in table.splitlines()
        ]
        rows += [dict(zip(header, line, strict=True)) for line in lines]
    return rows


def row(rows: list[dict[str, str]], **labels: str) -> dict[str, str]:
    """Returns the only row that has these cells."""
    matching = [each for each in rows if labels.items() <= each.items()]
    assert len(matching) == 1, f"{len(matching)} rows with {labels} among {rows}"
    return matching[0]
