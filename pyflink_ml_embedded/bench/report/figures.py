# SPDX-License-Identifier: Apache-2.0
"""The style of figures and their SVG; a contender has the same colour and marker in all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from math import ceil, log10, nan
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..contenders import CONTENDERS, EMBEDDED
from .spreads import Spread, number

__all__ = [
    "COLUMNS",
    "LOAD_COLOURS",
    "figure_of",
    "in_order",
    "legend",
    "log_ticks",
    "mark_embedded",
    "style",
    "svg_of",
    "tick_text",
    "with_range",
]

COLUMNS = 3
"""Panels beside each other."""

# Okabe and Ito's colours suit colour-blind people; markers and dashes show variants.
_EMBEDDED = "#d55e00"
_COLOURS = {
    "embedded": _EMBEDDED,
    "embedded-row-python": "#a87c5f",
    "embedded-batch-python": "#7a5230",
    "worker": "#f0a500",
    "process": "#0072b2",
    "process-pandas": "#56b4e9",
    "thread": "#009e73",
    "pemja": "#cc79a7",
    "http": "#7a6a00",
    "java-onnx": "#332288",
    "loop": "#777777",
    "java": "#000000",
}
LOAD_COLOURS = ("#f6c9a8", "#ea9456", _EMBEDDED, "#7a3600")
"""Light to dark, from low load to saturation; all of embedded-batch."""

_MARKERS = {
    "": "o",
    "row": "o",
    "batch": "s",
    "latency": "v",
    "throughput": "^",
    "async": "D",
    "16": "P",
    "128": "X",
}
_DASHES = {"batch": "--", "latency": ":", "throughput": "--", "async": "--"}
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
    "grid.color": "#e3e5e8",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
}


@contextmanager
def figure_of(
    panels: int, height: float, width: float = 3.3, share_y: bool = False
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yields a figure and the axes of its panels, whose sizes are in inches."""
    columns = min(COLUMNS, panels)
    rows = ceil(panels / columns)
    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(columns * width + 1.6, rows * height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = list(figure.subplots(rows, columns, squeeze=False, sharey=share_y).flat)
        for unused in axes[panels:]:
            unused.set_visible(False)
        yield figure, axes[:panels]


def svg_of(figure: Figure, name: str) -> str:
    """Returns the SVG element; the name makes its ids unique within a page."""
    text = StringIO()
    with mpl.rc_context({**_LOOK, "svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'="[^"]*"', lambda value: re.sub(r"(\.\d\d)\d+", r"\1", value[0]), svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)


def style(contender: str) -> dict[str, Any]:
    """Returns what draws the contender's line."""
    family = max((name for name in _COLOURS if contender.startswith(name)), key=len)
    variant = contender.removeprefix(family).rpartition("-")[2]  # row-latency looks like latency
    thick = contender in EMBEDDED
    return {
        "color": _COLOURS[family],
        "marker": _MARKERS[variant],
        "linestyle": _DASHES.get(variant, "-"),
        "linewidth": 2.6 if thick else 1.2,
        "markersize": 6.5 if thick else 4.5,
        "zorder": 5 if thick else 3,
    }


def with_range(axes: Axes, points: dict[float, Spread], **look: Any) -> None:
    """Draws medians, and a bar from extreme to extreme at each."""
    places = sorted(points)
    axes.plot(places, [points[at].median for at in places], **look)
    bars = [at for place in places for at in (place, place, place)]
    ends = [end for at in places for end in (points[at].low, points[at].high, nan)]
    axes.plot(bars, ends, color=look["color"], linewidth=1)


def in_order(contenders: Iterable[str]) -> list[str]:
    """Returns each contender once, in the order of the tables."""
    return sorted(set(contenders), key=list(CONTENDERS).index)


def legend(figure: Figure, contenders: Iterable[str]) -> None:
    """Puts a legend of the contenders to the right of the panels."""
    handles = [Line2D([], [], label=name, **style(name)) for name in in_order(contenders)]
    figure.legend(handles=handles, loc="outside right upper", frameon=False, handlelength=3)


def mark_embedded(axes: Axes) -> None:
    """Highlights the names of embedded systems along y."""
    for text in axes.get_yticklabels():
        if text.get_text() in EMBEDDED:
            text.set(color=_EMBEDDED, fontweight="bold")


def tick_text(value: float) -> str:
    """Writes a number without trailing zeros."""
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Labels a log axis in plain numbers, as densely as its range allows."""
    decades = log10(high / low)
    steps = (1.0, 2.0, 5.0) if decades < 1.5 else (1.0, 3.0) if decades < 3 else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    axis.set_minor_locator(NullLocator())
