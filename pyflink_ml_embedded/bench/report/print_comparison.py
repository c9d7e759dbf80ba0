"""Prints a comparison of two results directories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .compare import LEAST_CHANGE, SIGNIFICANT, Change, Comparison
from .document import Table, number
from .markdown import markdown_table

__all__ = ["print_comparison"]


def print_comparison(comparison: Comparison) -> None:
    """Prints every case as a Markdown table, then the verdicts; last what became worse of ours."""
    for name, results in (("a", comparison.a), ("b", comparison.b)):
        machine = results.machine
        when = machine.time.isoformat(timespec="seconds")
        print(f"{name}: {results.directory}, {when}, {machine.code}")
    for warning in comparison.warnings:
        print(f"WARNING: {warning}")
    print()
    if not comparison.changes:
        print("No case is in both.")
        return
    print(_table(comparison.changes))
    print()
    print(_verdicts(comparison.changes))
    if comparison.regressions:
        print(f"\nRegressions of ours: {len(comparison.regressions)}\n")
        print(_table(comparison.regressions))
    else:
        print("No regression of ours.")


def _table(changes: Sequence[Change]) -> str:
    header = ("workload", "contender", "parallelism", "load", "measure", "verdict")
    return markdown_table(
        Table((*header, "a", "b", "change", "p"), tuple(map(_row, changes)), labels=len(header))
    )


def _row(change: Change) -> tuple[str, ...]:
    case = change.case
    return (
        case.workload,
        case.contender,
        str(case.parallelism),
        "saturated" if case.share is None else f"{case.share:.0%} of {case.load}",
        change.measure,
        change.verdict,
        number(change.a),
        number(change.b),
        f"{change.percent:+.1f} %",
        f"{change.p:.4f}",
    )


def _verdicts(changes: Sequence[Change]) -> str:
    verdicts = Counter(change.verdict for change in changes)
    tested = sum(change.testable for change in changes)
    return (
        f"{len(changes)} comparisons: {verdicts['regression']} regressions,"
        f" {verdicts['improvement']} improvements, {verdicts['']} without a verdict,"
        f" {verdicts['too few repetitions']} with too few repetitions. A verdict needs p <"
        f" {SIGNIFICANT} (two-sided Mann-Whitney U, exact) and a change of at least"
        f" {LEAST_CHANGE:g} %. Where nothing has changed, chance alone brings p below"
        f" {SIGNIFICANT} in up to {number(tested * SIGNIFICANT)} of {tested} tests."
    )
