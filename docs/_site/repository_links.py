# SPDX-License-Identifier: Apache-2.0
"""Makes links that leave docs/, such as ../examples/fraud/fraud.py, links to the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_REPOSITORY = "https://github.com/pyflink-ml-embedded/pyflink-ml-embedded"
_OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]*)(#[^)\s]*)?\)")


def _rewrite(app: Any, docname: str, source: list[str]) -> None:
    root = Path(app.srcdir).parent

    def address(link: re.Match[str]) -> str:
        path, anchor = link.group(1), link.group(2) or ""
        if not (root / path).exists():
            raise FileNotFoundError(f"docs/{docname}.md links to ../{path}, which does not exist")
        kind = "tree" if (root / path).is_dir() else "blob"
        return f"]({_REPOSITORY}/{kind}/main/{path}{anchor})"

    source[0] = _OUTSIDE.sub(address, source[0])


def setup(app: Any) -> dict[str, Any]:
    """Registers the extension with Sphinx."""
    app.connect("source-read", _rewrite)
    return {"parallel_read_safe": True}
