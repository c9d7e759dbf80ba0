# SPDX-License-Identifier: Apache-2.0
"""The columns of a signature are found, and the model opens with them."""

import json

import pytest

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._inference import infer_schema
from pyflink_ml_embedded.models.mlflow._file import read_model_file
from pyflink_ml_embedded.models.mlflow._inputs import make_inputs
from pyflink_ml_embedded.models.mlflow._outputs import outputs_fit

from ..onnx.models import identity
from .models import IRIS_INPUT, opened


def write_signature(directory, inputs, outputs, loader_module="m", **flavors):
    """Writes an MLmodel with this signature."""
    signature = {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs)}
    flavors["python_function"] = {"loader_module": loader_module}
    content = {"flavors": flavors, "signature": signature}
    (directory / "MLmodel").write_text(json.dumps(content))


def tensor(dtype, *shape, **name):
    """Returns the spec of a tensor."""
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}, **name}


def test_model_opens_with_the_columns_of_its_signature(iris_directory):
    """Neither the model nor MLflow is needed to find them."""
    schema = infer_schema(iris_directory, {})
    assert Schema.parse(schema.inputs) == Schema.parse(IRIS_INPUT)
    assert schema.outputs == "`prediction` BIGINT"
    opened(iris_directory, schema.inputs, schema.outputs)


@pytest.mark.parametrize(
    ("spec", "column"),
    [
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": "integer"}, "INT"),
        ({"type": "float", "required": False}, "FLOAT"),
        ({"type": "string"}, "STRING"),
        ({"type": "binary"}, "BYTES"),
        ({"type": "datetime"}, "TIMESTAMP(9)"),
        ({"type": "array", "items": {"type": "long"}}, "ARRAY<BIGINT>"),
        ({"type": "map", "values": {"type": "double"}}, "MAP<STRING, DOUBLE>"),
        (
            {"type": "object", "properties": {"a b": {"type": "string"}}},
            "ROW<`a b` STRING>",
        ),
        (tensor("float32", -1), "FLOAT"),
        (tensor("int64", -1, 1), "BIGINT"),
        (tensor("float64", -1, 3), "ARRAY<DOUBLE>"),
        (tensor("uint8", -1, 28, -1), "ARRAY<ARRAY<SMALLINT>>"),
        (tensor("str", -1), "STRING"),
    ],
)
def test_type_of_the_signature_decides_the_type_of_the_column(tmp_path, spec, column):
    """As an input and as an output, with a name."""
    write_signature(tmp_path, [{**spec, "name": "x"}], [{**spec, "name": "y"}])
    schema = infer_schema(tmp_path, {})
    assert (schema.inputs, schema.outputs) == (f"`x` {column}", f"`y` {column}")
    model = read_model_file(str(tmp_path))
    make_inputs(model, Schema.parse(schema.inputs))
    assert outputs_fit(model, Schema.parse(schema.outputs)) is not False


def test_only_input_and_output_need_no_names(tmp_path):
    """They are matched by position."""
    write_signature(tmp_path, [tensor("float32", -1, 4)], [{"type": "double"}])
    schema = infer_schema(tmp_path, {})
    assert schema.inputs == "`input` ARRAY<FLOAT>"
    assert schema.outputs == "`prediction` DOUBLE"


def test_fields_of_the_only_object_are_columns(tmp_path):
    """MLflow creates an object of a type hint from them."""
    item = {"type": "object", "properties": {"a": {"type": "long"}, "b": {"type": "string"}}}
    write_signature(tmp_path, [item], [item])
    schema = infer_schema(tmp_path, {})
    assert schema.inputs == schema.outputs == "`a` BIGINT, `b` STRING"


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([], [{"type": "double"}], "has no signature with inputs"),
        ([{"type": "double"}], [], "has no signature with outputs"),
        ([{"type": "double"}, {"type": "double"}], [], "inputs of the signature .* no names"),
        ([{"type": "any", "name": "x"}], [{"type": "long"}], "'x' has the type any"),
        ([tensor("object", -1)], [], "'input' is a tensor of object"),
        ([{"type": "long"}], [tensor("float32", 3)], r"'prediction' is a tensor .* shape \[3\]"),
    ],
)
def test_signature_that_leaves_a_column_open_is_refused(tmp_path, inputs, outputs, message):
    """A wrong guess would predict nonsense."""
    write_signature(tmp_path, inputs, outputs)
    with pytest.raises(ValueError, match=f"cannot be inferred: .*{message}.*Give all columns"):
        infer_schema(tmp_path, {})


@pytest.mark.parametrize(
    ("inputs", "columns"),
    [
        ([], "`x` ARRAY<FLOAT>"),
        ([tensor("float32", -1, 2)], "`x` ARRAY<FLOAT>"),
        ([tensor("float32", -1, 2, name="x")], "`x` ARRAY<FLOAT>"),
        (
            [{"type": "double", "name": "a"}, {"type": "double", "name": "b"}],
            "`a` DOUBLE, `b` DOUBLE",
        ),
    ],
)
def test_columns_of_an_onnx_file_are_those_of_the_file(tmp_path, inputs, columns):
    """A signature with other names has the columns that MLflow makes a matrix of."""
    write_signature(tmp_path, inputs, [], "mlflow.onnx", onnx={"data": "model.onnx"})
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N", 2])))
    schema = infer_schema(tmp_path, {})
    assert (schema.inputs, schema.outputs) == (columns, "`y_x` ARRAY<FLOAT>")
    opened(tmp_path, schema.inputs, schema.outputs)
