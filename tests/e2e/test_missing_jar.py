# SPDX-License-Identifier: Apache-2.0
"""A Flink whose lib directory has only one of the two jars."""

from .sql import create_model, create_values, flink_jars, run_sql


def test_missing_jar_of_flink_python_is_named_by_the_deepest_cause() -> None:
    """The SQL client printed a ClassNotFoundException of PemJa, which users do not know."""
    results = run_sql(
        create_values(),
        create_model("doubler", "x DOUBLE", "y DOUBLE", "libraries.Numpy"),
        "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))",
        jars=[jar for jar in flink_jars() if not jar.name.startswith("flink-python")],
    )

    assert results[-1].failure is not None
    message = results[-1].failure.split("Caused by: ")[-1].splitlines()[0]
    assert "PemJa's classes are not on the class path. Put the flink-python jar of Flink" in message
