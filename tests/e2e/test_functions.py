# SPDX-License-Identifier: Apache-2.0
"""Decorated functions and adapted classes predict in Flink SQL."""

import pytest

from pyflink_ml_embedded import Schema

from .sql import Result, create_model, run_sql

_PAYMENT = "amount DOUBLE, country STRING"
_SCORE = "score DOUBLE, label STRING"
_BATCHES = {"batch-size": "4"}
_MODELS = {
    "by_parameter": (_PAYMENT, _SCORE, "decorated.by_parameter", {}),
    "typed_row": (_PAYMENT, _SCORE, "decorated.data_class", {}),
    "awaited": (_PAYMENT, _SCORE, "decorated.awaited", _BATCHES),
    "typed_batch": (_PAYMENT, _SCORE, "decorated.objects", _BATCHES),
    "swapped": ("country STRING, amount DOUBLE", _SCORE, "decorated.data_class", {}),
    "spark": ("amount DOUBLE, x DOUBLE", "total DOUBLE", "adapted.Sum", _BATCHES),
    "ray": ("x DOUBLE", "y DOUBLE", "adapted.Numpy", _BATCHES),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The result of each model's query, all in one JVM."""
    statements = [
        "CREATE VIEW payments AS SELECT amount, amount AS x, CAST(country AS STRING) AS country "
        "FROM (VALUES (3e0, 'DE'), (4e0, CAST(NULL AS STRING))) AS t(amount, country)"
    ]
    for name, (inputs, outputs, python_class, options) in _MODELS.items():
        taken, returned = (", ".join(Schema.parse(columns).names) for columns in (inputs, outputs))
        statements += [
            create_model(name, inputs, outputs, python_class, options),
            f"SELECT {returned} FROM ML_PREDICT(TABLE payments, MODEL {name}, DESCRIPTOR({taken}))",
        ]
    return dict(zip(_MODELS, run_sql(*statements)[2::2], strict=True))


@pytest.mark.parametrize("name", ["by_parameter", "typed_row", "awaited", "typed_batch"])
def test_decorated_function_predicts(results: dict[str, Result], name: str) -> None:
    """The option python-predict-class takes its name as that of a class."""
    assert results[name].rows == ["+I[1.5, DE]", "+I[2.0, null]"], results[name].failure


def test_columns_in_another_order_fail_the_job(results: dict[str, Result]) -> None:
    """The function would get a country as its amount."""
    failure = results["swapped"].failure or ""
    assert "data_class takes (`amount` DOUBLE NOT NULL, `country` STRING), and INPUT" in failure


@pytest.mark.parametrize(
    ("name", "rows"), [("spark", ["+I[6.0]", "+I[8.0]"]), ("ray", ["+I[7.0]", "+I[9.0]"])]
)
def test_adapted_code_predicts(results: dict[str, Result], name: str, rows: list[str]) -> None:
    """It has no import of Flink."""
    assert results[name].rows == rows, results[name].failure
