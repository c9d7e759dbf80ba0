# SPDX-License-Identifier: Apache-2.0
"""The jobs of a contender on a workload: rows from ``bench-rows`` through the model."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from pyflink.table import TableEnvironment

from ..contenders import CONTENDERS
from .counting import COUNTING_CLASS
from .flink import RunningJob, with_clause
from .workload import Workload

__all__ = ["Job"]

_BATCH_SIZE = 1024
_NUMBERS = itertools.count()  # in the names of models and tables
_HTTP_IN_FLIGHT = 10  # Flink's default; more rows would only wait in the server


class Job:
    """Jobs of one contender on one workload.

    Args:
        environment: where the jobs run, which other jobs may use before and after these.
        contender: a key of ``CONTENDERS``.
        workload: the workload to run.
        url: the URL of the model server, if the contender needs one.
        batches: the file to which embedded-batch writes its number of batches.
        options: more options of the model of embedded-batch.
    """

    def __init__(
        self,
        environment: TableEnvironment,
        contender: str,
        workload: Workload,
        url: str,
        batches: Path,
        options: Mapping[str, str],
    ) -> None:
        self._environment = environment
        self._name = contender
        self._contender = CONTENDERS[contender]
        self._workload = workload
        self._inputs = _names(workload.inputs.names)
        self._outputs = _names(workload.outputs.names)
        batch_size = str(self._contender.most_rows or _BATCH_SIZE)
        self._batching = {"batch-size": batch_size, **options}
        # One batch is predicted while the next one fills.
        self._in_flight = 2 * int(self._batching["batch-size"])
        self._model = f"model_{next(_NUMBERS)}"
        if self._contender.way == "model":
            model = with_clause(self._model_options(url, batches))
            environment.execute_sql(
                f"CREATE MODEL {self._model} INPUT ({workload.input}) OUTPUT ({workload.output})"
                f" {model}"
            )
        else:
            environment.create_temporary_system_function(self._model, self._make_function())

    def collect(self, rows: int) -> list[tuple[Any, ...]]:
        """Predicts the first rows once each; returns the results in the order of the rows."""
        query = self._query({"stamp": "index", "number-of-rows": str(rows)}, "stamp")
        self._configure(1)
        # PyFlink would collect timestamps as floats.
        are_moments = [field.type.startswith("TIMESTAMP") for field in self._workload.outputs]
        columns = [
            f"CAST({name} AS STRING)" if is_moment else name
            for name, is_moment in zip(self._outputs.split(", "), are_moments, strict=True)
        ]
        exact = f"SELECT stamp, {', '.join(columns)} FROM ({query})"
        with self._environment.execute_sql(exact).collect() as results:
            ordered = sorted(map(tuple, results), key=itemgetter(0))
        return [
            tuple(
                datetime.fromisoformat(value) if is_moment and value is not None else value
                for value, is_moment in zip(row[1:], are_moments, strict=True)
            )
            for row in ordered
        ]

    def start(self, options: Mapping[str, str], report: Path, parallelism: int) -> RunningJob:
        """Starts a job.

        Args:
            options: options of the connector ``bench-rows``. With 'stamp' = 'due', the sink records
                the latency of each row, otherwise the number of rows over time.
            report: the directory to which source and sink write.
            parallelism: the parallelism of the job.
        """
        stamp = "due" if options.get("stamp") == "due" else ""
        reported = {"report": str(report)}
        query = self._query({**options, **reported}, stamp)
        sink_options = {**reported, "latency": "true" if stamp else "false"}
        sink = self._create_table("bench-sink", sink_options, stamp, self._workload.output)
        self._configure(parallelism)
        result = self._environment.execute_sql(f"INSERT INTO {sink} {query}")
        return RunningJob(result, report)

    def _configure(self, parallelism: int) -> None:
        configuration = self._environment.get_config()
        configuration.set("parallelism.default", str(parallelism))
        if self._contender.way != "model":
            configuration.set("python.files", self._workload.model_directory)

    def _create_table(
        self, connector: str, options: Mapping[str, str], stamp: str, columns: str
    ) -> str:
        name = f"table_{next(_NUMBERS)}"
        first = f"{stamp} BIGINT, " if stamp else ""
        clause = with_clause({"connector": connector, **options})
        self._environment.execute_sql(f"CREATE TABLE {name} ({first}{columns}) {clause}")
        return name

    def _query(self, options: Mapping[str, str], stamp: str) -> str:
        """Creates a source; returns a query for its stamp, if it has one, and the results."""
        path = {"path": str(self._workload.rows_file)}
        table = self._create_table("bench-rows", {**path, **options}, stamp, self._workload.input)
        first = f"{stamp}, " if stamp else ""
        if self._contender.way == "model":
            arguments = (
                f"TABLE {table}, MODEL {self._model}, DESCRIPTOR({self._inputs}){self._config()}"
            )
            return f"SELECT {first}{self._outputs} FROM ML_PREDICT({arguments})"
        if self._contender.way == "udtf":
            call = f"LATERAL TABLE({self._model}({self._inputs})) AS predicted ({self._outputs})"
            return f"SELECT {first}{self._outputs} FROM {table}, {call}"
        fields = ", ".join(f"predicted.{name}" for name in self._outputs.split(", "))
        calls = f"SELECT {first}{self._model}({self._inputs}) AS predicted FROM {table}"
        return f"SELECT {first}{fields} FROM ({calls})"

    def _config(self) -> str:
        if not self._contender.asynchronous:
            return ""
        rows = _HTTP_IN_FLIGHT if self._name == "http" else self._in_flight
        # A timeout would need a timer for each row.
        return f", MAP['max-concurrent-operations', '{rows}', 'timeout', '0 s']"

    def _model_options(self, url: str, batches: Path) -> dict[str, str]:
        workload = self._workload
        asynchronous = str(self._contender.asynchronous).lower()
        result = {"result": str(workload.result_file), "async": asynchronous}
        init = (
            "from pyflink_ml_embedded.bench.measure.pemja import PemjaFunction\n"
            f"predict_function = PemjaFunction({workload.directory!r})"
        )
        if self._contender.execution_mode is not None:
            return self._own_options(batches, self._contender.execution_mode)
        onnx = {"provider": "bench-onnx", "file": str(workload.onnx_file), "async": asynchronous}
        batch_size = self._batching["batch-size"]
        options: dict[str, dict[str, str]] = {
            "java": {"provider": "bench-constant", **result},
            "java-async": {"provider": "bench-constant", **result},
            "java-onnx": onnx,
            "java-onnx-batch": {**onnx, "batch-size": batch_size},
            "http": {"provider": "bench-http", "url": url},
            "pemja": {
                "provider": "bench-pemja",
                "python.executable": sys.executable,
                "init": init,
            },
        }
        return options[self._name]

    def _own_options(self, batches: Path, execution_mode: str) -> dict[str, str]:
        workload = self._workload
        options = {
            "provider": "generic-python",
            "execution-mode": execution_mode,
            "model-directory-path": workload.model_directory,
        }
        more = self._contender.properties
        if self._contender.most_rows is None:
            return {
                **options,
                "python-predict-class": workload.python_class,
                **_properties({**workload.properties, **more}),
            }
        return {
            **options,
            "python-predict-class": COUNTING_CLASS,
            **_properties({"workload": workload.directory, "report": str(batches), **more}),
            **self._batching,
        }

    def _make_function(self) -> Any:
        workload = self._workload
        sys.path.insert(0, workload.model_directory)
        module, _, name = workload.python_class.rpartition(".")
        function_class = getattr(importlib.import_module(module), name)
        make = function_class.as_udtf if self._contender.way == "udtf" else function_class.as_udf
        return make(
            workload.inputs,
            workload.outputs,
            model_directory=workload.model_directory,
            properties=workload.properties,
        )


def _properties(properties: Mapping[str, str]) -> dict[str, str]:
    return {f"properties.{key}": value for key, value in properties.items()}


def _names(names: Sequence[str]) -> str:
    return ", ".join("`" + name.replace("`", "``") + "`" for name in names)
