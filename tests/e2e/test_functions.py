# SPDX-License-Identifier: Apache-2.0
"""A decorated function and adapted code predict in Flink SQL."""

import pytest

from .sql import Result, create_model, run_sql


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """The results of all statements, in one JVM."""
    return run_sql(
        "CREATE VIEW payments AS SELECT amount, amount AS x, CAST(country AS STRING) AS country "
        "FROM (VALUES (3e0, 'DE'), (4e0, CAST(NULL AS STRING))) AS t(amount, country)",
        create_model(
            "decorated",
            "amount DOUBLE, country STRING",
            "score DOUBLE, label STRING",
            "decorated.data_class",
        ),
        "SELECT score, label "
        "FROM ML_PREDICT(TABLE payments, MODEL decorated, DESCRIPTOR(amount, country))",
        create_model(
            "spark", "amount DOUBLE, x DOUBLE", "total DOUBLE", "adapted.Sum", {"batch-size": "4"}
        ),
        "SELECT total FROM ML_PREDICT(TABLE payments, MODEL spark, DESCRIPTOR(amount, x))",
    )


def test_decorated_function_predicts(results: list[Result]) -> None:
    """The option python-predict-class takes its name as that of a class."""
    assert results[2].rows == ["+I[1.5, DE]", "+I[2.0, null]"], results[2].failure


def test_adapted_code_predicts(results: list[Result]) -> None:
    """It has no import of Flink."""
    assert results[4].rows == ["+I[6.0]", "+I[8.0]"], results[4].failure
