# SPDX-License-Identifier: Apache-2.0
"""A script for ``flink run -py``."""

from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

from pyflink_ml_embedded.table import use_provider

_MODELS = Path(__file__).parents[1] / "models"

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
use_provider(tables)
tables.execute_sql(
    "CREATE MODEL doubler INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH"
    f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
    " 'python-predict-class' = 'libraries.Numpy', 'properties.import-in' = 'predict')"
)
query = "SELECT y FROM ML_PREDICT((SELECT 2e0 AS x), MODEL doubler, DESCRIPTOR(x))"
with tables.execute_sql(query).collect() as rows:
    for row in rows:
        print("predicted", *row)
