# SPDX-License-Identifier: Apache-2.0
"""The licences of what is installed with a release, as its SBOMs list them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from project import DIST, VERSION, ReleaseError

__all__ = ["check_licences"]

# Those of category A and B of the ASF, which a user of Apache-2.0 may depend on.
_ALLOWED = re.compile(
    r"Apache|\bBSD\b|\bMIT\b|\bISC\b|\bMPL[- ]2\.0\b|\bPSF|^Python-2\.0$|Unicode/ICU|^0BSD$|^Zlib$"
    r"|CNRI-Python|^Unlicense$"
)
# Packages that do not say their licence in the field for it, with what their licence file says.
_READ = {
    "protobuf": "BSD-3-Clause",
    "pyarrow-hotfix": "Apache-2.0",
}


def check_licences() -> None:
    """Checks the components of both SBOMs, and writes their licences to dist/.

    Raises:
        ReleaseError: The licence of a component is not known or not allowed.
    """
    lines, problems = [], []
    for kind in ("java", "python"):
        bom = json.loads((DIST / f"pyflink-ml-embedded-{VERSION}-{kind}.cdx.json").read_text())
        for component in sorted(bom["components"], key=lambda each: str(each["name"]).lower()):
            name, licences = component["name"], list(_licences(component))
            line = f"{name} {component['version']}: {' or '.join(licences) or 'not known'}"
            lines.append(line)
            if not any(_is_allowed(licence) for licence in licences):
                problems.append(line)
    if problems:
        raise ReleaseError(
            "Read the licences of these packages. If they are allowed, add them to "
            "release/licences.py; otherwise do without the package:\n" + "\n".join(problems)
        )
    text = "\n".join(["None of these is in the wheels or in the jar.", *lines, ""])
    (DIST / f"pyflink-ml-embedded-{VERSION}-licences.txt").write_text(text)


def _licences(component: dict[str, Any]) -> Iterable[str]:
    """Yields licences, of which a user may choose one; each is an SPDX expression or a name."""
    for licence in component.get("licenses", []):
        named = licence.get("license", {})
        yield licence.get("expression") or named.get("id") or named["name"]
    if component["name"] in _READ and not component.get("licenses"):
        yield _READ[component["name"]]


def _is_allowed(expression: str) -> bool:
    """Returns whether each part of ``A AND (B OR C)`` is allowed, or has an allowed choice."""
    return all(
        any(_ALLOWED.search(choice.strip("() ")) for choice in re.split(r" OR ", part))
        for part in re.split(r" AND ", expression)
    )
