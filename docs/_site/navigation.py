# SPDX-License-Identifier: Apache-2.0
"""Makes the sidebar of the site from the sections of index.md and the pages they link to."""

from __future__ import annotations

import re
from typing import Any

_HEADING = re.compile(r"^## (.+)$", re.M)
_PAGE_LINK = re.compile(r"\]\(([\w-]+)\.md[)#]")


def sections(index: str) -> dict[str, list[str]]:
    """Returns the pages of each section, in order. A page is in the first section that links to it.

    Args:
        index: the text of index.md.
    """
    _, *parts = _HEADING.split(index)
    seen: set[str] = set()
    result = {}
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        pages = [page for page in dict.fromkeys(_PAGE_LINK.findall(text)) if page not in seen]
        seen.update(pages)
        if pages:
            result[title] = pages
    return result


def _add_toctrees(app: Any, docname: str, source: list[str]) -> None:
    if docname == "index":
        for title, pages in sections(source[0]).items():
            entries = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{entries}\n```\n"


def setup(app: Any) -> dict[str, Any]:
    """Registers the extension with Sphinx."""
    app.connect("source-read", _add_toctrees)
    return {"parallel_read_safe": True}
