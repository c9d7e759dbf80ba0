"""SQL jobs of the benchmarks, in a JVM that PyFlink starts for this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment


def create_environment(
    jars: Sequence[Path], parallelism: int = 1, options: Mapping[str, str] | None = None
) -> TableEnvironment:
    """Starts the JVM, for jobs with these jars and this Python."""
    # PyFlink's thread mode takes the libraries of the python3 that is first on the PATH.
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    configuration = Configuration()
    configuration.set_string("parallelism.default", str(parallelism))
    configuration.set_string("pipeline.jars", ";".join(jar.as_uri() for jar in jars))
    configuration.set_string("python.executable", sys.executable)
    configuration.set_string("python.client.executable", sys.executable)
    for key, value in (options or {}).items():
        configuration.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode()
    return TableEnvironment.create(settings.with_configuration(configuration).build())


def with_clause(options: Mapping[str, str]) -> str:
    """Returns the WITH of a CREATE statement."""
    return "WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in options.items()) + ")"


def run_job(environment: TableEnvironment, insert: str) -> float:
    """Runs an INSERT to its end; returns the job's own run time in seconds."""
    result = environment.execute_sql(insert)
    job = result.get_job_client().get_job_execution_result().result()
    milliseconds: int = job.get_net_runtime()
    return milliseconds / 1000


def collect_sorted(environment: TableEnvironment, query: str) -> npt.NDArray[np.float64]:
    """Runs a query for numbers; returns its rows by ascending first column, without that."""
    with environment.execute_sql(query).collect() as rows:
        return np.array(sorted(tuple(row) for row in rows))[:, 1:]
