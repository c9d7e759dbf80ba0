# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded predict``: predicts a file, without Flink."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .model_arguments import add_model_arguments, errors_of_model, model_of
from .output import CommandError, Commands, Outcome, UsageError, add_command

if TYPE_CHECKING:
    import pyarrow as pa

    from .._local.model import LocalFunction, LocalModel

__all__ = ["add_parser"]

_ROWS_IN_MEMORY = 16_384
_PROGRESS_SECONDS = 0.2


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    command = add_command(
        commands,
        "predict",
        "predict the rows of a file with a model, without Flink",
        _run,
        example="predict models/digits --data digits.parquet -o labels.parquet",
    )
    add_model_arguments(command)
    command.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="a .csv, .jsonl or .parquet file"
    )
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="the file for the rows and their results, of one of the same formats; it is replaced",
    )


def _run(arguments: argparse.Namespace) -> Outcome:
    from .data.writing import check_output

    if arguments.output.resolve() == arguments.data.resolve():
        raise UsageError("--output is the file of --data. Give another file")
    check_output(arguments.output)
    began = time.monotonic()
    with errors_of_model():
        rows, results = _predict_file(model_of(arguments), arguments.data, arguments.output)
    seconds = time.monotonic() - began
    return Outcome(
        True,
        {"rows": rows, "results": results, "seconds": round(seconds, 3)},
        f"Predicted {rows} rows in {seconds:.1f} s: {results} results in {arguments.output}",
    )


def _predict_file(model: LocalModel, data: Path, output: Path) -> tuple[int, int]:
    """Writes the results of a file; returns the number of its rows, and of the results."""
    from .._local.model import LocalFunction
    from .data.writing import open_output

    written = 0
    with closing(LocalFunction(model, in_batches=True)) as function, _Progress() as progress:
        parts = _predicted(model, function, data)
        first = next(parts, None)
        if first is None:
            raise CommandError(f"'{data}' has no rows")
        with open_output(output, first[1].schema) as write:
            for rows, part in chain([first], parts):
                for batch in part.to_batches():
                    write(batch)
                written += len(part)
                progress.show(rows)
    return rows, written


def _predicted(
    model: LocalModel, function: LocalFunction, data: Path
) -> Iterator[tuple[int, pa.Table]]:
    """Yields parts of the rows beside their results, and the number of all rows up to there."""
    import pyarrow as pa

    from .._local.tables import TablePredictor
    from .data.reading import read_batches

    predictor = TablePredictor(function, model.inputs, model.batch_size)
    rows = 0
    for batch in read_batches(data, model.inputs, _ROWS_IN_MEMORY):
        if len(batch) == 0:
            continue
        results, owners = predictor.predict(batch, first=rows + 1)
        rows += len(batch)
        table = pa.Table.from_batches([batch]).take(pa.array(owners))
        for name, column in _named_columns(pa.Table.from_batches(results), table.column_names):
            table = table.append_column(name, column)
        yield rows, table


def _named_columns(results: pa.Table, taken: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yields the columns; a name that is taken gets a number, as in the results of ML_PREDICT."""
    names = set(taken)
    for name, column in zip(results.column_names, results.columns, strict=True):
        numbered = (f"{name}{number}" for number in count())
        unique = name if name not in names else next(new for new in numbered if new not in names)
        names.add(unique)
        yield unique, column


class _Progress:
    """A line on the terminal with the number of rows."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> _Progress:
        return self

    def show(self, rows: int) -> None:
        if self._is_shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            print(f"\r{rows} rows", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._next:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
