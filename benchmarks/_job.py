"""Runs one contender of bench_job.py in this process, and writes two times as JSON.

Four jobs run one after the other in one JVM: a check of 1000 rows, the small job to warm the JVM,
the small job, the large job. The times are those of the last two.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from _common import MODELS, our_jars
from _flink import create_environment, run_job, with_clause
from pyflink.table import DataTypes
from pyflink.table.udf import udf

CHECKED_ROWS = 1000

MODEL_OPTIONS = {
    "java": {"provider": "bench-identity"},
    "ours": {
        "provider": "generic-python",
        "model-directory-path": str(MODELS),
        "python-predict-class": "identity.Identity",
        "python.executable": sys.executable,
    },
}
UDF_MODES = {"thread": "thread", "process": "process", "pandas": "process"}
SOURCES = {
    "replay": {"connector": "bench-replay"},
    "datagen": {"connector": "datagen", "rows-per-second": str(10**9)},
}


def first_field(*fields: Any) -> Any:
    return fields[0]


class Job:
    """Rows of doubles from a source through one contender, of any number of rows."""

    def __init__(self, contender: str, columns: int, source: str) -> None:
        self._contender = contender
        self._source = source
        self._names = [f"x{index}" for index in range(columns)]
        self._schema = ", ".join(f"{name} DOUBLE" for name in self._names)
        mode = {"python.execution-mode": UDF_MODES[contender]} if contender in UDF_MODES else {}
        self._environment = create_environment(our_jars(), options=mode)
        self._create_function()
        self._environment.execute_sql(
            "CREATE TABLE sink (y DOUBLE) WITH ('connector' = 'blackhole')"
        )

    def _create_function(self) -> None:
        if self._contender in MODEL_OPTIONS:
            options = with_clause(MODEL_OPTIONS[self._contender])
            self._environment.execute_sql(
                f"CREATE MODEL first_field INPUT ({self._schema}) OUTPUT (y DOUBLE) {options}"
            )
        else:
            kind = "pandas" if self._contender == "pandas" else "general"
            function = udf(first_field, result_type=DataTypes.DOUBLE(), func_type=kind)
            self._environment.create_temporary_system_function("first_field", function)

    def _create_query(self, rows: int) -> str:
        """Creates a source of so many rows; returns a query for x0 (input) and y (result)."""
        table = f"source_{rows}"
        options = {**SOURCES[self._source], "number-of-rows": str(rows)}
        self._environment.execute_sql(
            f"CREATE TABLE IF NOT EXISTS {table} ({self._schema}) {with_clause(options)}"
        )
        fields = ", ".join(self._names)
        if self._contender in MODEL_OPTIONS:
            call = f"ML_PREDICT(TABLE {table}, MODEL first_field, DESCRIPTOR({fields}))"
            return f"SELECT x0, y FROM {call}"
        return f"SELECT x0, first_field({fields}) AS y FROM {table}"

    def check(self) -> None:
        """Raises AssertionError unless all rows come back, with their first field as result."""
        with self._environment.execute_sql(self._create_query(CHECKED_ROWS)).collect() as rows:
            right = [x0 == y for x0, y in rows]
        if right != [True] * CHECKED_ROWS:
            raise AssertionError(
                f"{self._contender}: {sum(right)} of {len(right)} results are right, "
                f"expected {CHECKED_ROWS}"
            )

    def run(self, rows: int) -> float:
        """Returns the job's own run time in seconds."""
        query = self._create_query(rows)
        return run_job(self._environment, f"INSERT INTO sink SELECT y FROM ({query})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=[*MODEL_OPTIONS, *UDF_MODES])
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("columns", type=int)
    parser.add_argument("small", type=int)
    parser.add_argument("large", type=int)
    parser.add_argument("result", type=Path, help="file to write")
    args = parser.parse_args()
    job = Job(args.contender, args.columns, args.source)
    job.check()
    job.run(args.small)
    seconds = {"small": job.run(args.small), "large": job.run(args.large)}
    args.result.write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
