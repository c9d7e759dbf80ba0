# SPDX-License-Identifier: Apache-2.0
"""The figures of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from .figures import (
    COLUMNS,
    LOAD_COLOURS,
    figure_of,
    in_order,
    legend,
    log_ticks,
    mark_embedded,
    style,
    svg_of,
    tick_text,
    with_range,
)
from .spreads import Spread

__all__ = ["Panel", "batch_dots", "contender_dots", "curves", "width_lines"]


@dataclass(frozen=True)
class Panel:
    """Axes with a line for each contender: the measured values at each position along x."""

    title: str
    lines: Mapping[str, dict[float, Spread]]
    x_label: str = ""


def contender_dots(
    panels: Mapping[str, Mapping[str, Spread]], name: str, label: str, limit: bool = False
) -> str:
    """Draws the contenders of each workload below each other, on a log axis for the value.

    Args:
        panels: The panels by workload and contender; not empty.
        name: The name of the figure, unique within a page.
        label: The label of the value's axis.
        limit: Whether to mark the value 1.
    """
    contenders = in_order(contender for values in panels.values() for contender in values)
    everything = [spread for values in panels.values() for spread in values.values()]
    marks = [1.0] if limit else []
    low = min([*marks, *(spread.low for spread in everything)]) / 1.3
    high = max([*marks, *(spread.high for spread in everything)]) * 1.3
    with figure_of(len(panels), height=0.8 + 0.18 * len(contenders)) as (figure, all_axes):
        for at, (axes, (title, values)) in enumerate(zip(all_axes, panels.items(), strict=True)):
            for place, contender in enumerate(contenders):
                if contender in values:
                    value, look = values[contender], style(contender)
                    axes.plot([value.low, value.high], [place] * 2, color=look["color"], lw=1.6)
                    axes.plot([value.median], [place], **{**look, "linestyle": ""})
            for mark in marks:
                axes.axvline(mark, color="#1c1f24", linewidth=1)
            axes.set_title(title, loc="left")
            axes.set_xscale("log")
            axes.set_xlim(low, high)
            log_ticks(axes.xaxis, low, high)
            axes.set_ylim(len(contenders) - 0.4, -0.6)
            axes.set_yticks(range(len(contenders)), contenders if at % COLUMNS == 0 else "")
            mark_embedded(axes)
        figure.supxlabel(label, fontsize=9.5)
        return svg_of(figure, name)


def width_lines(panels: Sequence[Panel], name: str, y_label: str) -> str:
    """Draws the cost of a row against its width, on two log axes."""
    with figure_of(len(panels), height=3.6) as (figure, all_axes):
        for axes, panel in zip(all_axes, panels, strict=True):
            for contender in in_order(panel.lines):
                with_range(axes, panel.lines[contender], **style(contender))
            axes.set_title(panel.title, loc="left")
            axes.set_xscale("log")
            axes.set_yscale("log")
            places = sorted({at for points in panel.lines.values() for at in points})
            axes.set_xticks(places, [tick_text(at) for at in places])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlabel(panel.x_label)
            log_ticks(axes.yaxis, *axes.get_ylim())
        all_axes[0].set_ylabel(y_label)
        legend(figure, (contender for panel in panels for contender in panel.lines))
        return svg_of(figure, name)


def curves(panels: Sequence[Panel], name: str, x_names: Sequence[str], y_label: str) -> str:
    """Draws a line for each contender over evenly spaced positions, with one log axis for all."""
    with figure_of(len(panels), height=2.8, share_y=True) as (figure, all_axes):
        for at, (axes, panel) in enumerate(zip(all_axes, panels, strict=True)):
            for contender in in_order(panel.lines):
                with_range(axes, panel.lines[contender], **style(contender))
            axes.set_title(panel.title, loc="left")
            axes.set_yscale("log")
            axes.set_xlim(-0.3, len(x_names) - 0.7)
            axes.set_xticks(range(len(x_names)), x_names)
            if at % COLUMNS == 0:
                axes.set_ylabel(y_label)
        log_ticks(all_axes[0].yaxis, *all_axes[0].get_ylim())
        legend(figure, (contender for panel in panels for contender in panel.lines))
        return svg_of(figure, name)


def batch_dots(workloads: Mapping[str, Mapping[str, Spread]], name: str, label: str) -> str:
    """Draws a dot for each load, darker for a higher one, with the workloads below each other.

    Args:
        workloads: The values by workload and load; at most four loads, from low to high.
        name: The name of the figure, unique within a page.
        label: The label of the value's axis.
    """
    loads = list(dict.fromkeys(load for values in workloads.values() for load in values))
    colours = dict(zip(loads, LOAD_COLOURS[-len(loads) :], strict=True))
    with figure_of(1, height=1.2 + 0.24 * len(workloads), width=6) as (figure, (axes,)):
        for place, values in enumerate(workloads.values()):
            for load, value in values.items():
                axes.plot([value.low, value.high], [place] * 2, color=colours[load], lw=2)
                axes.plot([value.median], [place], "s", color=colours[load], markersize=6.5)
        axes.set_xscale("log")
        log_ticks(axes.xaxis, *axes.get_xlim())
        axes.set_xlabel(label)
        axes.set_ylim(len(workloads) - 0.4, -0.6)
        axes.set_yticks(range(len(workloads)), list(workloads))
        handles = [
            Line2D([], [], color=colours[load], marker="s", linestyle="", label=load)
            for load in loads
        ]
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
        return svg_of(figure, name)
