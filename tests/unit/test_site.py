# SPDX-License-Identifier: Apache-2.0
"""What makes the documentation site. Sphinx itself runs in `make docs`."""

import runpy
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_DOCS = _ROOT / "docs"


def _script(name: str) -> dict[str, Any]:
    """Returns what a file of docs/_site defines."""
    return runpy.run_path(str(_DOCS / "_site" / f"{name}.py"))


_DIAGRAMS = _script("diagrams")["DIAGRAMS"]


def test_every_page_is_in_the_navigation_once() -> None:
    """The sidebar is made from the sections of the index."""
    sections = _script("navigation")["sections"]((_DOCS / "index.md").read_text())
    pages = [page for pages in sections.values() for page in pages]
    assert sorted(pages) == sorted({page.stem for page in _DOCS.glob("*.md")} - {"index"})


def test_reference_has_the_modules_that_users_import() -> None:
    """A new public module appears without a change of the site."""
    modules = _script("api_reference")["public_modules"](_ROOT / "pyflink_ml_embedded")
    assert modules[0] == "pyflink_ml_embedded"
    assert "pyflink_ml_embedded.table" in modules


@pytest.mark.parametrize("name", _DIAGRAMS)
def test_diagrams_are_those_of_the_script(name: str) -> None:
    """A picture that was edited by hand would be lost when the script runs again."""
    drawn = (_DOCS / "images" / name).read_text()
    assert drawn == _DIAGRAMS[name](), "run: python docs/_site/diagrams.py"


def test_broken_links_and_files_from_elsewhere_are_found(tmp_path: Path) -> None:
    """Sphinx does not look at links of HTML, nor at what themes load."""
    (tmp_path / "other.html").write_text('<h1 id="there"></h1>')
    (tmp_path / "index.html").write_text(
        '<script src="https://example.com/a.js"></script>'
        '<a href="other.html#there"></a><a href="https://example.com"></a>'
        '<a href="gone.html"></a><a href="other.html#gone"></a>'
    )
    assert _script("check_links")["problems"](tmp_path) == [
        "index.html: loads https://example.com/a.js",
        "index.html: gone.html does not exist",
        "index.html: other.html#gone has no such anchor",
    ]
