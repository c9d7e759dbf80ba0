# SPDX-License-Identifier: Apache-2.0
"""Values inside of ARRAY, MAP and ROW are what Python programs expect."""

import datetime
import json

import mlflow.pyfunc
import pydantic
import pytest
from mlflow.types import ColSpec, DataType
from mlflow.types.schema import Array, Map, Object, Property

from pyflink_ml_embedded import Row

from .models import Echo, failure, opened, predicted, save_python


class Item(pydantic.BaseModel):
    """A part of a request."""

    count: int
    price: float | None = None
    stock: int | None = None
    seen: datetime.datetime | None = None


class Order(pydantic.BaseModel):
    """A request with parts."""

    items: list[Item]
    sizes: dict[str, int]


def hinted(path, hint, compute):
    """Saves a model with a type hint, from which MLflow infers the signature."""

    class Hinted(mlflow.pyfunc.PythonModel):
        def predict(self, model_input: list[hint]) -> list[str]:
            return [compute(value) for value in model_input]

    mlflow.pyfunc.save_model(str(path), python_model=Hinted(), pip_requirements=[])


def test_maps_have_numbers_of_python(tmp_path):
    """pydantic and json refuse those of numpy."""
    hinted(tmp_path / "m", dict[str, int], json.dumps)
    function = opened(tmp_path / "m", "m MAP<STRING, BIGINT>", "y STRING")
    assert predicted(function, [({"a": 1},), ({},)]) == [('{"a": 1}',), ("{}",)]


def test_nested_objects_of_pydantic_are_created(tmp_path):
    """Type hints may have classes in classes, with optional fields."""
    hinted(tmp_path / "m", Order, lambda order: order.model_dump_json())
    inputs = (
        "items ARRAY<ROW<count INT, price FLOAT, stock BIGINT, seen TIMESTAMP(3)>>, "
        "sizes MAP<STRING, INT>"
    )
    function = opened(tmp_path / "m", inputs, "y STRING")
    day = datetime.datetime(2020, 1, 2)
    rows = [
        ([Row(1, 0.5, 7, day), Row(2, None, None, None)], {"s": 3}),
        ([], {}),
    ]
    expected = [
        Order(items=[Item(count=1, price=0.5, stock=7, seen=day), Item(count=2)], sizes={"s": 3}),
        Order(items=[], sizes={}),
    ]
    assert predicted(function, rows) == [(order.model_dump_json(),) for order in expected]


def test_optional_fields_of_pydantic_may_be_null(tmp_path):
    """The fields of the class of the type hint are the columns."""
    hinted(tmp_path / "m", Item, lambda item: item.model_dump_json())
    function = opened(
        tmp_path / "m", "count INT, price DOUBLE, stock INT, seen TIMESTAMP(3)", "y STRING"
    )
    expected = [Item(count=1), Item(count=2, price=0.5, stock=3)]
    rows = [(1, None, None, None), (2, 0.5, 3, None)]
    assert predicted(function, rows) == [(item.model_dump_json(),) for item in expected]


@pytest.mark.parametrize(
    ("inputs", "value", "expected"),
    [
        ("v MAP<STRING, INT>", {"a": 1}, '{"a": 1}'),
        ("v ROW<a INT, b FLOAT, c BOOLEAN>", Row(1, 0.5, None), '{"a": 1, "b": 0.5, "c": null}'),
        ("v ARRAY<DOUBLE>", [0.5, 1.0], "[0.5, 1.0]"),
        ("v ARRAY<ROW<a INT, b ARRAY<INT>>>", [Row(1, [2])], '[{"a": 1, "b": [2]}]'),
    ],
)
def test_nested_values_without_signature_can_be_written_as_json(tmp_path, inputs, value, expected):
    """Prompts are often made by json.dumps."""
    save_python(tmp_path / "m", Echo(lambda data, _: [json.dumps(v) for v in data["v"]]))
    assert predicted(opened(tmp_path / "m", inputs, "y STRING"), [(value,)]) == [(expected,)]


def test_array_of_double_or_long_is_a_list(tmp_path):
    """MLflow leaves a list as it is."""
    model = Echo(lambda data, _: [f"{row!r}" for row in data.values.tolist()])
    specs = [ColSpec(Array(DataType.double), "d"), ColSpec(Array(DataType.long), "l")]
    save_python(tmp_path / "m", model, specs)
    function = opened(tmp_path / "m", "d ARRAY<FLOAT>, l ARRAY<INT>", "y STRING")
    assert predicted(function, [([0.5], [1, 2])]) == [("[[0.5], [1, 2]]",)]


def test_optional_boolean_may_be_null(tmp_path):
    """MLflow keeps None, because False would be another value."""
    model = Echo(lambda data, _: [f"{value!r}" for value in data["b"].astype(object)])
    save_python(tmp_path / "m", model, [ColSpec("boolean", "b", required=False)])
    function = opened(tmp_path / "m", "b BOOLEAN", "y STRING")
    assert predicted(function, [(True,), (None,), (False,)]) == [("True",), ("None",), ("False",)]


def test_optional_properties_may_be_null(tmp_path):
    """MLflow accepts None for them, and nowhere else."""
    fields = [Property("n", DataType.long, required=False), Property("m", Map(DataType.long))]
    save_python(
        tmp_path / "m",
        Echo(lambda data, _: [f"{o['n']} {o['m']}" for o in data["o"]]),
        [ColSpec(Object(fields), "o")],
    )
    function = opened(tmp_path / "m", "o ROW<n INT, m MAP<STRING, INT>>", "y STRING")
    assert predicted(function, [(Row(None, {}),), (Row(1, {}),)]) == [("None {}",), ("1 {}",)]
    message = failure(function, (Row(1, {}),), (Row(1, {"k": None}),))
    assert "NULL cannot be converted to int64" in message
