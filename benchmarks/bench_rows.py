"""How fast do cells go from Arrow to Python and back, by way of our converter and of pyarrow's?

From Arrow, all contenders read the same memory, and the time includes freeing what was made:

- ours: ``Columns.rows()``, a list of Row with all values made.
- to_pylist: ``zip(*[column.to_pylist() for column in batch.columns])``.
- batch.to_pylist: ``batch.to_pylist()``, a list of dicts.
- pandas: ``to_pandas(timestamp_as_object=True).itertuples(index=False, name=None)``, where its
  values are right.
- others: ``zip(*[way(column) for column in batch.columns])``, with the ways of pyarrow and numpy
  that were found to be fast and right for the type. A DOUBLE without nulls has
  ``to_numpy().tolist()``.
- pyflink Row: ``pyflink.common.Row(*values)`` of values that are there already. It converts
  nothing: it is what PyFlink pays for the Rows alone, and is never the fastest other way.

To Arrow, all contenders write the same tuples:

- ours: ``Columns.write(rows)``, into memory that it reuses.
- ours as batch: the same, and ``pa.record_batch(columns)``.
- pa.array: ``pa.array(values, type)`` of each column of ``zip(*rows)``.
- from_pylist: ``pa.RecordBatch.from_pylist`` of dicts that are there already.
- pandas: ``pa.RecordBatch.from_pandas`` of a DataFrame, where its values are right.
- others: as ``pa.array``, with the ways that were found to be fast for the type.

The output of each is compared with the values before it is timed; pandas.Timestamp, which pyarrow
makes of a TIMESTAMP(9), is a datetime. A cell is a value of a column; of an ARRAY that is a list it
is an element, of an ARRAY that is a numpy array the array. Strings have 10 to 20 characters, BYTES
as many bytes, a MAP 4 entries. Those that are not ASCII mix scripts at random, the worst case for a
decoder. A DECIMAL has all its digits. CPython keeps the UTF-8 of a str that is not ASCII in it, for
ours and for pyarrow, so only the first write encodes it.

One process runs all. Contenders alternate, in an order that rotates each round; a turn lasts about
20 ms, or one call where that takes longer. Time is CPU time of all threads: nobody waits for
anything here, and what else the machine does counts less. The garbage collector is on, as it is for
users: a contender pays for the objects that it makes the collector follow. What the benchmark
itself holds is frozen, and what earlier turns left is collected before a turn begins. Figures are
medians over the rounds with quartiles; ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from _common import (
    Aim,
    Summary,
    describe_machine,
    format_aims,
    format_machine,
    format_markdown,
    save_results,
)
from _rows import (
    DECIMALS,
    DIRECTIONS,
    DOUBLES,
    MIXED,
    ONE_ROW,
    TEXTS,
    TIMESTAMPS,
    TOLIST,
    WORKLOADS,
    Workload,
)

_TURN_SECONDS = 0.02

_MOST_NS_PER_DOUBLE = 10.0
_LEAST_TIMES_ZIP = 2.0
_LEAST_TIMES_TO_PYLIST = 10.0
_MOST_US_PER_MIXED_ROW = 0.5

# Contenders that have columns of their own in the tables.
_COMPARED = {
    "from Arrow": ("to_pylist", "pyflink Row"),
    "to Arrow": ("from_pylist", "ours as batch"),
}
_NOT_OTHERS = {"ours", "ours as batch", "pyflink Row"}

# Workload -> direction -> contender -> ns a cell in each round.
_Rounds = dict[str, dict[str, dict[str, list[float]]]]


def _time(contend: Callable[[], Any], calls: int) -> float:
    """Returns the CPU seconds of one of so many calls."""
    gc.collect()
    start = time.process_time()
    for _ in itertools.repeat(None, calls):
        contend()
    return (time.process_time() - start) / calls


def _measure(workload: Workload, direction: str, rounds: int) -> dict[str, list[float]]:
    """Returns ns a cell of each contender in each round."""
    contenders = workload.contenders(direction)
    gc.collect()
    gc.freeze()
    calls = {}
    for name, contend in contenders.items():
        once = min(_time(contend, 1) for _ in range(2))
        calls[name] = max(1, round(_TURN_SECONDS / once))
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for _ in range(rounds):
        for name in names:
            seconds = _time(contenders[name], calls[name])
            found[name].append(seconds / workload.cells * 1e9)
        names.append(names.pop(0))
    gc.unfreeze()
    return found


def _median(figures: Sequence[float]) -> float:
    return Summary.of_quartiles(figures).median


def _times(others: Sequence[float], ours: Sequence[float]) -> Summary:
    """Returns how many times as fast ours is, within a round."""
    return Summary.of_quartiles([other / own for other, own in zip(others, ours, strict=True)])


def _speed(figures: Sequence[float]) -> str:
    return f"{1e3 / _median(figures):.1f}"


def _table(found: _Rounds, direction: str) -> str:
    """Returns a Markdown table of millions of cells per second."""
    compared = _COMPARED[direction]
    header = ["columns", "ours", "ns a cell", "fastest other way", "its speed", "ours / it"]
    for name in compared:
        header += [name, f"ours / {name}"]
    rows = []
    for title, directions in found.items():
        figures = directions[direction]
        ours = figures["ours"]
        others = {name: _median(figures[name]) for name in figures.keys() - _NOT_OTHERS}
        fastest = min(others, key=others.__getitem__)
        row = [title, _speed(ours), Summary.of_quartiles(ours).format(1)]
        row += [f"`{fastest}`", _speed(figures[fastest]), _times(figures[fastest], ours).format(2)]
        for name in compared:
            row += [_speed(figures[name]), _times(figures[name], ours).format(2)]
        rows.append(row)
    return format_markdown(header, rows)


def _check_aims(found: _Rounds) -> list[Aim]:
    aims = []

    def at_most(text: str, most: float, unit: str, figures: Sequence[float]) -> None:
        cost = _median(figures)
        aims.append(Aim(f"{text}: at most {most:g} {unit}", f"{cost:.2f} {unit}", cost <= most))

    def at_least(text: str, least: float, others: Sequence[float], ours: Sequence[float]) -> None:
        times = _times(others, ours).median
        aims.append(Aim(f"{text} at least {least:g}", f"{times:.2f}", times >= least))

    for direction in DIRECTIONS:
        cells = found[DOUBLES][direction]["ours"]
        at_most(f"{DOUBLES}, {direction}", _MOST_NS_PER_DOUBLE, "ns a cell", cells)
        cells = found[ONE_ROW][direction]["ours"]
        row = [cost * len(MIXED) / 1e3 for cost in cells]
        at_most(f"{ONE_ROW}, {direction}", _MOST_US_PER_MIXED_ROW, "us", row)
    doubles = found[DOUBLES]["from Arrow"]
    at_least(f"{DOUBLES}: ours / {TOLIST}", _LEAST_TIMES_ZIP, doubles[TOLIST], doubles["ours"])
    for kind in [*TEXTS, *TIMESTAMPS, *DECIMALS]:
        figures = found[kind.title]["from Arrow"]
        text = f"{kind.title}: ours / to_pylist"
        at_least(text, _LEAST_TIMES_TO_PYLIST, figures["to_pylist"], figures["ours"])
    return aims


def _report(found: _Rounds, aims: Sequence[Aim], machine: Mapping[str, Any], rounds: int) -> str:
    """Returns the figures for people to read."""
    parts = [
        "# Rows from and to Arrow\n\n"
        "Written by `make bench-rows`; `benchmarks/bench_rows.py` says what the contenders do.\n\n"
        f"{format_machine(machine, 'pyarrow', 'numpy', 'pandas')}; {rounds} rounds.\n\n"
        "Speeds are millions of cells per second. `ours / it` is how many times as fast ours is; "
        "below 1 it is slower. Medians; quartiles stand in brackets."
    ]
    parts += [f"## {direction}\n\n{_table(found, direction)}" for direction in DIRECTIONS]
    parts.append(f"## Aims\n\n{format_aims(aims)}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-rows.json and bench-rows.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    if args.rounds < 2:
        parser.error("--rounds: quartiles need at least 2")
    machine = describe_machine()
    print(f"Measuring {args.rounds} rounds; this takes about 3 minutes.", flush=True)
    found: _Rounds = {}
    for title, kinds in WORKLOADS.items():
        workload = Workload(kinds)
        found[title] = {
            direction: _measure(workload, direction, args.rounds) for direction in DIRECTIONS
        }
    aims = _check_aims(found)
    results = {"question": __doc__, "machine": machine, "ns_per_cell": found, "aims": aims}
    path = save_results("bench-rows", results)
    report = _report(found, aims, machine, args.rounds)
    path.with_suffix(".md").write_text(report)
    print(f"\n{report}\nAll rounds are in {path}.")


if __name__ == "__main__":
    main()
