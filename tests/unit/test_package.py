# SPDX-License-Identifier: Apache-2.0
"""The public names of the package, the cost of its import, and its import graph."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pyflink_ml_embedded

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "pyflink_ml_embedded"


def test_public_names_exist():
    """``from pyflink_ml_embedded import *`` must not fail."""
    for name in pyflink_ml_embedded.__all__:
        assert hasattr(pyflink_ml_embedded, name)


def test_import_loads_no_large_library():
    """A model that needs no pyflink, numpy or pyarrow must not pay for them."""
    code = (
        "import sys, pyflink_ml_embedded\n"
        "print({'pyflink', 'numpy', 'pyarrow', 'pandas'} & sys.modules.keys())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    )
    assert result.stdout.strip() == "set()"


def test_no_import_leads_back_to_its_module():
    """The load order of a circle depends on the first import; imports in functions count too.

    graphlib raises CycleError, which names the modules.
    """
    imports = _imports()
    assert "pyflink_ml_embedded._schema" in imports["pyflink_ml_embedded._context"]
    assert "pyflink_ml_embedded._pyflink.udtf" in imports["pyflink_ml_embedded._function"]
    TopologicalSorter(imports).prepare()


def _imports() -> dict[str, set[str]]:
    """Returns the modules of the package that each of them imports when it runs."""
    files = {_module_name(path): path for path in PACKAGE.rglob("*.py")}
    imports = {}
    for module, path in files.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        found = set()
        for node in _imports_when_run(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            else:
                source = resolve_name("." * node.level + (node.module or ""), package)
                names = [f"{source}.{alias.name}" for alias in node.names]
                found.update(name if name in files else source for name in names)
        # The package itself is loaded before any of its modules.
        imports[module] = {name for name in found & files.keys() if "." in name} - {module}
    return imports


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def _imports_when_run(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _imports_when_run(child)
