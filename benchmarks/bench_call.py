"""What does one call of a Python predict function from Java cost, by way of our row path and PemJa?

Three contenders call the same bound method of the same object, which returns the first field of its
row in a list of one tuple:

- ours: ``PredictFunction.predict(RowData)`` of the provider ``generic-python``, which is what
  Flink calls. A ``GenericRowData`` is written to the input columns, one native call makes a Row,
  calls the method and writes the output columns, and a list of ``GenericRowData`` is read from
  them.
- PemJa: the fields of the same ``GenericRowData`` go into an ``Object[]``, ``invokeMethod`` passes
  it as one argument, which is a tuple in Python, and a list of ``GenericRowData`` is made of the
  result. One argument, as PyFlink's thread mode has it, costs PemJa less than one for each field
  and is what ``predict`` takes.
- Python loop: ``for fields in rows: for (value,) in predict(Row(*fields))``, over tuples of Python
  objects that are there already. It makes a Row and walks the result as the others do, but makes
  no Python object for a field. The same CPython runs it, on PemJa's thread.

One JVM runs all; PemJa has a thread of its own. Results are compared before anything is timed.
Every contender is warmed for three seconds a workload, then batches of about 50 ms alternate, in an
order that rotates each round. A workload is 64 rows, taken in turn; strings have 10 to 20 ASCII
letters. Figures are medians over the rounds with quartiles; ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pyflink
from _common import (
    MODELS,
    Aim,
    Summary,
    describe_machine,
    java_executable,
    our_jars,
    print_aims,
    print_table,
    run_process,
    save_results,
)

_JVM_FLAGS = ["-Xms1g", "-Xmx1g"]
_TIMEOUT = 1200.0  # seconds
_WORKLOADS = {
    "double_1": "1 double",
    "double_8": "8 doubles",
    "double_32": "32 doubles",
    "string_4": "4 strings",
}
_LEAST_TIMES_PEMJA = {"double_1": 6.0, "double_32": 15.0}
_MOST_TIMES_LOOP = 1.5

# Workload -> contender -> ns a call in each round.
_Rounds = dict[str, dict[str, list[float]]]


def _measure(rounds: int) -> _Rounds:
    flink = Path(pyflink.__file__).parent
    jars = [*flink.glob("lib/*.jar"), *flink.glob("opt/flink-python-*.jar"), *our_jars()]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "rounds.csv")
        command = [
            java_executable(),
            *_JVM_FLAGS,
            "-cp",
            os.pathsep.join(map(str, jars)),
            "io.github.pyflink.ml.embedded.benchmarks.CallBenchmark",
            *[sys.executable, str(MODELS), str(rounds), str(file)],
        ]
        run_process(command, _TIMEOUT)
        found: _Rounds = defaultdict(lambda: defaultdict(list))
        with file.open(newline="") as lines:
            for line in csv.DictReader(lines):
                found[line["workload"]][line["contender"]].append(float(line["ns_per_call"]))
    return found


def _ratio(numerators: list[float], denominators: list[float]) -> Summary:
    pairs = zip(numerators, denominators, strict=True)
    return Summary.of_quartiles([numerator / denominator for numerator, denominator in pairs])


def _report(found: _Rounds) -> list[Aim]:
    table, aims = [], []
    for workload, title in _WORKLOADS.items():
        ours, pemja, loop = (found[workload][name] for name in ("ours", "pemja", "loop"))
        times_pemja, times_loop = _ratio(pemja, ours), _ratio(ours, loop)
        figures = [Summary.of_quartiles(figures).format(0) for figures in (ours, pemja, loop)]
        table.append([title, *figures, times_pemja.format(1), times_loop.format(2)])
        if least := _LEAST_TIMES_PEMJA.get(workload):
            text = f"{title}: PemJa / ours at least {least:.0f}"
            aims.append(Aim(text, f"{times_pemja.median:.1f}", times_pemja.median >= least))
        aims.append(
            Aim(
                f"{title}: ours / Python loop at most {_MOST_TIMES_LOOP}",
                f"{times_loop.median:.2f}",
                times_loop.median <= _MOST_TIMES_LOOP,
            )
        )
    print("ns a call: median (quartiles)\n")
    print_table(["row", "ours", "PemJa", "Python loop", "PemJa / ours", "ours / loop"], table)
    print()
    print_aims(aims)
    return aims


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-call.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    args = parser.parse_args()
    if args.rounds < 2:
        parser.error("--rounds: quartiles need at least 2")
    machine = describe_machine()
    print(f"Measuring {args.rounds} rounds; this takes about 2 minutes.", flush=True)
    found = _measure(args.rounds)
    aims = _report(found)
    path = save_results(
        "bench-call",
        {
            "question": __doc__,
            "machine": machine,
            "jvm_flags": _JVM_FLAGS,
            "ns_per_call": found,
            "aims": aims,
        },
    )
    print(f"\nAll rounds are in {path}.")


if __name__ == "__main__":
    main()
