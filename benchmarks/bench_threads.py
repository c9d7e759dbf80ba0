"""Is one Python thread for all subtasks faster than one for each?

The job of bench_batch.py's contender ours-batch, at parallelism 1, 2 and 4 in one TaskManager, with
the model's option 'share-python-thread' on and off. The models:

- mlp: onnxruntime runs it, and gives the GIL away meanwhile.
- sum: a Python loop adds up each row, and holds the GIL all the time.

Speed is rows a second of the whole job, from the difference of two sizes as in bench_batch.py, with
the same check of the results. Cases alternate, in an order that rotates each repetition. Figures
are medians with extremes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from _common import (
    Summary,
    describe_machine,
    format_machine,
    format_markdown,
    microseconds_per_row,
    run_script,
    save_results,
)
from _ml_predict import Settings
from _onnx import write_models

_TIMEOUT = 600.0  # seconds a process
_ROWS = {"mlp": 5_000_000, "sum": 2_000_000}  # of the large job
_SMALL_SHARE = 0.2  # of the large job
_PARALLELISMS = (1, 2, 4)
_SHARED = {"true": "one for all", "false": "one for each"}


@dataclass(frozen=True)
class _Case:
    model: str
    shared: str
    parallelism: int


@dataclass(frozen=True)
class _Measurement:
    case: _Case
    small: dict[str, float]
    large: dict[str, float]
    peak_bytes: int

    @property
    def million_rows_per_second(self) -> float:
        return 1 / microseconds_per_row(self.small, self.large)


_CASES = [_Case(*case) for case in itertools.product(_ROWS, _SHARED, _PARALLELISMS)]


def _measure(case: _Case, directory: str, share: float) -> _Measurement:
    settings = Settings(
        "ours-batch",
        case.model,
        directory,
        parallelism=case.parallelism,
        options={"share-python-thread": case.shared},
    )
    large = round(_ROWS[case.model] * share)
    arguments = (json.dumps(asdict(settings)), round(large * _SMALL_SHARE), large)
    return _Measurement(case, **run_script("_batch_job.py", arguments, _TIMEOUT))


def _measure_all(args: argparse.Namespace, directory: str) -> Iterator[_Measurement]:
    runs = len(_CASES) * args.repetitions
    for run in range(runs):
        repetition, place = divmod(run, len(_CASES))
        found = _measure(_CASES[(repetition + place) % len(_CASES)], directory, args.share)
        speed = found.million_rows_per_second
        print(f"{run + 1}/{runs}  {found.case}: {speed:.2f} million rows a second", flush=True)
        yield found


def _table(measurements: Sequence[_Measurement]) -> str:
    rows = []
    for model, shared in itertools.product(_ROWS, _SHARED):
        row = [model, _SHARED[shared]]
        for parallelism in _PARALLELISMS:
            case = _Case(model, shared, parallelism)
            speeds = [m.million_rows_per_second for m in measurements if m.case == case]
            row.append(Summary.of_extremes(speeds).format(2))
        rows.append(row)
    return format_markdown(["model", "Python threads", *map(str, _PARALLELISMS)], rows)


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-threads.json and .md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--share", type=float, default=1, help="of the rows to run")
    args = parser.parse_args()
    machine = describe_machine("onnxruntime")
    with tempfile.TemporaryDirectory() as directory:
        write_models(Path(directory))
        measurements = list(_measure_all(args, directory))
    results = {"question": __doc__, "machine": machine, "measurements": measurements}
    path = save_results("bench-threads", results)
    report = (
        "# Python threads and subtasks\n\n"
        "Written by `make bench-threads`; `benchmarks/bench_threads.py` says what is measured.\n\n"
        f"{format_machine(machine, 'apache-flink', 'onnxruntime')}; {args.repetitions} "
        "repetitions. Million rows a second by parallelism; medians, extremes stand in brackets."
        f"\n\n{_table(measurements)}\n"
    )
    path.with_suffix(".md").write_text(report)
    print(f"\n{report}\nAll measurements are in {path}.")


if __name__ == "__main__":
    main()
