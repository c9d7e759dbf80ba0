"""How close does the batch path come to the bare model, and what do other ways cost?

A job reads rows of 32 doubles, predicts each with an ONNX file, and writes the results to
``blackhole``, at parallelism 1 with Flink's defaults. The files are made anew from a fixed seed:
``mlp`` has layers of 32, 64, 32 and 2, ``boosted`` is 100 trees of depth 3 by scikit-learn. All
contenders run the model in one thread. They are:

- ours-batch: ML_PREDICT with ``generic-python`` and a ``BatchPredictFunction`` that hands
  ``feature_matrix()`` to onnxruntime; ``batch-size`` is 1024, and 2048 rows are in flight.
- loop: onnxruntime in a bare Python loop over ready float32 arrays, without a job. Its batches have
  the mean size of those of ours-batch in the same repetition.
- java: ML_PREDICT with a Java ``AsyncPredictFunction`` that predicts nothing: it gives back the
  first fields at once. As many rows are in flight. This is what the job itself costs.
- pandas: a PyFlink pandas UDF in process mode, with PyFlink's defaults.
- ours-row: ML_PREDICT with ``generic-python`` and ``models.onnx.OnnxPredictFunction``, row by row.
- java-onnx: ML_PREDICT with ONNX Runtime's Java API in a Java ``PredictFunction``, row by row.

The cost of a row is the difference in run time of two sizes of the job, divided by the difference
in rows, so that start-up drops out; likewise its CPU time. Slow contenders run fewer rows. Each
repetition of a contender is a new process, which is killed with all its children when it is over or
hangs. In it the results of 1000 rows are compared with numpy's or scikit-learn's, then one job of
the small size warms the JVM, and the small and the large are timed. Contenders alternate, in an
order that rotates each repetition. CPU time and memory are those of the process with all its
children, PyFlink's client among them; memory is the largest sum of peak resident sizes. Figures are
medians with extremes; ratios are taken within a repetition.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _common import (
    Aim,
    Summary,
    describe_machine,
    format_aims,
    format_machine,
    format_markdown,
    microseconds_per_row,
    run_script,
    save_results,
)
from _ml_predict import Settings
from _onnx import write_models

_TIMEOUT = 600.0  # seconds a process
_MODELS = ("mlp", "boosted")

# Contender -> the share of the rows that it runs. The loop comes after the one that it imitates.
_TURNS = (
    {"ours-batch": 1.0, "loop": 1.0},
    {"java": 1.0},
    {"pandas": 0.1},
    {"ours-row": 0.1},
    {"java-onnx": 0.2},
)
_CONTENDERS = [contender for turn in _TURNS for contender in turn]
_SMALL_SHARE = 0.4  # of the large job; the JVM compiles for some seconds of each job

_LEAST_SHARE_OF_SLOWER = 0.95
_LEAST_TIMES_PANDAS = 5.0


@dataclass(frozen=True)
class _Measurement:
    """What two sizes of a job took in one process: rows, seconds and cpu_seconds of each."""

    model: str
    contender: str
    repetition: int
    mean_batch: float | None
    small: Mapping[str, float]
    large: Mapping[str, float]
    peak_bytes: int

    @property
    def cost(self) -> float:
        """Microseconds a row."""
        return microseconds_per_row(self.small, self.large)

    @property
    def cpu_cost(self) -> float:
        """CPU microseconds a row."""
        return microseconds_per_row(self.small, self.large, "cpu_seconds")

    @property
    def peak_megabytes(self) -> float:
        return self.peak_bytes / 1e6


def _measure_turn(
    turn: Mapping[str, float], model: str, repetition: int, args: argparse.Namespace, directory: str
) -> Iterator[_Measurement]:
    mean_batch = None
    report = Path(directory, "batches.json")
    for contender, share in turn.items():
        size, options = args.batch_size, {}
        if contender == "ours-batch":
            options = {"properties.report": str(report)}
        if mean_batch is not None:
            size = max(1, round(mean_batch))
        settings = Settings(contender, model, directory, size, args.concurrency, options=options)
        large = round(args.rows * share)
        sizes = (round(large * _SMALL_SHARE), large)
        found = run_script("_batch_job.py", (json.dumps(asdict(settings)), *sizes), _TIMEOUT)
        if contender == "ours-batch":
            counts = json.loads(report.read_text())  # the large job's
            mean_batch = counts["rows"] / counts["batches"]
        yield _Measurement(model, contender, repetition, mean_batch, **found)


def _measure_all(args: argparse.Namespace, directory: str) -> Iterator[_Measurement]:
    turns = [(model, turn) for model in _MODELS for turn in _TURNS]
    for repetition in range(args.repetitions):
        first = repetition % len(turns)
        for model, turn in turns[first:] + turns[:first]:
            for found in _measure_turn(turn, model, repetition, args, directory):
                batch = f", batches of {found.mean_batch:.0f}" if found.mean_batch else ""
                print(
                    f"{repetition + 1}/{args.repetitions}  {model}, {found.contender}: "
                    f"{found.large['rows']} rows in {found.large['seconds']:.2f} s, "
                    f"{found.cost:.2f} us a row{batch}",
                    flush=True,
                )
                yield found


class _Figures:
    """The measurements of one model, by contender and in the order of repetitions."""

    def __init__(self, measurements: Sequence[_Measurement], model: str) -> None:
        self.model = model
        self.of = {
            contender: [m for m in measurements if (m.model, m.contender) == (model, contender)]
            for contender in _CONTENDERS
        }

    def times_as_fast(self, *others: str) -> Summary:
        """Returns the speed of ours-batch over that of the slowest of the others."""
        ratios = [
            max(self.of[other][repetition].cost for other in others) / ours.cost
            for repetition, ours in enumerate(self.of["ours-batch"])
        ]
        return Summary.of_extremes(ratios)

    def table(self) -> str:
        header = ["contender", "us a row", "rows/s", "CPU us a row", "peak MB", "ours / its speed"]
        rows = []
        for contender, found in self.of.items():
            cost = Summary.of_extremes([m.cost for m in found])
            speed = f"{1e6 / cost.median:,.0f}"
            cpu = Summary.of_extremes([m.cpu_cost for m in found]).format(2)
            peak = Summary.of_extremes([m.peak_megabytes for m in found]).format(0)
            ratio = self.times_as_fast(contender).format(2)
            rows.append([contender, cost.format(2), speed, cpu, peak, ratio])
        return format_markdown(header, rows)

    def mean_batch(self) -> Summary:
        return Summary.of_extremes([m.mean_batch or 0 for m in self.of["ours-batch"]])

    def aims(self) -> list[Aim]:
        wanted = [
            ("the slower of loop and java", ("loop", "java"), _LEAST_SHARE_OF_SLOWER),
            ("pandas", ("pandas",), _LEAST_TIMES_PANDAS),
            ("java-onnx", ("java-onnx",), 1.0),
        ]
        aims = []
        for text, others, least in wanted:
            ratio = self.times_as_fast(*others)
            text = f"{self.model}: speed of ours-batch / {text} at least {least:g}"
            aims.append(Aim(text, ratio.format(2), ratio.median >= least))
        return aims


def _report(
    figures: Sequence[_Figures],
    aims: Sequence[Aim],
    machine: Mapping[str, Any],
    args: argparse.Namespace,
) -> str:
    """Returns the figures for people to read."""
    shares = {name: share for turn in _TURNS for name, share in turn.items()}
    rows = ", ".join(f"{name} {args.rows * share:,.0f}" for name, share in shares.items())
    parts = [
        "# The batch path and the bare model\n\n"
        "Written by `make bench-batch`; `benchmarks/bench_batch.py` says what the contenders do.",
        f"{format_machine(machine, 'apache-flink', 'onnxruntime')}; "
        f"{args.repetitions} repetitions. Rows of the large jobs: {rows}; the small ones have "
        f"{_SMALL_SHARE:.0%} of these. Medians; extremes stand in brackets.",
    ]
    for found in figures:
        parts.append(
            f"## {found.model}\n\n{found.table()}\n\n"
            f"The batches of ours-batch had {found.mean_batch().format(0)} rows on average, of at "
            f"most {args.batch_size}."
        )
    parts.append(f"## Aims\n\n{format_aims(aims)}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-batch.json and .md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000, help="of the large job")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--concurrency", type=int, default=2048)
    args = parser.parse_args()
    machine = describe_machine("onnxruntime", "scikit-learn")
    with tempfile.TemporaryDirectory() as directory:
        write_models(Path(directory))
        measurements = list(_measure_all(args, directory))
    figures = [_Figures(measurements, model) for model in _MODELS]
    aims = [aim for found in figures for aim in found.aims()]
    path = save_results(
        "bench-batch",
        {
            "question": __doc__,
            "machine": machine,
            "arguments": vars(args),
            "measurements": measurements,
            "aims": aims,
        },
    )
    report = _report(figures, aims, machine, args)
    path.with_suffix(".md").write_text(report)
    print(f"\n{report}\nAll measurements are in {path}.")


if __name__ == "__main__":
    main()
