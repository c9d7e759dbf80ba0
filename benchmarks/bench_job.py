"""What does a row cost in a Flink job that calls Python, by way of our provider and of PyFlink?

The job reads rows of doubles, predicts the first field, and writes the result to ``blackhole``, at
parallelism 1 with Flink's defaults. The contenders:

- java: ML_PREDICT with a Java ``PredictFunction`` that returns the first field. This is what the
  job itself costs.
- ours: ML_PREDICT with the provider ``generic-python``; ``predict(row)`` returns ``[(row[0],)]``.
- thread: a PyFlink scalar UDF that returns its first argument, in thread mode.
- process: the same UDF in process mode.
- pandas: the same UDF in process mode, on pandas Series.

The cost of a row is the difference in run time of two sizes of the job, divided by the difference
in rows, so that start-up drops out. Each repetition of a contender is a new process with a new JVM,
which is killed with all its children when it is over or hangs. In it a job of 1000 rows checks the
results, one of the small size warms the JVM, and the small and the large are timed. Contenders
alternate, in an order that rotates each repetition. Figures are medians with extremes.

The stock ``datagen`` source makes 32 random doubles a row, which costs more than what is measured.
The default source therefore replays 1024 rows that were made before; one line has the Java function
behind ``datagen``, and ``--source datagen`` runs all contenders so.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from _common import (
    Aim,
    Summary,
    describe_machine,
    print_aims,
    print_table,
    run_script,
    save_results,
)

_TIMEOUT = 300.0  # seconds a process
_COLUMNS = (1, 32)

# Rows of the small and of the large job by the number of columns: the large one runs some seconds.
_SIZES = {
    "java": {1: (2_000_000, 8_000_000), 32: (500_000, 2_300_000)},
    "ours": {1: (2_000_000, 8_000_000), 32: (500_000, 2_300_000)},
    "thread": {1: (500_000, 2_500_000), 32: (60_000, 310_000)},
    "process": {1: (150_000, 550_000), 32: (80_000, 280_000)},
    "pandas": {1: (150_000, 550_000), 32: (100_000, 400_000)},
}
# PyFlink's mode -> the least number of times that its cost above Java's is ours.
_LEAST_TIMES = {"process": 20, "thread": 5}


@dataclass(frozen=True)
class _Case:
    contender: str
    source: str
    columns: int

    def __str__(self) -> str:
        return f"{self.contender} behind {self.source}, {_doubles(self.columns)}"


@dataclass(frozen=True)
class _Measurement:
    """The run times of the two sizes of one job in one process."""

    case: _Case
    small_rows: int
    small_seconds: float
    large_rows: int
    large_seconds: float

    @property
    def microseconds_per_row(self) -> float:
        seconds = self.large_seconds - self.small_seconds
        return seconds / (self.large_rows - self.small_rows) * 1e6


def _doubles(columns: int) -> str:
    return "1 double" if columns == 1 else f"{columns} doubles"


def _cases(source: str) -> list[_Case]:
    cases = []
    for columns in _COLUMNS:
        cases += [_Case(contender, source, columns) for contender in _SIZES]
        if source != "datagen":
            cases.append(_Case("java", "datagen", columns))
    return cases


def _measure(case: _Case) -> _Measurement:
    small, large = _SIZES[case.contender][case.columns]
    arguments = (case.contender, case.source, case.columns, small, large)
    seconds = run_script("_job.py", arguments, _TIMEOUT)
    return _Measurement(case, small, seconds["small"], large, seconds["large"])


def _measure_all(cases: list[_Case], repetitions: int) -> Iterator[_Measurement]:
    runs = len(cases) * repetitions
    for run in range(runs):
        repetition, place = divmod(run, len(cases))
        measurement = _measure(cases[(repetition + place) % len(cases)])
        print(
            f"{run + 1}/{runs}  {measurement.case}: {measurement.small_seconds:.2f} s, "
            f"{measurement.large_seconds:.2f} s, {measurement.microseconds_per_row:.2f} us a row",
            flush=True,
        )
        yield measurement


def _report(costs: Mapping[_Case, Sequence[float]], source: str) -> list[Aim]:
    aims = []
    for columns in _COLUMNS:
        summaries = {
            case: Summary.of_extremes(values)
            for case, values in costs.items()
            if case.columns == columns
        }
        java = summaries[_Case("java", source, columns)].median
        above_java = {
            case.contender: summary.median - java
            for case, summary in summaries.items()
            if case.source == source
        }
        print(f"\n{_doubles(columns)}, us a row: median (extremes)\n")
        _print_costs(summaries, above_java, source)
        aims += [
            Aim(
                f"{_doubles(columns)}: ours above java at most 1/{times} of {mode} above java",
                f"{above_java['ours']:.2f} us, limit {above_java[mode] / times:.2f} us",
                above_java["ours"] <= above_java[mode] / times,
            )
            for mode, times in _LEAST_TIMES.items()
        ]
    print()
    print_aims(aims)
    return aims


def _print_costs(
    summaries: Mapping[_Case, Summary], above_java: Mapping[str, float], source: str
) -> None:
    rows = []
    for case, summary in summaries.items():
        if case.source == source:
            above = above_java[case.contender]
            ratio = f"{above / above_java['ours']:.1f}" if above_java["ours"] > 0 else ""
            rows.append([case.contender, summary.format(2), f"{above:.2f}", ratio])
        else:
            rows.append([f"{case.contender}, {case.source}", summary.format(2), "", ""])
    print_table(["contender", "cost of a row", "above java", "times ours"], rows)


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-job.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--source", choices=["replay", "datagen"], default="replay")
    args = parser.parse_args()
    machine = describe_machine()
    cases = _cases(args.source)
    measurements = list(_measure_all(cases, args.repetitions))
    costs = {
        case: [found.microseconds_per_row for found in measurements if found.case == case]
        for case in cases
    }
    aims = _report(costs, args.source)
    path = save_results(
        "bench-job",
        {
            "question": __doc__,
            "machine": machine,
            "source": args.source,
            "measurements": measurements,
            "aims": aims,
        },
    )
    print(f"\nAll measurements are in {path}.")


if __name__ == "__main__":
    main()
