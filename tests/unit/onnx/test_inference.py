# SPDX-License-Identifier: Apache-2.0
"""The columns of an ONNX file are found in it, and it opens with them."""

import pytest
from onnxruntime.datasets import get_example

from pyflink_ml_embedded._inference import infer_schema
from pyflink_ml_embedded._runtime.open import close_function, open_function

from ..requests import make_request
from .models import graph, helper, identity


def inferred(directory, model, **properties):
    """Returns the columns of a file, given as bytes, after opening it with them."""
    (directory / "model.onnx").write_bytes(model)
    options = {f"properties.{name.replace('_', '-')}": text for name, text in properties.items()}
    schema = infer_schema(directory, options)
    given = {name.replace("_", "-"): text for name, text in properties.items()}
    close_function(open_function(make_request(directory, schema.inputs, schema.outputs, given)))
    return schema.inputs, schema.outputs


@pytest.mark.parametrize(
    ("element", "shape", "column"),
    [
        ("float", ["N"], "FLOAT"),
        ("float", ["N", 1], "FLOAT"),
        ("double", ["N", 4], "ARRAY<DOUBLE>"),
        ("float", ["N", "C"], "ARRAY<FLOAT>"),
        ("float", [None, 3, 8], "ARRAY<ARRAY<FLOAT>>"),
        ("float", [5, 2], "ARRAY<FLOAT>"),
        ("int64", ["N", "sequence"], "ARRAY<BIGINT>"),
        ("uint8", ["N"], "SMALLINT"),
        ("float16", ["N"], "FLOAT"),
        ("bool", ["N"], "BOOLEAN"),
        ("string", ["N"], "STRING"),
    ],
)
def test_column_has_the_type_and_the_dimensions_of_a_row(tmp_path, element, shape, column):
    """What the file declares leaves one type that holds all of its values."""
    found = inferred(tmp_path, identity(**{"my input": (element, shape)}))
    assert found == (f"`my input` {column}", f"`y_my input` {column}")


def test_each_input_and_output_is_a_column(tmp_path):
    """Their names are those that the predict function matches."""
    model = identity(ids=("int64", ["N", "L"]), mask=("int64", ["N", "L"]))
    assert inferred(tmp_path, model) == (
        "`ids` ARRAY<BIGINT>, `mask` ARRAY<BIGINT>",
        "`y_ids` ARRAY<BIGINT>, `y_mask` ARRAY<BIGINT>",
    )


def test_probabilities_by_class_are_a_map(tmp_path):
    """The file does not declare which classes a ZipMap has."""
    with open(get_example("logreg_iris.onnx"), "rb") as file:
        inputs, outputs = inferred(tmp_path, file.read())
    assert inputs == "`float_input` ARRAY<FLOAT>"
    assert outputs == "`label` BIGINT, `probabilities` MAP<BIGINT, FLOAT>"


def test_tensor_of_one_row_has_all_dimensions(tmp_path):
    """Without a dimension of rows, one of length 1 may be left out, but need not."""
    found = inferred(tmp_path, identity(x=("float", [1, "L"])), batch_axis="none")
    assert found == ("`x` ARRAY<ARRAY<FLOAT>>", "`y_x` ARRAY<ARRAY<FLOAT>>")


def test_input_with_a_default_has_no_column(tmp_path):
    """Whether it is used is the user's choice."""
    default = helper.make_tensor("b", 1, [1], [2.0])
    nodes = [helper.make_node("Add", ["a", "b"], ["y"])]
    model = graph(
        nodes,
        {"a": ("float", ["N"]), "b": ("float", [1])},
        {"y": ("float", ["N"])},
        [default],
    )
    assert inferred(tmp_path, model) == ("`a` FLOAT", "`y` FLOAT")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            identity(x=("float", ["a", "b"]), y=("float", ["b", "a"])),
            "not clear which dimension .* is the rows.*'properties.batch-axis'",
        ),
        (identity(x=("uint64", ["N"])), r"input 'x' of 'model.onnx' has the type tensor\(uint64\)"),
        (b"", "cannot load '.*model.onnx'"),
    ],
)
def test_file_that_leaves_a_column_open_is_refused(tmp_path, model, message):
    """A wrong guess would predict nonsense."""
    (tmp_path / "model.onnx").write_bytes(model)
    with pytest.raises(ValueError, match=f"(?s)cannot be inferred: .*{message}.*Give all columns"):
        infer_schema(tmp_path, {})


def test_scalar_is_refused(tmp_path):
    """onnxruntime describes a tensor whose dimensions are not declared in the same way."""
    (tmp_path / "model.onnx").write_bytes(identity(rate=("int64", [])))
    with pytest.raises(ValueError, match=r"input 'rate' of .* is a scalar, or the file"):
        infer_schema(tmp_path, {"properties.batch-axis": "none"})
