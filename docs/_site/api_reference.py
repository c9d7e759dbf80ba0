# SPDX-License-Identifier: Apache-2.0
"""Adds the docstrings of the public modules to api.md, and a link to the Javadoc."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

_PACKAGE = "pyflink_ml_embedded"
_JAVADOC = '\n## Java\n\n<p><a href="java/index.html">The Javadoc</a> of the public classes.</p>\n'
_MODULE = """
## {name}

```{{eval-rst}}
.. automodule:: {name}
```
"""


def public_modules(package: Path) -> list[str]:
    """Returns the package, and its modules that users import: those with an ``__all__``."""
    files = sorted([*package.glob("[!_]*.py"), *package.glob("[!_]*/__init__.py")])
    modules = [_PACKAGE]
    for file in files:
        if file.stem != "cli" and _has_all(file):
            parts = file.relative_to(package).with_suffix("").parts
            modules.append(".".join([_PACKAGE, *parts]).removesuffix(".__init__"))
    return modules


def _has_all(file: Path) -> bool:
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for node in ast.parse(file.read_text()).body
    )


def _add_modules(app: Any, docname: str, source: list[str]) -> None:
    if docname == "api":
        modules = public_modules(Path(app.srcdir).parent / _PACKAGE)
        source[0] += "".join(_MODULE.format(name=name) for name in modules) + _JAVADOC


def _readable_signature(
    app: Any, what: str, name: str, object_: Any, options: Any, signature: str | None, returns: str
) -> tuple[str, str] | None:
    """Shortens the signature of a dataclass with factories, which Sphinx cannot parse."""
    if not signature or "<factory>" not in signature:
        return None
    signature = re.sub(r"~[\w.]+\.(\w+)", r"\1", signature)
    signature = re.sub(r", _\w+: \w+ = <factory>", "", signature)
    return signature.replace("<factory>", "..."), returns


def setup(app: Any) -> dict[str, Any]:
    """Registers the extension with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("source-read", _add_modules)
    app.connect("autodoc-process-signature", _readable_signature)
    return {"parallel_read_safe": True}
