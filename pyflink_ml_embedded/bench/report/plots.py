# SPDX-License-Identifier: Apache-2.0
"""The two kinds of plots: dots beside names, and lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from .figures import INK, in_order, log_scale, panel, short, style, svg_of
from .spreads import Spread

__all__ = ["Dot", "dots", "lines"]


_SHORT = 20  # characters; two texts of a legend fit beside each other


class Dot(NamedTuple):
    """A value, and what draws its marker."""

    value: Spread
    look: Mapping[str, Any]


def dots(
    name: str,
    title: str,
    rows: Mapping[str, Iterable[Dot]],
    label: str,
    also: Iterable[float] = (),
    mark: float | None = None,
    legend: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Draws the dots of each row beside its name, with bars from extreme to extreme.

    Args:
        name: The name of the figure, unique within a page.
        title: The title.
        rows: The dots by name, from top to bottom; not empty.
        label: The label of the log axis for the values.
        also: More values that the axis must reach.
        mark: A value to mark by a line.
        legend: Looks to explain, by text.
    """
    names = list(rows)
    found = [(place, *dot) for place, row in enumerate(rows.values()) for dot in row]
    ends = [end for _, value, _ in found for end in (value.low, value.high)]
    marks = [] if mark is None else [mark]
    legend = legend or {}
    columns = 2 if max(map(len, legend), default=0) <= _SHORT else 1
    height = 0.8 + 0.2 * len(names) + 0.2 * -(-len(legend) // columns)
    with panel(title, height) as (figure, axes):
        for at in marks:
            axes.axvline(at, color=INK, linewidth=1)
        for place, value, look in found:
            axes.plot([value.low, value.high], [place] * 2, color=look["color"], lw=1.6)
            axes.plot([value.median], [place], **{**look, "linestyle": ""})
        log_scale(axes, "x", [*ends, *also, *marks])
        axes.set_xlabel(label)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), names)
        for text in axes.get_yticklabels():
            if text.get_text().startswith("embedded-"):
                text.set(color=style(text.get_text())["color"], fontweight="bold")
        if legend:
            handles = [
                Line2D([], [], label=text, **{**look, "linestyle": ""})
                for text, look in legend.items()
            ]
            figure.legend(
                handles=handles, loc="outside lower center", ncols=columns, handletextpad=0.1
            )
        return svg_of(figure, name)


def lines(
    name: str,
    title: str,
    contenders: Mapping[str, Mapping[float, Spread]],
    x_label: str,
    label: str,
) -> str:
    """Draws a line for each contender on two log axes, with a bar from extreme to extreme.

    Args:
        name: The name of the figure, unique within a page.
        title: The title.
        contenders: The values at each position, by contender; not empty.
        x_label: The label of the positions' axis.
        label: The label of the values' axis.
    """
    order = in_order(contenders)
    places = sorted({at for points in contenders.values() for at in points})
    values = [value for points in contenders.values() for value in points.values()]
    with panel(title, 3 + 0.17 * -(-len(order) // 2)) as (figure, axes):
        for contender in order:
            points, look = contenders[contender], style(contender)
            along = sorted(points)
            axes.plot(along, [points[at].median for at in along], **look)
            bars = [at for place in along for at in (place, place, place)]
            ends = [end for at in along for end in (points[at].low, points[at].high, nan)]
            axes.plot(bars, ends, color=look["color"], linewidth=1)
        log_scale(axes, "x", places)
        axes.set_xticks(places, [short(at) for at in places])
        axes.xaxis.set_minor_locator(NullLocator())
        log_scale(axes, "y", [end for value in values for end in (value.low, value.high)])
        axes.set_xlabel(x_label)
        axes.set_ylabel(label)
        handles = [Line2D([], [], label=each, **style(each)) for each in order]
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8.5)
        return svg_of(figure, name)
