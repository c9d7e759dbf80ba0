# SPDX-License-Identifier: Apache-2.0
"""Registers the model provider with PyFlink's Table API."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ._flink_jvm import forward_output
from ._job_error import ModelJobError, install
from ._native import __version__
from ._queries import number_queries

if TYPE_CHECKING:
    from pyflink.table import TableConfig, TableEnvironment

__all__ = ["ModelJobError", "provider_jar", "use_provider"]

_JARS = "pipeline.jars"
_FACTORY = "io/github/pyflink/ml/embedded/GenericPythonModelProviderFactory.class"
_MAX_CONCURRENT_OPERATIONS = "table.exec.async-ml-predict.max-concurrent-operations"


def provider_jar() -> Path:
    """Returns the path of the provider's jar in this package.

    Raises:
        FileNotFoundError: the package was installed from a checkout in which the jar had not been
            built.
    """
    jar = Path(__file__).parent / "jars" / f"pyflink-ml-embedded-{__version__}.jar"
    if not jar.is_file():
        raise FileNotFoundError(f"no provider jar at {jar}; `make demo` in a checkout builds it")
    return jar


def use_provider(table_env: TableEnvironment, max_batch_size: int = 1) -> None:
    """Registers the provider ``generic-python`` with a table environment.

    Adds the provider's jar to ``pipeline.jars`` unless Flink's ``lib/`` has it. Sets
    ``python.executable`` to the running interpreter if it is not set. In a local Flink, what
    models print and log, and the provider's warnings, appear on ``sys.stderr``.

    In this process, PyFlink then raises ``ModelJobError`` where a model makes a query or a job
    fail. A query of ``table_env.sql_query`` in which Flink takes two models for one is refused.

    Args:
        table_env: a PyFlink table environment, before the first query.
        max_batch_size: the largest ``batch-size`` of the models. If it is more than 1, Flink's
            option ``table.exec.async-ml-predict.max-concurrent-operations``, which applies to all
            asynchronous models of this environment, is raised to twice this number. Then one batch
            is predicted while the next one fills.

    Raises:
        FileNotFoundError: ``provider_jar`` does not find the jar.
    """
    forward_output()
    install()
    number_queries(table_env)
    config = table_env.get_config()
    if not _is_in_lib():
        config.set(_JARS, ";".join([*_jars(config), provider_jar().as_uri()]))
        _add_to_planner(table_env)
    if not config.get("python.executable", ""):
        config.set("python.executable", sys.executable)
    if max_batch_size > 1 and _max_concurrent_operations(table_env) < 2 * max_batch_size:
        config.set(_MAX_CONCURRENT_OPERATIONS, str(2 * max_batch_size))


def _is_in_lib() -> bool:
    """Returns whether the JVM that plans the queries has the provider on its class path."""
    from pyflink.java_gateway import get_gateway

    loader = get_gateway().jvm.java.lang.ClassLoader.getSystemClassLoader()
    return loader.getResource(_FACTORY) is not None


def _add_to_planner(table_env: TableEnvironment) -> None:
    """Makes the planner find the provider in an environment that was created without settings.

    PyFlink adds jars of the configuration to the class loader that ``EnvironmentSettings`` create.
    ``StreamTableEnvironment.create(env)`` has none.
    """
    from pyflink.table import StreamTableEnvironment

    if isinstance(table_env, StreamTableEnvironment):
        path = str(provider_jar()).replace("'", "''")
        table_env.execute_sql(f"ADD JAR '{path}'")


def _jars(config: TableConfig) -> Sequence[str]:
    """Returns the jars of the jobs: Flink reads texts separated by semicolons, and YAML lists."""
    from pyflink.java_gateway import get_gateway

    flink = get_gateway().jvm.org.apache.flink.configuration
    given = flink.Configuration.fromMap({_JARS: config.get(_JARS, "")})
    return [jar for jar in given.get(flink.PipelineOptions.JARS) if jar]


def _max_concurrent_operations(table_env: TableEnvironment) -> int:
    return int(table_env.get_config().get(_MAX_CONCURRENT_OPERATIONS, "10"))
