"""A document as Markdown, without its plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .document import Block, Markdown, Plot, Section, Table, Text

__all__ = ["markdown", "markdown_table"]


def markdown(title: str, sections: Sequence[Section]) -> str:
    """Returns the text of a whole file."""
    parts = [f"# {title}"]
    for section in sections:
        parts.extend(_section(section, level=2))
    return "\n\n".join(parts) + "\n"


def _section(section: Section, level: int) -> Iterator[str]:
    parts = [_block(block) for block in section.blocks if not isinstance(block, Plot)]
    parts += [part for inner in section.sections for part in _section(inner, level + 1)]
    if parts:  # not a heading above plots alone
        yield f"{'#' * level} {section.title}"
        yield from parts


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return markdown_table(block, padded=False)  # GitHub shows no file above 512 KB
    assert isinstance(block, Text | Markdown)
    return block.text.strip()


def markdown_table(table: Table, padded: bool = True) -> str:
    """Returns the table with numbers on the right.

    Args:
        table: To write.
        padded: Whether columns are as wide as their widest cell, which reads well as text; it
            makes a large file half as large again.
    """
    rows = [tuple(map(_cell, row)) for row in (table.header, *table.rows)]
    widths = [max(3, *map(len, column)) if padded else 0 for column in zip(*rows, strict=True)]
    rules = [
        "-" * max(3, width) if at < table.labels else "-" * max(2, width - 1) + ":"
        for at, width in enumerate(widths)
    ]
    lines = [
        [
            cell.ljust(width) if at < table.labels else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]
    lines.insert(1, rules)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())
