"""A document as one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .document import Block, Markdown, Plot, Section, Table

__all__ = ["html"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #5b6470; --paper: #fdfdfc;
  --line: #dfe2e6; --ours: #fdeee4; --bad: #b3261e; --good: #1b6e3c; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e9; --soft: #a0a8b3; --paper: #16181c;
  --line: #33383f; --ours: #3a2417; --bad: #ff8f85; --good: #7fd6a0; --link: #8ab8f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 76rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1.5rem; }
h2 { font-size: 1.4rem; margin: 3rem 0 .75rem; border-bottom: 1px solid var(--line);
  padding-bottom: .3rem; }
h3, h4 { font-size: 1.08rem; margin: 1.75rem 0 .5rem; }
p { max-width: 46rem; margin: .6rem 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding: 0; }
a { color: var(--link); }
.wide { overflow-x: auto; margin: .75rem 0 1.25rem; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
th.label, td.label { text-align: left; }
td.long { white-space: pre-line; min-width: 24rem; }
tr.ours td { background: var(--ours); }
td.bad { color: var(--bad); font-weight: 600; }
td.good { color: var(--good); }
figure { margin: 1rem 0 1.5rem; padding: .75rem; background: #fff; border: 1px solid var(--line);
  border-radius: 8px; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; display: block; margin: 0 auto; }
figcaption { color: #4a525c; font-size: .86rem; padding-top: .4rem; max-width: 60rem; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
pre { font-size: .82rem; line-height: 1.4; overflow-x: auto; }
"""

_BAD = ("MISSED", "did not keep up")
_GOOD = ("met",)
_LONG_CELL = 60  # characters, from which on a cell is wrapped


def html(title: str, sections: Sequence[Section]) -> str:
    """Returns the text of a whole file."""
    links = "".join(
        f'<li><a href="#{_anchor(section.title)}">{escape(section.title)}</a></li>'
        for section in sections
    )
    body = "\n".join(_section(section, level=2) for section in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<nav><ul>{links}</ul></nav>\n{body}\n</body>\n</html>\n"
    )


def _section(section: Section, level: int) -> str:
    parts = [_block(block) for block in section.blocks]
    parts += [_section(inner, level + 1) for inner in section.sections]
    content = "\n".join(parts)
    title = escape(section.title)
    if section.folded:
        return f"<details><summary>{title}</summary>\n{content}\n</details>"
    anchor = f' id="{_anchor(section.title)}"' if level == 2 else ""
    return f"<section{anchor}>\n<h{level}>{title}</h{level}>\n{content}\n</section>"


def _anchor(title: str) -> str:
    return "-".join(title.lower().split())


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Plot):
        caption = f"<figcaption>{escape(block.caption)}</figcaption>"
        return f"<figure>{block.svg}{caption}</figure>"
    if isinstance(block, Markdown):
        return f"<pre>{escape(block.text)}</pre>"
    return f"<p>{escape(block.text)}</p>"


def _table(table: Table) -> str:
    header = "".join(
        f"<th{_class('label' if at < table.labels else '')}>{escape(text)}</th>"
        for at, text in enumerate(table.header)
    )
    rows = "\n".join(_row(row, table.labels) for row in table.rows)
    return (
        f'<div class="wide"><table><thead><tr>{header}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: Sequence[str], labels: int) -> str:
    cells = "".join(
        f"<td{_class(*_cell_classes(text, at < labels))}>{escape(text)}</td>"
        for at, text in enumerate(row)
    )
    ours = row[labels - 1].startswith("embedded-")
    return f"<tr{_class('ours' if ours else '')}>{cells}</tr>"


def _cell_classes(text: str, label: bool) -> Sequence[str]:
    return (
        "label" if label else "",
        "long" if len(text) > _LONG_CELL else "",
        "bad" if text.startswith(_BAD) else "good" if text in _GOOD else "",
    )


def _class(*names: str) -> str:
    given = " ".join(filter(None, names))
    return f' class="{given}"' if given else ""
