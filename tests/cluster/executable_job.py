# SPDX-License-Identifier: Apache-2.0
"""A script for ``flink run -py`` whose Python is in an archive of the job."""

from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

_MODELS = Path(__file__).with_name("models")

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
for mode in ("process", "thread"):
    tables.execute_sql(
        f"CREATE MODEL in_{mode} INPUT (x INT) OUTPUT (brought STRING, python STRING) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        f" 'python-predict-class' = 'dependent.Dependent', 'execution-mode' = '{mode}')"
    )
    query = f"SELECT python FROM ML_PREDICT((SELECT 1 AS x), MODEL in_{mode}, DESCRIPTOR(x))"
    try:
        with tables.execute_sql(query).collect() as rows:
            for row in rows:
                print(f"{mode}:", *row)
    except Exception as error:
        print(f"{mode} failed:", error)
