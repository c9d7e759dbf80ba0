# SPDX-License-Identifier: Apache-2.0
"""Finds measures that became faster or slower between two results directories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from scipy.stats import mannwhitneyu

from .render import render
from .results import Results, load
from .spreads import number

__all__ = ["Comparison", "compare"]

_SIGNIFICANT = 0.05  # a change is significant below this p value
_LEAST_CHANGE = 5.0  # percent; a smaller change is not worth a verdict
_OTHER_RATE = 0.1  # of the offered rates; above it, latencies are hard to compare
_CASE = ["workload", "contender", "parallelism", "load", "share"]

# Kind of run -> title and column of a measure, and whether more of it is better.
_MEASURES = {
    "throughput": (
        ("rows/s", "rows_per_second", True),
        ("CPU s / 1M rows", "cpu_seconds_per_million_rows", False),
    ),
    "latency": (("p50, us", "p50", False), ("p99, us", "p99", False)),
}


@dataclass(frozen=True)
class Comparison:
    """The differences between two results directories.

    Attributes:
        a: the baseline.
        b: the results to judge.
        changes: a row for each measure of a case that both have: medians ``a`` and ``b``, the
            change in ``percent``, its ``p`` value, whether it is ``testable``, and the ``verdict``:
            'regression', 'improvement', 'too few repetitions' or ''.
        warnings: reasons why the two are hard to compare.
    """

    a: Results
    b: Results
    changes: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def regressions(self) -> pd.DataFrame:
        """The regressions of embedded systems, which make a comparison fail."""
        changes = self.changes
        is_embedded = changes["contender"].astype(str).str.startswith("embedded-")
        return changes[(changes["verdict"] == "regression") & is_embedded]

    def __str__(self) -> str:
        """Returns every change as Markdown, then the verdicts, then the regressions."""
        tested = int(self.changes["testable"].sum())
        return render(
            "comparison.md.j2",
            a=self.a,
            b=self.b,
            warnings=self.warnings,
            changes=_table(self.changes),
            regressions=_table(self.regressions),
            verdicts=Counter(self.changes["verdict"]),
            tested=tested,
            expected_by_chance=number(tested * _SIGNIFICANT),
            significant=_SIGNIFICANT,
            least_change=_LEAST_CHANGE,
        )


def compare(a: Path, b: Path) -> Comparison:
    """Tests each case that is in both directories.

    Raises:
        ResultsError: A file of the results is missing or broken.
    """
    first, second = load(a), load(b)
    labels = ["workload", "contender", "parallelism", "load", "measure"]
    figures = ["a", "b", "percent", "p", "testable", "verdict"]
    changes = pd.DataFrame(list(_changes(first, second)), columns=[*labels, *figures])
    return Comparison(first, second, changes, tuple(_warnings(first, second)))


def _changes(a: Results, b: Results) -> Iterator[tuple[Any, ...]]:
    for kind, measures in _MEASURES.items():
        cases_a, cases_b = _cases(a, kind), _cases(b, kind)
        for case, before in cases_a.items():
            for title, column, more_is_better in measures if case in cases_b else ():
                old, new = before[column].dropna(), cases_b[case][column].dropna()
                if len(old) and len(new):
                    workload, contender, parallelism, load_name, share = case
                    at = f"{share:.0%} of {load_name}" if load_name else "saturated"
                    yield (
                        *(workload, contender, parallelism, at, title),
                        *_change(old.tolist(), new.tolist(), more_is_better),
                    )


def _cases(results: Results, kind: str) -> dict[Any, pd.DataFrame]:
    """Returns the repetitions of each case; the key of a saturated one has no load."""
    runs = results.runs[results.runs["kind"] == kind]
    keys = runs[_CASE].astype(object).where(runs[_CASE].notna(), "")
    return dict(iter(runs.groupby([keys[name] for name in _CASE], sort=False)))


def _change(old: list[float], new: list[float], more_is_better: bool) -> tuple[Any, ...]:
    p = float(mannwhitneyu(old, new, alternative="two-sided", method="exact").pvalue)
    percent = 100 * (median(new) / median(old) - 1)
    least_p = 2 / comb(len(old) + len(new), len(old))  # of these numbers of repetitions
    testable = least_p < _SIGNIFICANT
    if not testable:
        verdict = "too few repetitions"
    elif p >= _SIGNIFICANT or abs(percent) < _LEAST_CHANGE:
        verdict = ""
    else:
        verdict = "improvement" if (percent > 0) == more_is_better else "regression"
    return median(old), median(new), percent, p, testable, verdict


def _table(changes: pd.DataFrame) -> pd.DataFrame:
    labels = ["workload", "contender", "parallelism", "load", "measure", "verdict"]
    return pd.DataFrame(
        {
            **{name: changes[name] for name in labels},
            "a": changes["a"].map(number),
            "b": changes["b"].map(number),
            "change": changes["percent"].map("{:+.1f} %".format),
            "p": changes["p"].map("{:.4f}".format),
        }
    ).set_index(labels)


def _warnings(a: Results, b: Results) -> Iterator[str]:
    for name, of_a, of_b in _facts(a, b):
        if of_a != of_b:
            yield f"{name} differs: {of_a} and {of_b}"
    offered_a, offered_b = (
        pd.Series({case: runs["offered_rows_per_second"].median() for case, runs in cases.items()})
        for cases in (_cases(a, "latency"), _cases(b, "latency"))
    )
    other_rates = int(((offered_b / offered_a - 1).abs() > _OTHER_RATE).sum())
    if other_rates:
        yield (
            f"{other_rates} latency cases were offered rates that differ by more than"
            f" {_OTHER_RATE:.0%}: a load is a share of a maximum that each directory measured"
        )


def _facts(a: Results, b: Results) -> Iterator[tuple[str, object, object]]:
    for name in ("cpu", "cpus", "memory_bytes", "system", "java", "python", "python_cflags"):
        yield name, a.machine[name], b.machine[name]
    for name in sorted(a.versions.keys() | b.versions.keys()):
        yield name, a.versions.get(name, "none"), b.versions.get(name, "none")
    one, other = a.machine["settings"], b.machine["settings"]
    for name in sorted(one.keys() | other.keys()):
        yield f"setting '{name}'", one.get(name), other.get(name)
