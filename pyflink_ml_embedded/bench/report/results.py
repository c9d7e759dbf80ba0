# SPDX-License-Identifier: Apache-2.0
"""Reads a results directory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..contenders import CONTENDERS
from ..results_format import EXCLUSIONS, LOADS, MACHINE, PERCENTILES, RUNS, WORKLOADS
from .records import (
    CASE,
    MACHINE_KEYS,
    ResultsError,
    read_json,
    read_machine,
    read_records,
    read_runs,
)

__all__ = ["Results", "ResultsError", "load", "read_json"]

_WORKLOAD_KEYS = ("name", "title", "input", "output", "columns", "row_bytes")
_EXCLUSION_KEYS = (("workload", "contender", "reason"), ("measure", "parallelism"))
_THROUGHPUT_KEYS = ("rows_per_second", "cpu_seconds_per_million_rows", "peak_bytes")


@dataclass(frozen=True)
class Results:
    """A results directory.

    Attributes:
        directory: the path of the directory.
        machine: where, when and how the runs were made. Unknown keys are packages, with
            their versions.
        workloads: the rows that all contenders get, by name.
        exclusions: cases that were not run, and why; ``measure`` and ``parallelism`` are None
            where all are left out.
        runs: a row for each run that ended well. Contenders, workloads and loads are categories
            in the order of reports; a column is NaN for runs of the other kind. ``steady`` and
            ``other_cpus`` are None where they were not recorded.
        failures: the other runs, with the last lines of their output as ``error``.
    """

    directory: Path
    machine: dict[str, Any]
    workloads: pd.DataFrame
    exclusions: pd.DataFrame
    runs: pd.DataFrame
    failures: pd.DataFrame

    @cached_property
    def parallelisms(self) -> tuple[int, ...]:
        """The parallelisms of the jobs, smallest first, without the bare loops."""
        jobs = self.runs[~self.runs["contender"].str.startswith("loop-")]
        return tuple(sorted(set(jobs["parallelism"].tolist()))) or (1,)

    @property
    def repetitions(self) -> str:
        """How many repetitions the figures are from, as a sentence."""
        count = self.runs["repetition"].nunique()
        if count == 1:
            return "One repetition, so small differences may be noise."
        return f"Medians of {count} repetitions at most, with extremes in brackets."

    @property
    def code(self) -> str:
        """The commit, and whether there were uncommitted changes."""
        if not self.machine["commit"]:
            return "no checkout"
        changes = " with changes" if self.machine["uncommitted_changes"] else ""
        return f"commit {self.machine['commit'][:12]}{changes}"

    @property
    def versions(self) -> dict[str, str]:
        """The versions of packages, by name."""
        return {key: value for key, value in self.machine.items() if key not in MACHINE_KEYS}

    def throughput(self, measure: str, parallelism: int | None = None) -> pd.DataFrame:
        """Returns a measure of the saturated jobs by workload and repetition.

        Args:
            measure: a column of ``runs``.
            parallelism: the parallelism of the jobs; None for the smallest.

        Returns:
            a column for each contender, NaN if it was not measured.
        """
        runs = self.runs[
            (self.runs["kind"] == "throughput")
            & (self.runs["parallelism"] == (parallelism or self.parallelisms[0]))
        ]
        return _by_contender(runs, measure)

    @property
    def latency(self) -> pd.DataFrame:
        """The paced jobs at the smallest parallelism."""
        runs = self.runs
        return runs[(runs["kind"] == "latency") & (runs["parallelism"] == self.parallelisms[0])]

    def paced(self, measure: str, load: str, share: float, kept_up: bool = False) -> pd.DataFrame:
        """Returns a measure of the paced jobs by workload and repetition.

        Args:
            measure: a column of ``runs``.
            load: one of ``LOADS``.
            share: the share of that maximum.
            kept_up: whether to exclude runs that did not keep up, which measure the queue.

        Returns:
            a column for each contender, NaN if it was not measured.
        """
        runs = self.latency
        runs = runs[(runs["load"] == load) & (runs["share"] == share)]
        return _by_contender(runs[runs["kept_up"]] if kept_up else runs, measure)


def _by_contender(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    keys = ["workload", "repetition", "contender"]
    table = runs.set_index(keys)[measure].unstack("contender")
    return table.reindex(columns=list(CONTENDERS)).astype(float)


def load(directory: Path) -> Results:
    """Reads a results directory.

    Raises:
        ResultsError: A file is missing or broken.
    """
    machine = read_machine(directory / MACHINE)
    workloads = pd.DataFrame(
        read_records(directory / WORKLOADS, _WORKLOAD_KEYS), columns=_WORKLOAD_KEYS
    )
    exclusions = read_records(directory / EXCLUSIONS, *_EXCLUSION_KEYS)
    names = workloads["name"].tolist()
    runs = list(read_runs(directory / RUNS, names))
    measured = [run for run in runs if "error" not in run]
    return Results(
        directory,
        machine,
        workloads.set_index("name"),
        pd.DataFrame(exclusions, columns=sum(_EXCLUSION_KEYS, ()), dtype=object),
        _frame(measured, names),
        _frame([run for run in runs if "error" in run], names),
    )


def _frame(runs: list[dict[str, Any]], workloads: list[str]) -> pd.DataFrame:
    percentiles = [*PERCENTILES, "max", "offered_rows_per_second", "mean_batch_rows"]
    columns = [*CASE, "load", "share", "error", "rows", *_THROUGHPUT_KEYS, "cold", "warm"]
    quality = ["kept_up", "steady", "other_cpus"]
    frame = pd.DataFrame(runs, columns=[*columns, *percentiles, *quality])
    frame["kept_up"] = frame["kept_up"].eq(True)
    for name, values in (
        ("contender", list(CONTENDERS)),
        ("workload", workloads),
        ("load", list(LOADS)),
    ):
        frame[name] = pd.Categorical(frame[name], values)
    return frame
