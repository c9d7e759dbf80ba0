# SPDX-License-Identifier: Apache-2.0
"""How fast do cells go from Arrow to Python and back, by Columns and by the alternatives?

From Arrow, all contenders read the same memory, and the time includes freeing what was made:

- embedded: ``Columns.rows()``, a list of Row with all values made.
- to_pylist: ``zip(*[column.to_pylist() for column in batch.columns])``.
- batch.to_pylist: ``batch.to_pylist()``, a list of dicts.
- pandas: ``to_pandas(timestamp_as_object=True).itertuples(index=False, name=None)``, where its
  values are right.
- others: ``zip(*[way(column) for column in batch.columns])``, with the ways of pyarrow and numpy
  that were found to be fast and right for the type. A DOUBLE without nulls has
  ``to_numpy().tolist()``.
- pyflink Row: ``pyflink.common.Row(*values)`` of values that are there already. It converts
  nothing: it is what PyFlink pays for the Rows alone, and is never the fastest alternative.

To Arrow, all contenders write the same tuples:

- embedded: ``Columns.write(rows)``, into memory that it reuses.
- embedded as batch: the same, and ``pa.record_batch(columns)``.
- pa.array: ``pa.array(values, type)`` of each column of ``zip(*rows)``.
- from_pylist: ``pa.RecordBatch.from_pylist`` of dicts that are there already.
- pandas: ``pa.RecordBatch.from_pandas`` of a DataFrame, where its values are right.
- others: as ``pa.array``, with the ways that were found to be fast for the type.

A batch of 32 DOUBLEs, for which ``predict_batch`` returns a float32 matrix of two columns that is
there already, takes these steps; next to each is the minimum that an alternative must do:

- batch in: the columns that Java writes become a RecordBatch, through the C Data Interface.
  Beside it: ``RecordBatch.from_arrays`` of ready arrays.
- batch matrix: ``feature_matrix(batch)`` makes float32 of all columns.
  Beside it: ``numpy.stack`` of the columns as numpy arrays.
- batch out: the result is checked and written to the columns that Java reads.
  Beside it: ``numpy.copyto`` of its transpose, into a ready array of doubles.
- batch in and out: both, with the call of ``predict_batch``, which looks at nothing.

The output of each is compared with the values before it is timed; pandas.Timestamp, which pyarrow
makes of a TIMESTAMP(9), is a datetime. A cell is a value of a column; of an ARRAY that is a list it
is an element, of an ARRAY that is a numpy array the array. Strings have 10 to 20 characters, BYTES
as many bytes, a MAP 4 entries. Those that are not ASCII mix scripts at random, the worst case for a
decoder. A DECIMAL has all its digits. CPython keeps the UTF-8 of a str that is not ASCII in it, for
both converters, so only the first write encodes it.

pyperf runs each in its own processes. The garbage collector is on, as it is for users: a
contender pays for the objects that it makes the collector follow. What the benchmark itself holds
is frozen. Each benchmark's metadata has the number of ``cells`` of a call.
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
    """Returns the seconds that calls of the function from ``make`` take."""
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
    """Runs the benchmarks of the workloads that were asked for."""
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
