# SPDX-License-Identifier: Apache-2.0
"""How much do two models in one TaskManager slow each other?

A model runs alone, and two models run in three ways: in a row in one query, in two INSERTs of one
job, and in two jobs. The models are a class in Python that returns its row, in thread mode or in
process mode, and a logistic regression that ONNX Runtime runs in C. They predict row by row, and
rows arrive as fast as they are accepted.

All jobs run in one JVM with one CPython, as those of a TaskManager do, and alternate in each
repetition. A rate is that of both models together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _jobs import await_rows, find_jars
from pyflink.table import StatementSet
from studies_tables import as_markdown, two_models_study

from pyflink_ml_embedded.bench.measure.built_in import write_built_in
from pyflink_ml_embedded.bench.measure.flink import RunningJob, create_environment, with_clause
from pyflink_ml_embedded.bench.measure.process import session
from pyflink_ml_embedded.bench.measure.steady import all_emit_since, window_between
from pyflink_ml_embedded.bench.measure.usage import Usage
from pyflink_ml_embedded.bench.measure.workload import Workload

# A workload and an execution mode.
_MODELS = {
    "Python": ("doubles_1", "thread"),
    "Python in a worker": ("doubles_1", "process"),
    "ONNX in C": ("onnx_lr", "thread"),
}
_PAIRS = (("Python", "Python"), ("Python", "Python in a worker"), ("ONNX in C", "ONNX in C"))
_LONG = 3600
_ALONE = "alone"
_IN_A_ROW, _TWO_INSERTS, _TWO_JOBS = "in a row", "two INSERTs", "two jobs"
_CASES = (
    *(((model,), _ALONE) for model in _MODELS),
    *((pair, way) for pair in _PAIRS for way in (_IN_A_ROW, _TWO_INSERTS, _TWO_JOBS)),
)


class _Jobs:
    """Jobs in one JVM, which starts with this."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._count = 0  # of INSERTs
        self._environment = create_environment(find_jars(), 2, {})
        names = {name for name, _ in _MODELS.values()}
        self._workloads = {name: write_built_in(name, directory / name) for name in names}
        for model in _MODELS:
            self._create_models(model)

    def _create_models(self, model: str) -> None:
        """Creates two of a kind, whose OUTPUT differs: Flink would merge them in one query."""
        name, execution_mode = _MODELS[model]
        workload = self._workloads[name]
        options = {
            "provider": "generic-python",
            "execution-mode": execution_mode,
            "model-directory-path": workload.model_directory,
            "python-predict-class": workload.python_class,
        }
        for place in range(2):
            outputs = zip(_outputs(workload, place), workload.outputs, strict=True)
            columns = ", ".join(f"{column} {field.type}" for column, field in outputs)
            self._environment.execute_sql(
                f"CREATE MODEL `{model} {place}` INPUT ({workload.input}) OUTPUT ({columns}) "
                + with_clause(options)
            )

    def run(self, models: Sequence[str], way: str, seconds: float) -> tuple[Path, int]:
        """Runs models until all of them have had rows for some seconds.

        A job or a worker process that starts beside another one takes seconds, so the rows of all
        models end together.

        Returns:
            the report of all sources and sinks together, and until when all sources emitted rows,
            in nanoseconds of the monotonic clock.
        """
        placed = [(model, place) for place, model in enumerate(models)]
        inserts = [placed] if way == _IN_A_ROW else [[each] for each in placed]
        jobs = [inserts] if way == _TWO_INSERTS else [[each] for each in inserts]
        stop = self._directory / f"stop{self._count}"
        reports, running = [], []
        for job in jobs:
            statements = self._environment.create_statement_set()
            for insert in job:
                reports.append(self._add_insert(statements, insert, stop))
            running.append(RunningJob(statements.execute(), reports[-1]))
        await_rows(reports)
        time.sleep(seconds)
        end = time.monotonic_ns()
        stop.touch()
        for started in running:
            started.wait()
        return self._join(reports), end

    def _add_insert(
        self, statements: StatementSet, placed: Sequence[tuple[str, int]], stop: Path
    ) -> Path:
        """Adds an INSERT of the outputs of models, each behind the other; returns its report."""
        self._count += 1
        report = self._directory / f"report{self._count}"
        workload = self._workloads[_MODELS[placed[0][0]][0]]
        rows = f"rows{self._count}"
        source = {
            "connector": "bench-rows",
            "path": str(workload.rows_file),
            "phases": f"0 {_LONG}",
            "report": str(report),
            "stop-file": str(stop),
        }
        self._environment.execute_sql(
            f"CREATE TABLE {rows} ({workload.input}) {with_clause(source)}"
        )
        results = []
        for model, place in placed:
            results += _outputs(workload, place)
            arguments = (
                f"TABLE {rows}, MODEL `{model} {place}`, "
                f"DESCRIPTOR({', '.join(workload.inputs.names)})"
            )
            rows = f"predicted{self._count}_{place}"
            self._environment.execute_sql(
                f"CREATE TEMPORARY VIEW {rows} AS SELECT * FROM ML_PREDICT({arguments})"
            )
        columns = ", ".join(f"{name} DOUBLE" for name in results)
        sink = with_clause({"connector": "bench-sink", "report": str(report)})
        self._environment.execute_sql(f"CREATE TABLE sink{self._count} ({columns}) {sink}")
        statements.add_insert_sql(
            f"INSERT INTO sink{self._count} SELECT {', '.join(results)} FROM {rows}"
        )
        return report

    def _join(self, reports: Sequence[Path]) -> Path:
        """Returns a report with the files of all of them, as of the subtasks of one job."""
        joined = reports[0].with_name(f"{reports[0].name}-joined")
        joined.mkdir()
        for number, report in enumerate(reports):
            for file in report.iterdir():
                os.link(file, joined / file.name.replace("-0.", f"-{number}."))
        return joined


