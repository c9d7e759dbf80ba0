# SPDX-License-Identifier: Apache-2.0
"""Finds measures that became faster or slower between two results directories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from scipy.stats import mannwhitneyu

from ..contenders import CONTENDERS
from .render import render
from .results import Results, load
from .spreads import number

__all__ = ["Comparison", "compare"]

_SIGNIFICANT = 0.05  # a change is significant below this p value
_LEAST_CHANGE = 5.0  # percent; a smaller change is not worth a verdict
_OTHER_RATE = 0.1  # of the offered rates; above it, latencies are hard to compare
_CASE = ["workload", "contender", "parallelism", "load", "share"]
_PROVIDER = [name for name, each in CONTENDERS.items() if each.execution_mode is not None]
_OPTIONS = ("--seconds", "--warm-up", "--rows", "--option")  # of bench, which change figures

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
        failures: cases of the provider that were measured in ``a`` and only fail in ``b``.
        warnings: reasons why the two are hard to compare.
    """

    a: Results
    b: Results
    changes: pd.DataFrame
    failures: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def regressions(self) -> pd.DataFrame:
        """The regressions of the provider, which make a comparison fail."""
        return self._of_provider[self._of_provider["verdict"] == "regression"]

    @property
    def passes(self) -> bool:
        """Whether the provider was tested, and has neither regressions nor failures."""
        tested = bool(self._of_provider["testable"].any())
        return tested and self.regressions.empty and not self.failures

    @property
    def _of_provider(self) -> pd.DataFrame:
        return self.changes[self.changes["contender"].isin(_PROVIDER)]

    def __str__(self) -> str:
        """Returns every change as Markdown, then the verdicts, then why the comparison fails."""
        tested = int(self.changes["testable"].sum())
        return render(
            "comparison.md.j2",
            a=self.a,
            b=self.b,
            warnings=self.warnings,
            changes=_table(self.changes),
            regressions=_table(self.regressions),
            failures=self.failures,
            verdicts=Counter(self.changes["verdict"]),
            tested=tested,
            tested_of_provider=int(self._of_provider["testable"].sum()),
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
    failures, warnings = tuple(_failures(first, second)), tuple(_warnings(first, second))
    return Comparison(first, second, changes, failures, warnings)


def _changes(a: Results, b: Results) -> Iterator[tuple[Any, ...]]:
    for kind, measures in _MEASURES.items():
        cases_a, cases_b = _cases(a.runs, kind), _cases(b.runs, kind)
        for case, before in cases_a.items():
            for title, column, more_is_better in measures if case in cases_b else ():
                old, new = before[column].dropna(), cases_b[case][column].dropna()
                if len(old) and len(new):
                    yield (
                        *_labels(case),
                        title,
                        *_change(old.tolist(), new.tolist(), more_is_better),
                    )


def _failures(a: Results, b: Results) -> Iterator[str]:
    for kind in _MEASURES:
        only_failed = _cases(b.failures, kind).keys() - _cases(b.runs, kind).keys()
        for case in _cases(a.runs, kind):
            workload, contender, parallelism, at = _labels(case)
            if case in only_failed and contender in _PROVIDER:
                yield f"{workload}, {contender}, parallelism {parallelism}, {at}"


def _labels(case: Any) -> tuple[str, str, int, str]:
    workload, contender, parallelism, load_name, share = case
    at = f"{share:.0%} of {load_name}" if load_name else "saturated"
    return workload, contender, parallelism, at


def _cases(runs: pd.DataFrame, kind: str) -> dict[Any, pd.DataFrame]:
    """Returns the repetitions of each case; the key of a saturated one has no load."""
    runs = runs[runs["kind"] == kind]
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
    in_a, in_b = (
        {(kind, case) for kind in _MEASURES for case in _cases(each.runs, kind)} for each in (a, b)
    )
    if in_a != in_b:
        only_a, only_b = len(in_a - in_b), len(in_b - in_a)
        yield f"cases in one directory only, which are not compared: {only_a} in a, {only_b} in b"
    offered_a, offered_b = (
        {case: runs["offered_rows_per_second"].median() for case, runs in cases.items()}
        for cases in (_cases(a.runs, "latency"), _cases(b.runs, "latency"))
    )
    other_rates = sum(
        abs(offered_b[case] / offered_a[case] - 1) > _OTHER_RATE
        for case in offered_a.keys() & offered_b.keys()
    )
    if other_rates:
        yield (
            f"{other_rates} latency cases were offered rates that differ by more than"
            f" {_OTHER_RATE:.0%}: a load is a share of a maximum that each directory measured"
        )


def _facts(a: Results, b: Results) -> Iterator[tuple[str, object, object]]:
    for name in ("cpu", "cpus", "memory_bytes", "system", "java", "python", "python_cflags"):
        yield name, a.machine[name], b.machine[name]
    for name in ("jvm_arguments", "gc", "jit"):  # which early results do not have
        yield name, a.machine.get(name), b.machine.get(name)
    for name in sorted(a.versions.keys() | b.versions.keys()):
        yield name, a.versions.get(name, "none"), b.versions.get(name, "none")
    one, other = _settings(a), _settings(b)
    for name in sorted(one.keys() | other.keys()):
        yield f"setting '{name}'", one.get(name), other.get(name)


def _settings(results: Results) -> dict[str, Any]:
    """Returns the settings, with options that change figures in place of whole commands."""
    settings = dict(results.machine["settings"])
    commands = settings.pop("commands", [])
    return settings | {option: _values(option, commands) for option in _OPTIONS}


def _values(option: str, commands: Sequence[str]) -> str:
    values = {
        value
        for command in commands
        for value in re.findall(rf"(?<!\S){option}[ =](\S+)", command) or ["default"]
    }
    return ", ".join(sorted(values))
