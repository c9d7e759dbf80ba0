"""Runs one contender of bench_latency.py in this process, and writes its latencies as JSON.

The jobs run one after the other in one JVM: a check of 1000 rows, one to warm the JVM, and one for
each load. The first second of each is left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from _flink import collect_sorted, create_environment, run_job, with_clause
from _ml_predict import (
    Settings,
    call_model,
    create_model,
    input_columns,
    jars,
    output_columns,
    right_results,
)
from _onnx import check

_CHECKED_ROWS = 1000
_WARMING_RATE = 5000
_PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "max": 100}


class _Job:
    """A SQL job from ``bench-paced`` to ``bench-latency``, at Flink's defaults."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings = settings
        self._outputs = output_columns(settings)
        self._report = directory / "latencies"
        self._environment = create_environment(jars(settings))
        create_model(self._environment, settings)
        options = {"connector": "bench-latency", "report": str(self._report)}
        self._environment.execute_sql(
            f"CREATE TABLE sink (due BIGINT, {output_columns(settings, 'DOUBLE')}) "
            f"{with_clause(options)}"
        )

    def _create_query(self, column: str, rate: int, rows: int) -> str:
        """Creates a source; returns a query for a column of it and the outputs."""
        table = f"source_{rate}_{rows}"
        options = {
            "connector": "bench-paced",
            "rows-per-second": str(rate),
            "number-of-rows": str(rows),
        }
        self._environment.execute_sql(
            f"CREATE TABLE {table} (due BIGINT, {input_columns('DOUBLE')}) {with_clause(options)}"
        )
        return f"SELECT {column}, {self._outputs} FROM {call_model(self._settings, table)}"

    def check(self) -> None:
        query = self._create_query("x0", _WARMING_RATE, _CHECKED_ROWS)
        right = right_results(self._settings, _CHECKED_ROWS)
        check(collect_sorted(self._environment, query), right)

    def run(self, rate: int, seconds: int) -> dict[str, float]:
        """Returns percentiles of the microseconds from when a row was due to the sink."""
        rows = rate * seconds
        run_job(self._environment, f"INSERT INTO sink {self._create_query('due', rate, rows)}")
        nanoseconds = np.loadtxt(self._report)
        if len(nanoseconds) != rows:
            raise AssertionError(f"{len(nanoseconds)} of {rows} rows came to the sink")
        microseconds = nanoseconds[rate:] / 1e3
        return {name: np.percentile(microseconds, q) for name, q in _PERCENTILES.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", help="the fields of Settings as JSON")
    parser.add_argument("rates", help="rows a second, separated by commas")
    parser.add_argument("seconds", type=int, help="of each job")
    parser.add_argument("result", type=Path, help="file to write")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        job = _Job(Settings(**json.loads(args.settings)), Path(directory))
        job.check()
        job.run(_WARMING_RATE, args.seconds)
        found = {rate: job.run(int(rate), args.seconds) for rate in args.rates.split(",")}
    args.result.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
