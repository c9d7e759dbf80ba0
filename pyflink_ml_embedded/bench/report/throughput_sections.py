"""The parts of a report that tell of saturated jobs: summary, throughput, cost."""

from __future__ import annotations

import re

from ..contenders import ALTERNATIVES, BATCH_CONTENDERS, CONTENDERS, EMBEDDED, LIMITS
from .document import Plot, Section, Table, Text, spread_text
from .measured import cpu, first_row, limit, peak, rate
from .plots import Panel, contender_dots, width_lines
from .records import Workload, values
from .results import Results
from .statistics import Spread, ratio, spread

__all__ = ["cost_section", "summary_section", "throughput_section"]

_RIVALS = ("process-row", "process-pandas", "thread", "pemja", "http", "java-onnx")
_VARIANT = re.compile(r"-(latency|throughput|\d+)$")
_WIDTHS = {
    "doubles": "columns",
    "strings": "bytes in each of 4 strings",
    "json": "bytes of JSON",
}


def summary_section(results: Results) -> Section:
    """Returns our throughput as ratios to what else a user would pick."""
    return Section(
        "Summary",
        (
            Text(
                f"Throughput of ours at parallelism {results.parallelisms[0]}, and ours divided by"
                " that of each other way: above 1 ours is faster. '/ limit' is how much of the"
                " limit ours reaches."
            ),
            *(_summary_table(results, ours) for ours in EMBEDDED),
        ),
    )


def _summary_table(results: Results, ours: str) -> Table:
    rows = []
    for workload in results.workloads:
        mine = rate(results, workload.name, ours)
        ratios = [ratio(mine, rate(results, workload.name, other)) for other in _RIVALS]
        bound = ratio(mine, limit(results, workload.name, ours))
        cells = [spread(mine.values()), *ratios, bound]
        rows.append((workload.name, *map(spread_text, cells)))
    header = (ours, "rows/s", *(f"/ {other}" for other in _RIVALS), "/ limit")
    return Table(header, tuple(rows))


def throughput_section(results: Results) -> Section:
    """Returns plots, and the tables of all contenders by workload."""
    plots = []
    ratios = {
        workload.name: _known(
            {
                name: ratio(rate(results, workload.name, name), limit(results, workload.name, name))
                for name in CONTENDERS
                if name not in LIMITS
            }
        )
        for workload in results.workloads
    }
    if shown := {name: values for name, values in ratios.items() if values}:
        plots.append(
            Plot(
                contender_dots(shown, "limit", "rows/s, as a ratio to the limit", limit=True),
                "Throughput as a ratio to the limit, which the black line marks: dots are medians,"
                " bars go from extreme to extreme.",
            )
        )
    if panels := [
        panel for family in _WIDTHS if _has_widths(panel := _width_panel(results, family))
    ]:
        plots.append(
            Plot(
                width_lines(panels, "width", "microseconds a row"),
                "What a row costs in the whole job, against its width; both axes are logarithmic.",
            )
        )
    if panels := [
        panel for each in results.workloads if _has_widths(panel := _batch_panel(results, each))
    ]:
        plots.append(
            Plot(
                width_lines(panels, "batch-size", "microseconds a row"),
                "What a row costs in the whole job, against the most rows of a batch (ours) or of"
                " a bundle (PyFlink); both axes are logarithmic.",
            )
        )
    tables = tuple(
        Section(f"{workload.name}: {workload.title}", blocks)
        for workload in results.workloads
        if (blocks := _workload_blocks(results, workload))
    )
    return Section("Throughput", tuple(plots), tables)


def _workload_blocks(results: Results, workload: Workload) -> tuple[Text | Table, ...]:
    blocks: list[Text | Table] = []
    for parallelism in results.parallelisms:
        table = _workload_table(results, workload.name, parallelism)
        if table.rows:
            blocks += [Text(f"Parallelism {parallelism}:"), table]
    return tuple(blocks)


