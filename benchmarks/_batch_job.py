"""Runs one contender of bench_batch.py or bench_threads.py, and writes what it took as JSON.

Four jobs run one after the other in one JVM: a check of 1000 rows, the small job to warm the JVM,
the small job, the large job. The figures are those of the last two.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from _common import MODELS
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
from _onnx import REPLAYED_ROWS, check, features
from _usage import PeakMemory, cpu_seconds
from pyflink.table import DataTypes
from pyflink.table.udf import udf

sys.path.append(str(MODELS))
from onnx_session import open_session
from onnx_udf import OnnxUdf

_CHECKED_ROWS = 1000
_LOOP_BATCHES = 8  # ready arrays, or more if they are small, that the loop repeats


class _Contender(Protocol):
    def predict(self, rows: int) -> npt.NDArray[Any]:
        """Returns (rows, outputs) for the first rows."""

    def run(self, rows: int) -> float:
        """Predicts so many rows; returns the seconds."""


class _Loop:
    """A bare loop of onnxruntime over ready batches, without a JVM."""

    def __init__(self, settings: Settings) -> None:
        self._session = open_session(str(settings.file))
        self._input = self._session.get_inputs()[0].name
        self._size = settings.batch_size
        count = max(_LOOP_BATCHES, math.ceil(REPLAYED_ROWS / self._size))
        self._batches = np.split(features(count * self._size), count)

    def predict(self, rows: int) -> npt.NDArray[Any]:
        return np.concatenate([self._run(batch) for batch in self._batches])[:rows]

    def run(self, rows: int) -> float:
        started = time.perf_counter()
        for batch in range(rows // self._size):
            self._run(self._batches[batch % len(self._batches)])
        return time.perf_counter() - started

    def _run(self, batch: npt.NDArray[Any]) -> Any:
        return self._session.run(None, {self._input: batch})[0]


class _Job:
    """A SQL job from ``bench-replay`` to ``blackhole``, at Flink's defaults."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._outputs = output_columns(settings)
        self._environment = create_environment(
            jars(settings), settings.parallelism, {"python.files": str(MODELS)}
        )
        if settings.contender == "pandas":
            self._create_udf()
        else:
            create_model(self._environment, settings)
        self._environment.execute_sql(
            f"CREATE TABLE sink ({output_columns(settings, 'DOUBLE')}) "
            "WITH ('connector' = 'blackhole')"
        )

    def _create_udf(self) -> None:
        names = self._outputs.split(", ")
        result = DataTypes.ROW([DataTypes.FIELD(name, DataTypes.DOUBLE()) for name in names])
        function = udf(OnnxUdf(str(self._settings.file)), result_type=result, func_type="pandas")
        self._environment.create_temporary_system_function("predict_rows", function)

    def _create_query(self, rows: int) -> str:
        """Creates a source of so many rows; returns a query for x0 and the outputs."""
        table = f"source_{rows}"
        options = {"connector": "bench-replay", "number-of-rows": str(rows)}
        self._environment.execute_sql(
            f"CREATE TABLE IF NOT EXISTS {table} ({input_columns('DOUBLE')}) {with_clause(options)}"
        )
        if self._settings.contender != "pandas":
            return f"SELECT x0, {self._outputs} FROM {call_model(self._settings, table)}"
        outputs = self._outputs.replace("y", "predicted.y")
        call = f"predict_rows({input_columns()})"
        return f"SELECT x0, {outputs} FROM (SELECT x0, {call} AS predicted FROM {table})"

    def predict(self, rows: int) -> npt.NDArray[Any]:
        return collect_sorted(self._environment, self._create_query(rows))

    def run(self, rows: int) -> float:
        query = self._create_query(rows)
        return run_job(self._environment, f"INSERT INTO sink SELECT {self._outputs} FROM ({query})")


def _measure(contender: _Contender, rows: int) -> dict[str, float]:
    cpu = cpu_seconds()
    seconds = contender.run(rows)
    return {"rows": rows, "seconds": seconds, "cpu_seconds": cpu_seconds() - cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", help="the fields of Settings as JSON")
    parser.add_argument("small", type=int)
    parser.add_argument("large", type=int)
    parser.add_argument("result", type=Path, help="file to write")
    args = parser.parse_args()
    settings = Settings(**json.loads(args.settings))
    with PeakMemory() as memory:
        contender = _Loop(settings) if settings.contender == "loop" else _Job(settings)
        check(contender.predict(_CHECKED_ROWS), right_results(settings, _CHECKED_ROWS))
        contender.run(args.small)
        small = _measure(contender, args.small)
        large = _measure(contender, args.large)
    found = {"small": small, "large": large, "peak_bytes": memory.bytes}
    args.result.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
