# SPDX-License-Identifier: Apache-2.0
"""A script for ``flink run -py``."""

from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

from pyflink_ml_embedded.table import ModelJobError, use_provider

_MODELS = Path(__file__).parents[1] / "models"

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
use_provider(tables)


def create_model(name: str, python_class: str) -> None:
    """Creates a model of a class in tests/models."""
    tables.execute_sql(
        f"CREATE MODEL {name} INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        f" 'python-predict-class' = '{python_class}', 'properties.import-in' = 'predict')"
    )


def predict(model: str) -> None:
    """Prints the result for one row."""
    query = f"SELECT y FROM ML_PREDICT((SELECT 2e0 AS x), MODEL {model}, DESCRIPTOR(x))"
    with tables.execute_sql(query).collect() as rows:
        for row in rows:
            print("predicted", *row)


create_model("doubler", "libraries.Numpy")
create_model("failing", "failing.NeedsProperty")
predict("doubler")
try:
    predict("failing")
except ModelJobError as error:
    print("failed:", error)
