# SPDX-License-Identifier: Apache-2.0
"""What must be true of the tree before it is released."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from project import ROOT, VERSION, ReleaseError, run

__all__ = ["check_changelog", "check_tag", "check_tree"]

_POMS = ("java/pom.xml", "benchmarks/jvm/pom.xml")
_ENTRY = re.compile(r"^## (\S+)(?: - (\d{4}-\d\d-\d\d))?$", re.M)


def check_tree() -> None:
    """Checks that everything is committed, and says the same version.

    Raises:
        ReleaseError: A check failed.
    """
    if changed := _git("status", "--porcelain"):
        raise ReleaseError(f"These files are not committed; commit or remove them:\n{changed}")
    check_tag()
    for pom in _POMS:
        version = ElementTree.parse(ROOT / pom).findtext("{*}version")
        if version != VERSION:
            raise ReleaseError(
                f"{pom} has version {version} and pyproject.toml {VERSION}; "
                f"run make version VERSION={VERSION}"
            )
    check_changelog()


def check_tag() -> None:
    """Checks that the tag of the version, if there is one, is the tag of this commit.

    Raises:
        ReleaseError: The commit has another tag, or another commit has this one.
    """
    tag = f"v{VERSION}"
    here = _git("tag", "--points-at", "HEAD").split()
    if tag not in here and (here or _git("tag", "--list", tag)):
        raise ReleaseError(
            f"The tag of version {VERSION} is {tag}, and this commit has {here or 'none'}; "
            "run make version VERSION=... with the version of a new tag"
        )


def check_changelog() -> None:
    """Checks that the changelog begins with this version and a date.

    Raises:
        ReleaseError: It begins with another entry.
    """
    first, date = _ENTRY.findall((ROOT / "CHANGELOG.md").read_text())[0]
    if first != VERSION or not date:
        raise ReleaseError(
            f"The first entry of CHANGELOG.md is '{first}'; it must be '{VERSION} - YYYY-MM-DD'"
        )


def _git(*arguments: str) -> str:
    return run("git", *arguments, cwd=ROOT)