def _outputs(workload: Workload, place: int) -> list[str]:
    return [f"{'ab'[place]}{number}" for number in range(len(workload.outputs))]


def _measure(options: argparse.Namespace, directory: Path, usage: Usage) -> list[dict[str, Any]]:
    jobs = _Jobs(directory)
    for model in _MODELS:
        jobs.run([model], _ALONE, options.warm_up)  # warms the JVM
    runs = []
    for repetition in range(options.repetitions):
        start = repetition * len(_CASES) // options.repetitions
        for models, way in (*_CASES[start:], *_CASES[:start]):
            report, end = jobs.run(models, way, options.warm_up + options.seconds)
            window = window_between(report, all_emit_since(report) + options.warm_up * 1e9, end)
            assert window is not None
            predictions = window.rows * (len(models) if way == _IN_A_ROW else 1)
            cpu_seconds = usage.cpu_seconds(window.start, window.end)
            run = {
                "models": list(models),
                "way": way,
                "repetition": repetition,
                "predictions_per_second": predictions / window.seconds,
                "cpu_seconds_per_million_predictions": cpu_seconds / predictions * 1e6,
            }
            runs.append(run)
            print(f"{' + '.join(models)}, {way}: {run['predictions_per_second']:,.0f}", flush=True)
    return runs


def _run_in_session() -> int:
    """Runs this script again, in a session whose CPU time is measured; returns its exit code."""
    with session([sys.executable, *sys.argv]) as process:
        return process.wait()


def main() -> None:
    """Writes all runs to a file, and prints their table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="measured, of each case")
    parser.add_argument("--warm-up", type=float, default=1.5, help="seconds before these")
    parser.add_argument("--json", type=Path, default=Path("two_models.json"), metavar="FILE")
    options = parser.parse_args()
    if os.getsid(0) != os.getpid():
        sys.exit(_run_in_session())
    with tempfile.TemporaryDirectory() as directory, Usage() as usage:
        runs = _measure(options, Path(directory), usage)
    settings = {"seconds": options.seconds, "warm_up": options.warm_up}
    options.json.write_text(json.dumps({"settings": settings, "runs": runs}, indent=1) + "\n")
    print("\n" + as_markdown([two_models_study(options.json)]))


if __name__ == "__main__":
    main()
