# SPDX-License-Identifier: Apache-2.0
"""What was found about one requirement, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..output import styled

__all__ = ["Finding", "to_text", "to_values"]

_STYLES = {"ok": ("green",), "no": ("yellow",), "PROBLEM": ("bold", "red")}


@dataclass(frozen=True)
class Finding:
    """The state of one requirement.

    Attributes:
        subject: what was examined, in a word or two.
        found: what was found.
        remedy: what to do, where the requirement is not met.
        optional: whether Flink runs models without it.
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

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done."""
        return self.mark != "PROBLEM"


def to_text(findings: Sequence[Finding]) -> str:
    """Returns a line for each finding, and one for each remedy."""
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        mark = styled(f"{finding.mark:<7}", *_STYLES[finding.mark])
        lines.append(f"{mark}  {finding.subject:<{width}}  {finding.found}")
        if finding.remedy is not None:
            lines.append(f"{'':{width + 11}}{finding.remedy}")
    return "\n".join(lines)


def to_values(findings: Iterable[Finding]) -> dict[str, Any]:
    """Returns the findings as JSON has them."""
    return {
        "findings": [
            {
                "mark": finding.mark,
                "subject": finding.subject,
                "found": finding.found,
                "remedy": finding.remedy,
            }
            for finding in findings
        ]
    }