def _workload_table(results: Results, workload: str, parallelism: int) -> Table:
    """Compares with the limit at the smallest parallelism, and with that one at the others."""
    least = results.parallelisms[0]
    rows = []
    for contender in CONTENDERS:
        runs = results.throughput_of(workload, contender, parallelism)
        if not runs:
            continue
        rates = rate(results, workload, contender, parallelism)
        base = rate if parallelism > least else limit
        cells = (
            spread(rates.values()),
            ratio(rates, base(results, workload, contender)),
            spread(cpu(results, workload, contender, parallelism).values()),
            spread(peak(results, workload, contender, parallelism).values()),
            spread(first_row(results, workload, contender, False, parallelism).values()),
            spread(first_row(results, workload, contender, True, parallelism).values()),
            spread(values(runs, lambda run: run.mean_batch_rows).values()),
        )
        rows.append((contender, *map(spread_text, cells)))
    header = (
        "contender",
        "rows/s",
        f"/ itself at {least}" if parallelism > least else "/ limit",
        "CPU s / 1M rows",
        "peak MB",
        "first row cold, s",
        "first row warm, s",
        "rows in a batch",
    )
    return Table(header, tuple(rows))


def _width_panel(results: Results, family: str) -> Panel:
    lines: dict[str, dict[float, Spread]] = {}
    for workload in results.workloads:
        if not (match := re.fullmatch(rf"{family}_(\d+)", workload.name)):
            continue
        for contender in CONTENDERS:
            rates = rate(results, workload.name, contender).values()
            if found := spread(1e6 / each for each in rates):
                lines.setdefault(contender, {})[float(match[1])] = found
    return Panel(family, lines, _WIDTHS[family])


def _batch_panel(results: Results, workload: Workload) -> Panel:
    lines: dict[str, dict[float, Spread]] = {}
    for name, contender in CONTENDERS.items():
        if contender.most_rows is None:
            continue
        rates = rate(results, workload.name, name).values()
        if found := spread(1e6 / each for each in rates):
            family = _VARIANT.sub("", name)
            lines.setdefault(family, {})[float(contender.most_rows)] = found
    return Panel(workload.name, lines, "most rows")


def _has_widths(panel: Panel) -> bool:
    """Returns whether there is more than one point to compare."""
    return len({width for points in panel.lines.values() for width in points}) > 1


def cost_section(results: Results) -> Section:
    """Returns CPU seconds per million rows, and ratios to ours of the same kind."""
    costs = {
        workload.name: _known(
            {name: spread(cpu(results, workload.name, name).values()) for name in CONTENDERS}
        )
        for workload in results.workloads
    }
    shown = {name: values for name, values in costs.items() if values}
    if not shown:
        return Section("Cost", (Text("No throughput was measured."),))
    plot = Plot(
        contender_dots(shown, "cpu", "CPU seconds per million rows"),
        "CPU seconds per million rows, of all processes of the job together; farther left is"
        " cheaper.",
    )
    rows_cpu, rows_ratio = [], []
    others = [*ALTERNATIVES, *LIMITS]
    for workload in shown:
        rows_cpu.append((workload, *(spread_text(costs[workload].get(c)) for c in CONTENDERS)))
        rows_ratio.append((workload, *(_cost_ratio(results, workload, c) for c in others)))
    return Section(
        "Cost",
        (
            plot,
            Text("CPU seconds per million rows:"),
            Table(("workload", *CONTENDERS), tuple(rows_cpu)),
            Text(
                "Divided by those of ours: by embedded-batch for contenders that call the model"
                " with batches, by embedded-row for the others. Above 1 ours is cheaper."
            ),
            Table(("workload", *others), tuple(rows_ratio)),
        ),
    )


def _cost_ratio(results: Results, workload: str, contender: str) -> str:
    ours = "embedded-batch" if contender in BATCH_CONTENDERS else "embedded-row"
    return spread_text(ratio(cpu(results, workload, contender), cpu(results, workload, ours)))


def _known(found: dict[str, Spread | None]) -> dict[str, Spread]:
    return {name: value for name, value in found.items() if value is not None}
