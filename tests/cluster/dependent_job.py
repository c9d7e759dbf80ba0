# SPDX-License-Identifier: Apache-2.0
"""A script for ``flink run -py`` whose model and UDF use a module and an archive of the job."""

from pathlib import Path

from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

_MODELS = Path(__file__).with_name("models")


@udf(result_type=DataTypes.STRING())
def add_name(text):
    """Adds what the UDF finds in the same module and archive."""
    import brought_by_job

    return f"{text}; UDF: {brought_by_job.NAME} and {Path('data/name.txt').read_text()}"


tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
tables.create_temporary_function("add_name", add_name)


def predict(mode: str, text: str) -> None:
    """Prints what a model in an execution mode finds, in one job."""
    tables.execute_sql(
        f"CREATE MODEL in_{mode} INPUT (x INT) OUTPUT (brought STRING, python STRING) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        " 'python-predict-class' = 'dependent.Dependent', 'properties.needs' = 'files',"
        f" 'execution-mode' = '{mode}')"
    )
    query = f"SELECT {text} FROM ML_PREDICT((SELECT 1 AS x), MODEL in_{mode}, DESCRIPTOR(x))"
    with tables.execute_sql(query).collect() as rows:
        for row in rows:
            print(f"{mode}:", *row)


predict("thread", "brought")
predict("process", "add_name(brought)")
