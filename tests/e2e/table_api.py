# SPDX-License-Identifier: Apache-2.0
"""Jobs that create and use models by functions of Python, without SQL."""

import os
import re
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyflink.table import TableEnvironment
from pyflink.util.exceptions import TableException

from pyflink_ml_embedded.table import (
    create_model,
    from_model,
    show_create_model,
    show_progress,
)

_ROOT = Path(__file__).parents[2]
_MODELS = _ROOT / "tests" / "models"


def create(tables: TableEnvironment, _: Path) -> None:
    """A model whose names and values need quotes, and a model that its statement creates."""
    given = create_model(
        tables,
        "`my model`",
        _MODELS,
        "`my ``x` DOUBLE",
        "y ARRAY<ROW<`my y` STRING>>",
        comment="it's",
        python_predict_class="values.Times",
        properties={
            "my_text": "it's 'quoted'",
            "api-key": "in-clear",
            "max-tokens": 64,
            "secret.token": "env:TOKEN",
        },
    )
    _print(given, given._repr_html_())
    _print(*given.get_resolved_input_schema().get_column_names())
    statement = show_create_model(tables, "`my model`")
    tables.execute_sql("DROP MODEL `my model`")
    tables.execute_sql(statement)
    again = show_create_model(tables, "default_database.`my model`")
    _print(statement == again, statement.replace("\n", " "))
    try:
        from_model(tables, "absent")
    except ValueError as error:
        _print(error)


def predict(tables: TableEnvironment, directory: Path) -> None:
    """Rows of a table, with columns that a decorated function declares."""
    model = directory / "model"
    model.mkdir()
    (model / "doubled.py").write_text(
        "from pyflink_ml_embedded import predict_function\n\n"
        "@predict_function\n"
        "def twice(x: float) -> float:\n"
        "    return 2 * x\n"
    )
    create_model(tables, "plain", model, python_predict_class="doubled.twice")
    create_model(tables, "batched", model, python_predict_class="doubled.twice", batch_size=3)
    rows = tables.from_elements([(1, 1.0), (2, 2.0)], ["id", "value"])
    for name, options in (
        ("plain", None),
        ("batched", {"async": "true", "output-mode": "ALLOW_UNORDERED"}),
    ):
        result = from_model(tables, name).predict(rows, ["value"], options)
        _print(*result.get_schema().get_field_names())
        with result.execute().collect() as found:
            for row in sorted(found, key=str):
                _print(*row)
    ten, hundred = (
        create_model(
            tables,
            f"times_{factor}",
            _MODELS,
            "x DOUBLE",
            "y DOUBLE",
            python_predict_class="values.Times",
            properties={"factor": factor},
        ).predict(rows, ["value"])
        for factor in (10, 100)
    )
    with ten.union_all(hundred).execute().collect() as found:
        _print(*sorted(row[2] for row in found))
    try:
        from_model(tables, "plain").predict(rows, ["value"], {"async": "true"}).explain()
    except TableException as error:
        _print(str(error).partition("\n")[0])


def progress(tables: TableEnvironment, _: Path) -> None:
    """A job that ends, and one that its model makes fail."""
    tables.execute_sql("CREATE TABLE sink (x DOUBLE, y DOUBLE) WITH ('connector' = 'blackhole')")
    rows = tables.from_elements([(1.0,), (2.0,)], ["x"])
    for name, properties in (("good", {"factor": "2"}), ("bad", {})):
        model = create_model(
            tables,
            name,
            _MODELS,
            "x DOUBLE",
            "y DOUBLE",
            python_predict_class="values.Times",
            properties=properties,
        )
        result = model.predict(rows, ["x"]).execute_insert("sink")
        try:
            show_progress(result, interval=0.1)
        except Py4JJavaError as error:
            _print(type(error).__name__, error)
    try:
        show_progress(tables.execute_sql("SHOW TABLES"))
    except ValueError as error:
        _print(error)


def documented(tables: TableEnvironment, directory: Path) -> None:
    """The examples of the page, one after the other as in a notebook."""
    page = (_ROOT / "docs" / "python-api.md").read_text()
    names: dict[str, object] = {}
    os.chdir(_ROOT)
    for block in re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        exec(block, names)


def _print(*values: object) -> None:
    print(*(str(value).replace("\n", " ") for value in values), flush=True)
