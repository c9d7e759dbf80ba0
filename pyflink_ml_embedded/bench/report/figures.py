# SPDX-License-Identifier: Apache-2.0
"""The style of figures and their SVG; a contender has the same colour and marker in all.

A figure is one panel as wide as a phone; a page puts several beside each other. Its colours are
CSS variables, so that a page can be light or dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from math import ceil, floor, log10
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from ..contenders import CONTENDERS, EMBEDDED
from .spreads import number

__all__ = [
    "INK",
    "LOAD_COLOURS",
    "in_order",
    "log_scale",
    "palette",
    "panel",
    "short",
    "standalone",
    "style",
    "svg_of",
]

# Name -> colours on light and on dark paper. Those of contenders come from Okabe and Ito's, which
# suit colour-blind people; markers and dashes show variants.
_COLOURS = {
    "ink": ("#1c1f24", "#e4e6e9"),
    "line": ("#dfe2e6", "#33383f"),
    "paper": ("#fdfdfc", "#16181c"),
    "embedded": ("#d55e00", "#ff8c42"),
    "worker": ("#c48a00", "#ffc94d"),
    "process": ("#00609c", "#4ba3ea"),
    "process-pandas": ("#2e97d4", "#a3daff"),
    "thread": ("#008a64", "#2fd0a0"),
    "pemja": ("#b3568c", "#eda2cd"),
    "http": ("#7a6a00", "#cfbf45"),
    "java-onnx": ("#332288", "#ab9fff"),
    "loop": ("#757575", "#9d9d9d"),
    "load-1": ("#f0b080", "#8a4a1c"),
    "load-2": ("#e58a45", "#c96a2a"),
    "load-3": ("#b84f00", "#ffa566"),
    "load-4": ("#6b2f00", "#ffd9bd"),
}
INK, _LINE = _COLOURS["ink"][0], _COLOURS["line"][0]
LOAD_COLOURS = tuple(_COLOURS[f"load-{place}"][0] for place in (1, 2, 3, 4))
"""From low load to saturation; all of embedded-batch."""

_FAMILIES = {**{name: light for name, (light, _) in list(_COLOURS.items())[3:]}, "java": INK}
_MARKERS = {
    "": "o",
    "row": "o",
    "batch": "s",
    "latency": "v",
    "throughput": "^",
    "async": "D",
    "16": "P",
    "128": "X",
    "row-python": "*",
    "batch-python": "p",
}
_DASHES = {"batch": "--", "latency": ":", "throughput": "--", "async": "--", "batch-python": "--"}
_LOOK: Any = {  # matplotlib types its keys as literals
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib knows its widths; browsers have others
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.8,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_WIDTH = 3.75  # inches: 360 CSS pixels
_MOST_TICKS = 4
_DIGITS = ((1, 2, 3, 5), (1, 2, 5), (1, 3))  # of ticks, from many to few


def palette() -> str:
    """Returns the CSS variables of the colours on light paper, and on dark paper."""
    light, dark = (
        " ".join(f"--{name}: {colours[place]};" for name, colours in _COLOURS.items())
        for place in (0, 1)
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


@contextmanager
def panel(title: str, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Yields a figure of one panel and its axes; the height is in inches."""
    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        yield figure, axes


def svg_of(figure: Figure, name: str) -> str:
    """Returns the SVG element; the name makes its ids unique within a page."""
    text = StringIO()
    with mpl.rc_context({**_LOOK, "svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'="[^"]*"', lambda value: re.sub(r"(\.\d\d)\d+", r"\1", value[0]), svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    for variable, (light, _) in _COLOURS.items():
        svg = svg.replace(light, f"var(--{variable}, {light})")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)


def standalone(svg: str) -> str:
    """Returns a file of the SVG element, with its own paper in light or dark."""
    look = f"{palette()}\nsvg {{ background: var(--paper); border-radius: 6px; }}"
    return re.sub(r"(<svg[^>]*>)", rf"\1<style>{look}</style>", svg, count=1)


def style(contender: str) -> dict[str, Any]:
    """Returns what draws the contender's line."""
    family = max((name for name in _FAMILIES if contender.startswith(name)), key=len)
    variant = contender.removeprefix(family).lstrip("-")
    if variant not in _MARKERS:
        variant = variant.rpartition("-")[2]  # row-latency looks like latency
    thick = contender in EMBEDDED
    return {
        "color": _FAMILIES[family],
        "marker": _MARKERS[variant],
        "linestyle": _DASHES.get(variant, "-"),
        "linewidth": 2.6 if thick else 1.2,
        "markersize": 6.5 if thick else 5,
        "zorder": 5 if thick else 3,
    }


def in_order(contenders: Iterable[str]) -> list[str]:
    """Returns each contender once, in the order of the tables."""
    return sorted(set(contenders), key=list(CONTENDERS).index)


def log_scale(axes: Axes, which: Literal["x", "y"], values: Iterable[float]) -> None:
    """Makes an axis logarithmic, wide enough for the values, and labels it in plain numbers."""
    found = list(values)
    low, high = min(found) / 1.25, max(found) * 1.25
    if high / low < 4:  # as if all were equal
        middle = (low * high) ** 0.5
        low, high = middle / 2, middle * 2
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    ticks = _ticks(low, high)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([short(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def _ticks(low: float, high: float) -> list[float]:
    """Returns as many round numbers of a log axis as there is room for."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    every = -(-len(decades) // _MOST_TICKS)
    candidates = [
        *[[digit * 10.0**at for at in decades for digit in digits] for digits in _DIGITS],
        [10.0**at for at in decades],
        [10.0**at for at in decades if at % every == 0],
    ]
    fitting = ([tick for tick in ticks if low <= tick <= high] for ticks in candidates)
    return next((ticks for ticks in fitting if len(ticks) <= _MOST_TICKS), [])


def short(value: float) -> str:
    """Writes 20,000 as 20k, without trailing zeros."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
