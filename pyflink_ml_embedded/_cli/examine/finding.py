# SPDX-License-Identifier: Apache-2.0
"""What was found about one requirement, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ..output import styled

__all__ = ["Finding", "Part", "to_text", "to_values"]

_STYLES = {"ok": ("green",), "no": ("yellow",), "PROBLEM": ("bold", "red")}


@dataclass(frozen=True)
class Finding:
    """The state of one requirement.

    Attributes:
        subject: what was examined, in a word or two.
        found: what was found.
        remedy: what to do, where the requirement is not met.
        optional: whether there is nothing to do, although the requirement is not met.
    """

    subject: str
    found: str
    remedy: str | None = None
    optional: bool = False

    @property
    def mark(self) -> Literal["ok", "no", "PROBLEM"]:
        """Whether the requirement is met; ``no`` if it need not be."""
        if self.optional:
            return "no"
        return "ok" if self.remedy is None else "PROBLEM"


class Part(NamedTuple):
    """What was found about one of the things that were examined."""

    title: str
    findings: Sequence[Finding]


def to_text(parts: Sequence[Part]) -> str:
    """Returns a line for each finding and for each remedy, below titles if there are more parts."""
    width = max(len(finding.subject) for part in parts for finding in part.findings)
    lines = []
    for part in parts:
        if len(parts) > 1:
            lines += ["", styled(part.title, "bold")]
        for finding in part.findings:
            mark = styled(f"{finding.mark:<7}", *_STYLES[finding.mark])
            lines.append(f"{mark}  {finding.subject:<{width}}  {finding.found}")
            if finding.remedy is not None:
                lines.append(f"{'':{width + 11}}{finding.remedy}")
    return "\n".join(lines).lstrip("\n")


def to_values(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Returns the findings as JSON has them."""
    return [
        {
            "part": part.title,
            "mark": finding.mark,
            "subject": finding.subject,
            "found": finding.found,
            "remedy": finding.remedy,
        }
        for part in parts
        for finding in part.findings
    ]
