# SPDX-License-Identifier: Apache-2.0
"""The documentation agrees with the files and the code that it describes."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import pytest

from pyflink_ml_embedded._local.options import APPLIED, OF_FLINK

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/*.md", "examples/**/*.md") for path in ROOT.glob(pattern)
)
JAVA = ROOT / "java/src/main/java/io/github/pyflink/ml/embedded"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def prose(document: Path) -> str:
    """Returns the text without its code blocks."""
    return FENCE.sub("", document.read_text())


def documented_options() -> set[str]:
    """Returns the options in the tables of docs/options.md."""
    page = (ROOT / "docs" / "options.md").read_text()
    return set(re.findall(r"^\| `([^`]+)` \|", page, re.M))


def anchors(document: Path) -> set[str]:
    """Returns the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@each_document
def test_relative_links_resolve(document: Path) -> None:
    """A reader who follows a link must not meet an error page."""
    broken = []
    for link in LINK.findall(prose(document)):
        if ":" in link:  # of a web page
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@each_document
def test_every_table_has_headers(document: Path) -> None:
    """A column without a name leaves its meaning to the reader."""
    headers = re.findall(r"^(\|.*\|)\n\|[ :|-]+\|$", prose(document), re.M)
    unnamed = [
        header
        for header in headers
        if not all(cell.strip() for cell in header.strip("|").split("|"))
    ]
    assert unnamed == []


@each_document
def test_python_blocks_are_python(document: Path) -> None:
    """A block with a typing error cannot be copied."""
    for language, code in FENCE.findall(document.read_text()):
        if language == "python":
            ast.parse(textwrap.dedent(code))


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/design.md"])
def test_named_files_exist(name: str) -> None:
    """Whoever is sent to a file that has another name by now gives up."""
    named = re.findall(r"`([\w./*]+\.(?:java|c|h|py|toml))`", prose(ROOT / name))
    files = [*ROOT.glob("*.*")]
    for folder in ("java/src", "native", "pyflink_ml_embedded", "tests", "benchmarks", "release"):
        files += (ROOT / folder).rglob("*.*")
    examples = {"model.py", "helper.py"}  # of a model directory
    missing = {file for file in named if not any(path.match(file) for path in files)}
    assert missing - examples == set()


def test_index_leads_to_every_page() -> None:
    """A page that nothing links to is not read."""
    index = ROOT / "docs" / "index.md"
    linked = {link.partition("#")[0] for link in LINK.findall(index.read_text())}
    pages = {path.name for path in ROOT.glob("docs/*.md")} - {index.name}
    assert pages - linked == set()


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_every_example_is_linked(name: str) -> None:
    """An example that nothing links to is not tried."""
    linked = {
        (ROOT / name).parent.joinpath(link).resolve()
        for link in LINK.findall((ROOT / name).read_text())
    }
    assert set(ROOT.glob("examples/*/README.md")) - linked == set()


def test_every_option_is_documented() -> None:
    """An option that a user cannot find has no use, and one that is gone has even less."""
    code = "".join(path.read_text() for path in JAVA.rglob("*.java"))
    # Keys of CONFIG, and options of a job or a cluster.
    others = {"model", "max-concurrent-operations", "timeout", "python.execution-mode"}
    others.add("ml.generic-python.allow-pickle")
    options = {
        key
        for key in re.findall(r'ConfigOptions\.key\(\s*"([^"]+)"\)', code)
        if key not in others and not key.startswith("table.")
    }
    free = {"provider", "properties.*", "properties.secret.*"}
    assert documented_options() - free == options


def test_options_without_flink_are_those_that_are_documented() -> None:
    """`check` and the test harness would refuse an option that they do not know."""
    free = {"provider", "model-directory-path", "properties.*", "properties.secret.*"}
    assert documented_options() - free == {*APPLIED, *OF_FLINK}


@each_document
def test_sql_blocks_use_documented_options(document: Path) -> None:
    """A statement with an unknown option cannot be planned."""
    for language, code in FENCE.findall(document.read_text()):
        if language == "sql" and "'provider' = 'generic-python'" in code:
            used = re.findall(r"'([\w.-]+)' = '", code)
            assert {option for option in used if not option.startswith("properties.")} <= (
                documented_options()
            )
