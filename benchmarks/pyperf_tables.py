"""Tables of what pyperf measured of the converters."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

# Direction -> the way that is compared besides the fastest.
_CONVERSIONS = {"from Arrow": "to_pylist", "to Arrow": "from_pylist"}
_OURS = "embedded"
# They do something else than the others, so they are no other way.
_APART = {_OURS, "embedded as batch", "pyflink Row"}

# Contender -> its figures.
_Contenders = dict[str, list[float]]


def pyperf_tables(file: Path) -> str:
    """Returns Markdown tables of a run of ``benchmarks/bench_converters.py``.

    Figures are medians with quartiles, in ns a cell for conversions and in us a batch for the
    steps of a batch. Ratios are of medians; below 1 ours is slower.

    Args:
        file: the JSON that pyperf wrote, with benchmarks named
            ``<direction>: <workload title>: <contender>``.

    Raises:
        KeyError: a benchmark has no ``cells`` in its metadata, or a workload has no figures of
            ours.
    """
    import pyperf  # only needed where benchmarks run

    conversions: dict[str, dict[str, _Contenders]] = {}
    steps: dict[str, _Contenders] = {}
    for benchmark in pyperf.BenchmarkSuite.load(str(file)).get_benchmarks():
        direction, _, rest = benchmark.get_name().partition(": ")
        title, _, contender = rest.rpartition(": ")
        seconds = benchmark.get_values()
        if direction in _CONVERSIONS:
            nanoseconds = [value / benchmark.get_metadata()["cells"] * 1e9 for value in seconds]
            titles = conversions.setdefault(direction, {})
            titles.setdefault(title, {})[contender] = nanoseconds
        else:
            microseconds = [value * 1e6 for value in seconds]
            steps.setdefault(f"{direction}, {title}", {})[contender] = microseconds
    parts = [
        f"### {direction}\n\n{_table('columns', titles, 'ns a cell', _CONVERSIONS[direction])}"
        for direction, titles in conversions.items()
    ]
    if steps:
        parts.append(f"### steps of a batch\n\n{_table('step', steps, 'us a batch')}")
    return "\n\n".join(parts)


def _table(first: str, rows: dict[str, _Contenders], unit: str, baseline: str | None = None) -> str:
    header = [first, f"embedded, {unit}", "fastest other way", f"it, {unit}", "it / embedded"]
    if baseline is not None:
        header.append(f"{baseline} / embedded")
    lines = [header, ["---", *["--:"] * (len(header) - 1)]]
    lines += [[title, *_cells(rows[title], baseline)] for title in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(figures: _Contenders, baseline: str | None) -> list[str]:
    ours = figures[_OURS]
    others = {name: values for name, values in figures.items() if name not in _APART}
    cells = [_with_spread(ours), "", "", ""]
    if others:
        fastest = min(others, key=lambda name: statistics.median(others[name]))
        values = others[fastest]
        cells[1:] = [f"`{fastest}`", _with_spread(values), _ratio(values, ours)]
    if baseline is not None:
        cells.append(_ratio(figures[baseline], ours) if baseline in figures else "")
    return cells


def _ratio(values: Sequence[float], ours: Sequence[float]) -> str:
    return f"{statistics.median(values) / statistics.median(ours):.2f}"


def _with_spread(values: Sequence[float]) -> str:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:.1f} ({low:.1f}..{high:.1f})"
