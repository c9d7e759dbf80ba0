"""A document of tables, plots and text, which Markdown and HTML are made of, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

from .statistics import Spread

__all__ = [
    "Block",
    "Markdown",
    "Plot",
    "Section",
    "Table",
    "Text",
    "number",
    "spread_text",
]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Markdown:
    """Finished Markdown, which HTML shows as plain text."""

    text: str


@dataclass(frozen=True)
class Table:
    """Cells as text; the first so many columns are labels, the others are numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1


@dataclass(frozen=True)
class Plot:
    """An SVG element as text, and what it shows."""

    svg: str
    caption: str


Block = Text | Markdown | Table | Plot


@dataclass(frozen=True)
class Section:
    """Blocks below a heading, then sections; where folded, a reader opens it to see them."""

    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    folded: bool = False


def number(value: float) -> str:
    """Writes three significant digits, and never an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - floor(log10(abs(rounded))))}f}"


def spread_text(spread: Spread | None) -> str:
    """Writes the median and the extremes in brackets, or '-' where nothing was measured."""
    if spread is None:
        return "-"
    median, low, high = number(spread.median), number(spread.low), number(spread.high)
    return median if low == high else f"{median} ({low}..{high})"
