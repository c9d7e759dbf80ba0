# SPDX-License-Identifier: Apache-2.0
"""How much memory do worker processes take whose model has 200 MB?

Jobs differ in their number of subtasks and in ``process-count``. The model loads its weights by
``context.shared``, so subtasks in one worker share them. Each job runs for some seconds, and the
proportional set size of its workers is read from /proc at the end: it counts what two processes
map once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pyflink_ml_embedded.bench.measure.flink import create_environment, with_clause
from pyflink_ml_embedded.table import provider_jar

_MODULE = """
import numpy as np
from pyflink_ml_embedded import PredictFunction


class Weights(PredictFunction):
    def open(self, context):
        self._weights = context.shared("weights", lambda: np.ones({bytes} // 8))

    def predict(self, data):
        return [data.x * self._weights[0]]
"""
_JOBS = ((1, "1"), (4, "1"), (4, "4"))


def main() -> None:
    """Prints the memory of the workers of each job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="how long a job runs")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the weights")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        source = _MODULE.format(bytes=arguments.megabytes * 1_000_000)
        (Path(directory) / "weights.py").write_text(source)
        for parallelism, count in _JOBS:
            megabytes = _measure(directory, parallelism, count, arguments.seconds)
            print(f"{parallelism} subtasks, process-count {count}: {megabytes:.0f} MB")


def _measure(directory: str, parallelism: int, count: str, seconds: int) -> float:
    configuration = {"parallelism.default": str(parallelism)}
    environment = create_environment([provider_jar()], parallelism, configuration)
    options = with_clause(
        {
            "provider": "generic-python",
            "model-directory-path": directory,
            "python-predict-class": "weights.Weights",
            "execution-mode": "process",
            "process-count": count,
        }
    )
    environment.execute_sql(f"CREATE MODEL m INPUT (x DOUBLE) OUTPUT (y DOUBLE) {options}")
    environment.execute_sql(
        "CREATE TABLE numbers (x DOUBLE) WITH ('connector' = 'datagen', 'rows-per-second' = '1000')"
    )
    environment.execute_sql("CREATE TABLE results (y DOUBLE) WITH ('connector' = 'blackhole')")
    job = environment.execute_sql(
        "INSERT INTO results SELECT y FROM ML_PREDICT(TABLE numbers, MODEL m, DESCRIPTOR(x))"
    )
    time.sleep(seconds)
    total = sum(map(_proportional_bytes, _workers()))
    client = job.get_job_client()
    client.cancel().result()
    while list(_workers()):
        time.sleep(0.1)
    return total / 1e6


def _workers() -> Iterator[Path]:
    """Yields the directories in /proc of the workers that this process' JVM has started."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if b"pyflink_ml_embedded._worker" in command:
            yield process


def _proportional_bytes(process: Path) -> int:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"{process} has no proportional set size")


if __name__ == "__main__":
    main()
