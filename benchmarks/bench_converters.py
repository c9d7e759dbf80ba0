# SPDX-License-Identifier: Apache-2.0
"""How fast do Columns and the alternatives convert cells from Arrow to Python and back?

From Arrow, all contenders read the same memory, and the time includes freeing the results:

- embedded: ``Columns.rows()``, a list of Row with all values made.
- to_pylist: ``zip(*[column.to_pylist() for column in batch.columns])``.
- batch.to_pylist: ``batch.to_pylist()``, a list of dicts.
- pandas: ``to_pandas(timestamp_as_object=True).itertuples(index=False, name=None)``, if its
  values are correct.
- others: ``zip(*[way(column) for column in batch.columns])``, with the conversions by
  pyarrow and numpy that are fast and correct for the type, such as ``to_numpy().tolist()`` for a
  DOUBLE without nulls.
- pyflink Row: ``pyflink.common.Row(*values)`` of existing values. It converts nothing and shows
  the cost of the Rows in PyFlink. It does not count as the fastest alternative.

To Arrow, all contenders write the same tuples:

- embedded: ``Columns.write(rows)``, into memory that it reuses.
- embedded as batch: the same, and ``pa.record_batch(columns)``.
- pa.array: ``pa.array(values, type)`` of each column of ``zip(*rows)``.
- from_pylist: ``pa.RecordBatch.from_pylist`` of existing dicts.
- pandas: ``pa.RecordBatch.from_pandas`` of a DataFrame, if its values are correct.
- others: as ``pa.array``, with the conversions that are fast for the type.

A batch has 32 DOUBLEs, and ``predict_batch`` returns an existing float32 matrix of two columns.
These steps are measured, each with the minimum that an alternative must do:

- batch in: the columns that Java writes become a RecordBatch, through the C Data Interface.
  Alternative: ``RecordBatch.from_arrays`` of ready arrays.
- batch matrix: ``feature_matrix(batch)`` makes float32 of all columns.
  Alternative: ``numpy.stack`` of the columns as numpy arrays.
- batch out: the result is checked and written to the columns that Java reads.
  Alternative: ``numpy.copyto`` of its transpose, into a ready array of doubles.
- batch in and out: both, with the call of ``predict_batch``, which ignores its input.

The output of each is checked before it is timed. The pandas.Timestamp that pyarrow makes of a
TIMESTAMP(9) counts as a datetime. A cell is a value of a column, or an element of an ARRAY that is
a list. Strings have 10 to 20 characters, BYTES 10 to 20 bytes, and a MAP has 4 entries. Strings
that are not ASCII mix scripts at random, which is the worst case for a decoder. A DECIMAL has the
maximum number of digits. CPython caches the UTF-8 of a str that is not ASCII, so only the first
write of either converter encodes it.

pyperf runs each contender in its own processes. The garbage collector is on, as it is for users, so
the time includes its work on new objects. The objects of the benchmark itself are frozen. The
metadata of each benchmark has the number of ``cells`` of a call.
"""

from __future__ import annotations

import argparse
import functools
import gc
import itertools
import time
from collections.abc import Callable
from typing import Any

import pyperf
from _rows import DIRECTIONS, WORKLOADS, Workload, count_cells
from _steps import BATCH_ROWS, STEPS, make_step

_BATCHES = "batches"
_TITLES = (*WORKLOADS, _BATCHES)
_DEFAULT_TITLES = (
    "DOUBLE, 1024 x 32",
    "STRING, ASCII",
    "TIMESTAMP(6)",
    "DECIMAL(10, 2)",
    "10 mixed cells",
    "1 row of 10 mixed cells",
    _BATCHES,
)


def _time(loops: int, make: Callable[[], Callable[[], Any]]) -> float:
    """Returns how many seconds the calls of the function from ``make`` take."""
    contend = make()
    gc.collect()
    start = time.perf_counter()
    for _ in itertools.repeat(None, loops):
        contend()
    return time.perf_counter() - start


@functools.cache
def _contender(direction: str, title: str, name: str) -> Callable[[], Any]:
    contend = Workload(WORKLOADS[title]).contender(direction, name)
    gc.collect()
    gc.freeze()
    return contend


@functools.cache
def _step(direction: str, name: str, rows: int) -> Callable[[], Any]:
    return make_step(direction, name, rows)


def _bench_workload(runner: pyperf.Runner, title: str) -> None:
    kinds = WORKLOADS[title]
    for direction in DIRECTIONS:
        for name in Workload(kinds, rows=0).names(direction):
            runner.bench_time_func(
                f"{direction}: {title}: {name}",
                _time,
                functools.partial(_contender, direction, title, name),
                metadata={"cells": count_cells(kinds)},
            )


def _bench_batches(runner: pyperf.Runner) -> None:
    for rows in BATCH_ROWS:
        title = "1 row" if rows == 1 else f"{rows} rows"
        for direction, contenders in STEPS.items():
            for name, cells in contenders.items():
                runner.bench_time_func(
                    f"{direction}: {title}: {name}",
                    _time,
                    functools.partial(_step, direction, name, rows),
                    metadata={"cells": rows * cells},
                )


def _pass_on(command: list[str], args: argparse.Namespace) -> None:
    command.extend(("--workloads", *args.workloads))


def main() -> None:
    """Runs the benchmarks of the given workloads."""
    runner = pyperf.Runner(processes=3, values=3, min_time=0.05, add_cmdline_args=_pass_on)
    runner.argparser.add_argument(
        "--workloads",
        nargs="+",
        choices=_TITLES,
        metavar="TITLE",
        default=list(_DEFAULT_TITLES),
        help=f"of: {'; '.join(_TITLES)}".replace("%", "%%"),
    )
    args = runner.parse_args()
    for title in args.workloads:
        if title == _BATCHES:
            _bench_batches(runner)
        else:
            _bench_workload(runner, title)


if __name__ == "__main__":
    main()
