# SPDX-License-Identifier: Apache-2.0
"""Registers the provider with PyFlink's Table API, and creates and finds its models."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ._flink_jvm import forward_output
from ._inference import infer_schema
from ._job_error import ModelJobError, install
from ._native import __version__
from ._queries import number_queries
from ._schema import Schema
from ._table.catalog import find_model, qualified
from ._table.options import DIRECTORY, model_options
from ._table.progress import show_progress
from ._table.statement import create_statement

if TYPE_CHECKING:
    from pyflink.table import TableConfig, TableEnvironment

    from ._table.model import Model

__all__ = [
    "ModelJobError",
    "create_model",
    "from_model",
    "provider_jar",
    "show_create_model",
    "show_progress",
    "use_provider",
]

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


def create_model(
    table_env: TableEnvironment,
    name: str,
    directory: str | os.PathLike[str],
    inputs: str | None = None,
    outputs: str | None = None,
    *,
    temporary: bool = False,
    if_not_exists: bool = False,
    comment: str | None = None,
    **options: object,
) -> Model:
    """Creates a model, as CREATE MODEL does.

    Args:
        table_env: a PyFlink table environment.
        name: the model's name as SQL has it, with catalog and database or without.
        directory: the model's directory or archive: a path on every TaskManager, or a URI.
        inputs: the columns of INPUT, e.g. ``"amount DOUBLE, country STRING"``. By default those
            that the model's files or its function declare; the directory must be on this host.
        outputs: the columns of OUTPUT, likewise.
        temporary: whether the model belongs to this session and not to the catalog.
        if_not_exists: whether a model of this name is left as it is.
        comment: the model's comment.
        options: the model's options: ``batch_size=64`` is ``batch-size``, and
            ``properties={"top-k": 3}`` is ``properties.top-k``.

    Returns:
        The model, which shows itself in a notebook.

    Raises:
        TypeError: a value of an option has no text.
        ValueError: an option is given twice, or the columns are not given and cannot be found.
    """
    given = model_options(directory, options)
    if inputs is None or outputs is None:
        inferred = infer_schema(Path(given[DIRECTORY]), given)
        inputs = inputs if inputs is not None else inferred.inputs
        outputs = outputs if outputs is not None else inferred.outputs
    path = qualified(table_env, name).asSerializableString()
    statement = create_statement(
        path,
        Schema.parse(inputs),
        Schema.parse(outputs),
        given,
        temporary=temporary,
        if_not_exists=if_not_exists,
        comment=comment,
    )
    table_env.execute_sql(statement)
    return from_model(table_env, name)


def from_model(table_env: TableEnvironment, path: str) -> Model:
    """Returns a model, with the methods of ``pyflink.table.Model``, which came with PyFlink 2.4.

    ``predict`` needs Flink 2.2 or newer.

    Args:
        table_env: a PyFlink table environment.
        path: the model's name as SQL has it.

    Raises:
        ValueError: there is no such model.
    """
    from ._table.model import Model

    return Model(table_env, path)


def show_create_model(table_env: TableEnvironment, path: str) -> str:
    """Returns the statement that creates a model, with ``******`` in place of secrets.

    Args:
        table_env: a PyFlink table environment.
        path: the model's name as SQL has it.

    Raises:
        ValueError: there is no such model.
    """
    model = find_model(table_env, path)
    return create_statement(
        model.path,
        model.inputs,
        model.outputs,
        model.options,
        temporary=model.temporary,
        comment=model.comment,
    )


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
