"""The parts of a report that tell of paced jobs: latency, and batches under load."""

from __future__ import annotations

from ..contenders import CONTENDERS
from .document import Plot, Section, Table, Text, spread_text
from .measured import percentile
from .plots import Panel, batch_dots, curves
from .records import PERCENTILES, LatencyRun, values
from .results import Results
from .statistics import Spread, spread

__all__ = ["batches_section", "latency_section"]

_LOADS = tuple((load, share) for load in ("slowest", "own") for share in (0.1, 0.5, 0.8))


def latency_section(results: Results) -> Section:
    """Returns curves and a table for each workload."""
    inner = tuple(
        Section(workload.name, _workload_blocks(results, workload.name), folded=at > 0)
        for at, workload in enumerate(
            workload
            for workload in results.workloads
            if any(case.workload == workload.name for case in results.latency)
        )
    )
    return Section(
        "Latency",
        (
            Text(
                "Microseconds from when a row was due at the source until the sink had it, so a"
                " row that had to wait for its turn counts with the wait. All contenders get the"
                " same rate at a load of the slowest contender's maximum; at a load of its own"
                " maximum each gets another. A percentile is shown where at least ten rows are"
                " above it. A run did not keep up where its rows came out at less than 98 % of the"
                " rate, the last one later after it was due than the median one: its latency tells"
                " how long the job was, not how fast."
            ),
        )
        if inner
        else (Text("No latency was measured."),),
        inner,
    )


def _workload_blocks(results: Results, workload: str) -> tuple[Plot | Table, ...]:
    panels = [panel for load in _LOADS if (panel := _panel(results, workload, load)).lines]
    plots = [
        Plot(
            curves(panels, f"latency-{workload}", tuple(PERCENTILES), "microseconds"),
            f"Latency on {workload} by percentile; the vertical axis is logarithmic, bars go from"
            " extreme to extreme. Runs that did not keep up are among them; the table tells which.",
        )
    ]
    header = ("load", "share", "contender", "offered rows/s", *PERCENTILES, "max", "")
    rows = [
        _row(results, workload, load, contender, runs)
        for load in _LOADS
        for contender in CONTENDERS
        if (runs := results.latency_of(workload, contender, *load))
    ]
    return (*(plots if panels else ()), Table(header, tuple(rows), labels=3))


def _row(
    results: Results,
    workload: str,
    load: tuple[str, float],
    contender: str,
    runs: dict[int, LatencyRun],
) -> tuple[str, ...]:
    late = sum(not run.kept_up for run in runs.values())
    return (
        load[0],
        f"{load[1]:.0%}",
        contender,
        spread_text(spread(run.offered_rows_per_second for run in runs.values())),
        *(
            spread_text(spread(percentile(results, workload, contender, load, name).values()))
            for name in (*PERCENTILES, "max")
        ),
        f"did not keep up in {late} of {len(runs)}" if late else "",
    )


def _panel(results: Results, workload: str, load: tuple[str, float]) -> Panel:
    lines: dict[str, dict[float, Spread]] = {}
    for contender in CONTENDERS:
        for place, name in enumerate(PERCENTILES):
            measured = percentile(results, workload, contender, load, name)
            if found := spread(measured.values()):
                lines.setdefault(contender, {})[place] = found
    whose = "the slowest's maximum" if load[0] == "slowest" else "its own maximum"
    return Panel(f"{load[1]:.0%} of {whose}", lines)


def batches_section(results: Results) -> Section:
    """Returns how many rows the batches of embedded-batch had, by load."""
    found = {workload.name: _batches(results, workload.name) for workload in results.workloads}
    shown = {name: loads for name, loads in found.items() if loads}
    if not shown:
        return Section("Batches under load", (Text("No batches were measured."),))
    loads = [name for name in _BATCH_LOADS if any(name in each for each in shown.values())]
    rows = tuple((name, *(spread_text(found[name].get(load)) for load in loads)) for name in shown)
    plot = Plot(
        batch_dots(shown, "batches", "rows in a batch of embedded-batch, mean"),
        "Batches grow with the load, because they are what has gathered while the model was busy.",
    )
    return Section("Batches under load", (plot, Table(("workload", *loads), rows)))


_BATCH_LOADS = ("10% of its maximum", "50% of its maximum", "80% of its maximum", "saturated")


def _batches(results: Results, workload: str) -> dict[str, Spread]:
    measured = [
        values(
            results.latency_of(workload, "embedded-batch", "own", share),
            lambda run: run.mean_batch_rows,
        )
        for share in (0.1, 0.5, 0.8)
    ]
    saturated = results.throughput_of(workload, "embedded-batch")
    measured.append(values(saturated, lambda run: run.mean_batch_rows))
    return {
        load: found
        for load, batches in zip(_BATCH_LOADS, measured, strict=True)
        if (found := spread(batches.values()))
    }
