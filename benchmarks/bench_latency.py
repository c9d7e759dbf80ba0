"""How long is a row on its way when there are few?

A job reads rows of 32 doubles at a steady pace, predicts each, and throws the results away, at
parallelism 1 with Flink's defaults. Latency is the time from when a row was due to when its result
comes to the sink, by the clock of the one JVM. A row that is read late, because the job was busy,
counts from when it was due. The time until a timer of the JVM has woken the source is part of it.
The contenders:

- java-sync: ML_PREDICT with a Java ``PredictFunction`` that predicts nothing.
- java: the same as ``AsyncPredictFunction``, whose futures are complete at once.
- ours-row: ``generic-python`` with ``models.onnx.OnnxPredictFunction``, row by row.
- ours-batch: ``generic-python`` with a ``BatchPredictFunction``, 'batch-size' = '256'.

The last two run the model ``mlp`` of bench_batch.py. The asynchronous ones have 2048 rows in
flight. Each repetition of a contender is a new process, which checks the results of 1000 rows, runs
a job to warm the JVM, then one for each load. The first second of each is left out. Contenders
alternate, in an order that rotates. Figures are medians with extremes of the repetitions.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from _common import (
    Summary,
    describe_machine,
    format_machine,
    format_markdown,
    run_script,
    save_results,
)
from _ml_predict import Settings
from _onnx import write_models

_TIMEOUT = 300.0  # seconds a process
_CONTENDERS = ("java-sync", "java", "ours-row", "ours-batch")
_RATES = ("200", "2000")  # rows a second
_PERCENTILES = ("p50", "p99", "max")


@dataclass(frozen=True)
class _Measurement:
    """Rows a second -> percentile -> microseconds, of one process."""

    contender: str
    repetition: int
    latencies: dict[str, dict[str, float]]


def _measure_all(args: argparse.Namespace, directory: str) -> Iterator[_Measurement]:
    runs = len(_CONTENDERS) * args.repetitions
    for run in range(runs):
        repetition, place = divmod(run, len(_CONTENDERS))
        contender = _CONTENDERS[(repetition + place) % len(_CONTENDERS)]
        settings = Settings(contender, "mlp", directory, batch_size=256)
        arguments = (json.dumps(asdict(settings)), ",".join(_RATES), args.seconds)
        found = run_script("_latency_job.py", arguments, _TIMEOUT)
        print(f"{run + 1}/{runs}  {contender}: {found}", flush=True)
        yield _Measurement(contender, repetition, found)


def _table(measurements: list[_Measurement], rate: str) -> str:
    rows = []
    for contender in _CONTENDERS:
        found = [m.latencies[rate] for m in measurements if m.contender == contender]
        summaries = [Summary.of_extremes([run[name] for run in found]) for name in _PERCENTILES]
        rows.append([contender, *(summary.format(0) for summary in summaries)])
    return format_markdown(["contender", *_PERCENTILES], rows)


def main() -> None:
    """Runs the benchmark, prints it and keeps it in results/bench-latency.json and .md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="of each job, at least 2")
    parser.add_argument("--repetitions", type=int, default=3)
    args = parser.parse_args()
    machine = describe_machine("onnxruntime")
    with tempfile.TemporaryDirectory() as directory:
        write_models(Path(directory))
        measurements = list(_measure_all(args, directory))
    results = {"question": __doc__, "machine": machine, "measurements": measurements}
    path = save_results("bench-latency", results)
    parts = [
        "# Latency of a row\n\n"
        "Written by `make bench-latency`; `benchmarks/bench_latency.py` says what is measured.",
        f"{format_machine(machine, 'apache-flink', 'onnxruntime')}; {args.repetitions} "
        "repetitions. Microseconds; medians, extremes stand in brackets.",
        *(f"## {rate} rows a second\n\n{_table(measurements, rate)}" for rate in _RATES),
    ]
    report = "\n\n".join(parts) + "\n"
    path.with_suffix(".md").write_text(report)
    print(f"\n{report}\nAll measurements are in {path}.")


if __name__ == "__main__":
    main()
