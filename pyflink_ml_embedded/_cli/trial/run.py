# SPDX-License-Identifier: Apache-2.0
"""Predicts rows one by one and in batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from ..._local.model import LocalFunction, LocalModel, PredictError
from ..._native import Row
from ..output import CommandError, UsageError
from .compare import difference

# Rows that fail, or whose results differ, after which no more are looked for.
MAX_PROBLEMS = 10
# How often the sample row is predicted, so that there are times.
_SAMPLE_ROWS = 100
_SAMPLE_SECONDS = 3.0  # after which no more samples are predicted


@dataclass(frozen=True, slots=True)
class Timing:
    """How long predictions took, in seconds.

    Attributes:
        opened: the opening of the model.
        first: the first row.
        median: the median of the rows after it.
        p99: the time that 99 of 100 of them did not exceed.
        rows_per_second: the highest rate of a batch, or 0 if all failed.
        batch_rows: the number of rows of the largest batch.
    """

    opened: float
    first: float
    median: float
    p99: float
    rows_per_second: float
    batch_rows: int


@dataclass(slots=True)
class Trial:
    """What was found.

    Attributes:
        model: the model.
        is_sample: whether the rows are copies of the sample row.
        rows: the rows.
        results: for each row its results, or None if it failed.
        timing: how long it took, or None if no row was predicted.
        problems: what is wrong.
    """

    model: LocalModel
    is_sample: bool
    rows: Sequence[Row] = ()
    results: Sequence[list[Row] | None] = ()
    timing: Timing | None = None
    problems: list[str] = field(default_factory=list)


def try_model(model: LocalModel, data: Path | None, most_rows: int) -> Trial:
    """Predicts the first rows of a file, or a sample row, on both paths.

    Args:
        model: the model.
        data: the file, or None.
        most_rows: how many rows of the file are predicted.

    Raises:
        PredictError: the model cannot be opened or closed.
        CommandError: the file cannot be read.
    """
    if most_rows < 1:
        raise UsageError(f"--rows is {most_rows}; valid is a number from 1 on")
    began = time.perf_counter()
    with closing(LocalFunction(model, in_batches=False)) as function:
        opened = time.perf_counter() - began
        trial = Trial(model, data is None)
        trial.rows = _sample_rows(function) if data is None else _read(model, data, most_rows)
        seconds = _predict_rows(function, trial)
    with closing(LocalFunction(model, in_batches=True)) as function:
        in_batches, per_second, largest = _predict_batches(function, trial)
    if seconds:
        others = sorted(seconds[1:]) or seconds
        trial.timing = Timing(
            opened,
            seconds[0],
            median(others),
            others[min(len(others) - 1, int(0.99 * len(others)))],
            per_second,
            largest,
        )
    _compare(trial, in_batches)
    return trial


def _sample_rows(function: LocalFunction) -> list[Row]:
    row = function.sample_row()
    if row is None:
        raise CommandError(
            "the warm_up_row of the class returns None, so there is no sample row. Give rows with "
            "--data"
        )
    return [row] * _SAMPLE_ROWS


def _read(model: LocalModel, data: Path, most_rows: int) -> list[Row]:
    from ..._local.tables import InputArrays
    from ..data.reading import read_batches

    arrays = InputArrays(model.inputs)
    rows: list[Row] = []
    for batch in read_batches(data, model.inputs, most_rows):
        rows += arrays.rows_of(batch.slice(0, most_rows - len(rows)), first=len(rows) + 1)
        if len(rows) == most_rows:
            break
    if not rows:
        raise CommandError(f"'{data}' has no rows")
    return rows


def _predict_rows(function: LocalFunction, trial: Trial) -> list[float]:
    """Fills the results of the rows, and returns how long each that succeeded took."""
    start = time.perf_counter()
    seconds: list[float] = []
    results: list[list[Row] | None] = []
    for number, row in enumerate(trial.rows, 1):
        began = time.perf_counter()
        try:
            results.append(function.predict_row(row, number))
        except PredictError as error:
            results.append(None)
            trial.problems.append(str(error))
            if trial.is_sample or len(trial.problems) == MAX_PROBLEMS:
                break
        else:
            seconds.append(time.perf_counter() - began)
        if trial.is_sample and time.perf_counter() - start > _SAMPLE_SECONDS:
            break
    trial.rows = trial.rows[: len(results)]
    trial.results = results
    return seconds


def _predict_batches(
    function: LocalFunction, trial: Trial
) -> tuple[list[list[Row] | None], float, int]:
    """Predicts the rows in batches, without those that fail.

    Returns:
        The results of each row; the highest rate of a batch, in rows per second; and the number of
        rows of the largest batch.
    """
    results: list[list[Row] | None] = [None] * len(trial.rows)
    waiting = [index for index, each in enumerate(trial.results) if each is not None]
    rate, largest = 0.0, 0
    while waiting and len(trial.problems) < MAX_PROBLEMS:
        batch = waiting[: trial.model.batch_size]
        rows = [trial.rows[index] for index in batch]
        began = time.perf_counter()
        try:
            predicted = function.predict_rows(rows, [index + 1 for index in batch])
        except PredictError as error:
            trial.problems.append(f"in a batch of {len(rows)} rows: {error}")
            failed = batch if error.row is None else [error.row - 1]
            waiting = [index for index in waiting if index not in failed]
            continue
        rate = max(rate, len(rows) / (time.perf_counter() - began))
        largest = max(largest, len(rows))
        for index, each in zip(batch, predicted, strict=True):
            results[index] = each
        waiting = waiting[len(batch) :]
    return results, rate, largest


def _compare(trial: Trial, in_batches: Sequence[list[Row] | None]) -> None:
    """Adds the rows whose results differ to the problems."""
    for number, (alone, batched) in enumerate(zip(trial.results, in_batches, strict=True), 1):
        if len(trial.problems) >= MAX_PROBLEMS:
            return
        if alone is not None and batched is not None and (found := difference(alone, batched)):
            trial.problems.append(f"row {number}: {found}")
