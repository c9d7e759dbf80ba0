# SPDX-License-Identifier: Apache-2.0
"""Runs jobs of PyFlink's Table API in one JVM: ``pyflink_job.py DIRECTORY JOB ...``.

Prints a line with the name of each job, and then its rows.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import table_api
from py4j.protocol import Py4JJavaError
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import (
    DataTypes,
    EnvironmentSettings,
    StreamTableEnvironment,
    TableEnvironment,
)
from pyflink.table.udf import udf
from pyflink.util.exceptions import TableException

from pyflink_ml_embedded.table import use_provider

_MODELS = Path(__file__).parents[1] / "models"


def _twice(tables: TableEnvironment, directory: Path) -> None:
    """The same query in two jobs, one after the other."""
    _create_file(tables, directory)
    _create_doubler(tables)
    for _ in range(2):
        _print("SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))", tables)


def _udf_before_model(tables: TableEnvironment, directory: Path) -> None:
    """A thread-mode UDF whose result is the input of the model."""
    _create_file(tables, directory)
    _create_doubler(tables)
    _create_udf(tables, directory)
    tables.execute_sql("CREATE TEMPORARY VIEW tens AS SELECT ten_times(x) AS z FROM numbers")
    for _ in range(2):
        _print("SELECT z, y FROM ML_PREDICT(TABLE tens, MODEL doubler, DESCRIPTOR(z))", tables)


def _udf_after_model(tables: TableEnvironment, directory: Path) -> None:
    """A thread-mode UDF whose input is the result of the model."""
    _create_file(tables, directory)
    _create_doubler(tables)
    _create_udf(tables, directory)
    query = "FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))"
    for _ in range(2):
        _print(f"SELECT x, ten_times(y) {query}", tables)


def _datagen_to_udf(tables: TableEnvironment, directory: Path) -> None:
    """A thread-mode UDF after a source that calls it on a different thread than open."""
    _create_datagen(tables)
    _create_udf(tables, directory)
    _print("SELECT ten_times(x) FROM numbers", tables)


def _datagen_to_model(tables: TableEnvironment, directory: Path) -> None:
    """A model after the same source."""
    _create_datagen(tables)
    _create_doubler(tables)
    _print("SELECT y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))", tables)


def _udf_before_batches(tables: TableEnvironment, directory: Path) -> None:
    """A thread-mode UDF before a model that predicts on a separate thread."""
    _create_file(tables, directory)
    _create_udf(tables, directory)
    tables.execute_sql(
        "CREATE MODEL doubler INPUT (x DOUBLE) OUTPUT (y DOUBLE, batch BIGINT) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        " 'python-predict-class' = 'batches.Numpy', 'batch-size' = '3',"
        " 'batch-timeout' = '1 min')"
    )
    tables.execute_sql("CREATE TEMPORARY VIEW tens AS SELECT ten_times(x) AS z FROM numbers")
    for _ in range(2):
        _print("SELECT * FROM ML_PREDICT(TABLE tens, MODEL doubler, DESCRIPTOR(z))", tables)


def _data_stream(_: TableEnvironment, directory: Path) -> None:
    """A query as a table and as a stream, in an environment that was created without settings."""
    stream = StreamExecutionEnvironment.get_execution_environment()
    stream.set_parallelism(1)
    tables = StreamTableEnvironment.create(stream)
    use_provider(tables)
    _create_file(tables, directory)
    _create_doubler(tables)
    query = "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))"
    _print(query, tables)
    with tables.to_data_stream(tables.sql_query(query)).execute_and_collect() as rows:
        for row in rows:
            print(*row, flush=True)


def _print_jars(tables: TableEnvironment, _: Path) -> None:
    """The jars of the jobs after jars were set in each form that Flink reads."""
    jars = [f"file:///jars/{name}.jar" for name in "ab"]
    for given in (";".join(jars), str(jars)):
        tables.get_config().get_configuration().set_string("pipeline.jars", given)
        use_provider(tables)
        print(tables.get_config().get("pipeline.jars", ""), flush=True)


def _two_models(tables: TableEnvironment, _: Path) -> None:
    """A query in which Flink takes two models for one, and two queries with one of them each."""
    queries = []
    for name, factor in (("m_old", 10), ("m_new", 100)):
        tables.execute_sql(
            f"CREATE MODEL {name} INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH"
            f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
            f" 'python-predict-class' = 'values.Times', 'properties.factor' = '{factor}')"
        )
        queries.append(f"SELECT y FROM ML_PREDICT(TABLE numbers, MODEL {name}, DESCRIPTOR(x))")
    tables.execute_sql("CREATE TEMPORARY VIEW numbers AS SELECT * FROM (VALUES (1e0)) AS t (x)")
    try:
        tables.sql_query(" UNION ALL ".join(queries)).execute().print()
    except TableException as error:
        print(str(error).partition("\n")[0], flush=True)
    for table in [tables.sql_query(query) for query in queries]:
        with table.execute().collect() as rows:
            print(*[row[0] for row in rows], flush=True)


def _failing(tables: TableEnvironment, _: Path) -> None:
    """A model without the property that it reads, in each way to run a query."""
    tables.execute_sql(
        "CREATE MODEL failing INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        " 'python-predict-class' = 'failing.NeedsProperty')"
    )
    tables.execute_sql("CREATE TABLE sink (y DOUBLE) WITH ('connector' = 'blackhole')")
    query = "SELECT y FROM ML_PREDICT((SELECT 2e0 AS x), MODEL failing, DESCRIPTOR(x))"
    for run in (
        lambda: list(tables.execute_sql(query).collect()),
        lambda: tables.execute_sql(query).print(),
        lambda: tables.execute_sql(f"INSERT INTO sink {query}").wait(),
        lambda: tables.sql_query(query).to_pandas(),
    ):
        print(_failure_of_model(run), flush=True)
    try:
        tables.execute_sql("SELECT * FROM nowhere")
    except Py4JJavaError as error:
        print(type(error).__qualname__, flush=True)


def _failure_of_model(run: Callable[[], object]) -> str:
    """Returns how a query fails, on one line.

    Flink may report that it cannot fetch the result of a job that has failed, without the reason;
    such a query runs again.
    """
    failure = "no failure"
    for _ in range(3):
        try:
            run()
        except Py4JJavaError as error:
            failure = f"{type(error).__qualname__} {error}".replace("\n", " | ")
            if "properties.threshold" in failure:
                break
            print(failure, file=sys.stderr, flush=True)
    return failure


_JOBS = {
    "create-model": table_api.create,
    "data-stream": _data_stream,
    "documented": table_api.documented,
    "failing": _failing,
    "print-jars": _print_jars,
    "predict": table_api.predict,
    "progress": table_api.progress,
    "twice": _twice,
    "two-models": _two_models,
    "udf-before-model": _udf_before_model,
    "udf-after-model": _udf_after_model,
    "udf-before-batches": _udf_before_batches,
    "datagen-to-udf": _datagen_to_udf,
    "datagen-to-model": _datagen_to_model,
}


def _create_file(tables: TableEnvironment, directory: Path) -> None:
    file = directory / "numbers.csv"
    file.write_text("1\n2\n3\n")
    tables.execute_sql(
        "CREATE TABLE numbers (x DOUBLE) WITH"
        f" ('connector' = 'filesystem', 'path' = '{file.as_uri()}', 'format' = 'csv')"
    )


def _create_datagen(tables: TableEnvironment) -> None:
    tables.execute_sql(
        "CREATE TABLE numbers (x DOUBLE) WITH ('connector' = 'datagen', 'fields.x.kind' ="
        " 'sequence', 'fields.x.start' = '1', 'fields.x.end' = '3')"
    )


def _create_doubler(tables: TableEnvironment) -> None:
    tables.execute_sql(
        "CREATE MODEL doubler INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        " 'python-predict-class' = 'libraries.Numpy', 'properties.import-in' = 'predict')"
    )


def _create_udf(tables: TableEnvironment, directory: Path) -> None:
    called, returned = directory / "called", directory / "returned"

    @udf(result_type=DataTypes.DOUBLE())
    def ten_times(x: float) -> float:
        called.touch()
        import numpy as np

        np.divide(np.array([x]), np.zeros(1))  # warns, which acquires the GIL
        returned.touch()
        return x * 10

    tables.create_temporary_function("ten_times", ten_times)


def _print(query: str, tables: TableEnvironment) -> None:
    with tables.execute_sql(query).collect() as rows:
        for row in rows:
            print(*row, flush=True)


def _run(job: str, directory: Path) -> None:
    print("JOB", job, flush=True)
    directory.mkdir()
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    tables.get_config().set("python.execution-mode", "thread")
    tables.get_config().set("parallelism.default", "1")
    tables.get_config().set("table.exec.async-ml-predict.max-concurrent-operations", "1")
    use_provider(tables, max_batch_size=3)
    _JOBS[job](tables, directory)


if __name__ == "__main__":
    for name in sys.argv[2:]:
        _run(name, Path(sys.argv[1], name))
