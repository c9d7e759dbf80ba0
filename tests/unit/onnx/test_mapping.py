# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction maps the columns of a model to the inputs and outputs of a file."""

import numpy as np
import onnx
import pytest
from onnx import helper

from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity, only, row

DOUBLES = "a DOUBLE, b DOUBLE"
X = {"x": ("float", ["N"])}
FOUR = onnx.numpy_helper.from_array(np.ones(4, np.float32), "w")


def sequence():
    """Returns a file whose output is a sequence of tensors."""
    nodes = [helper.make_node("SequenceConstruct", ["x"], ["y"])]
    model = onnx.load_from_string(graph(nodes, X, {"y": ("float", ["N"])}))
    output = helper.make_tensor_sequence_value_info("y", onnx.TensorProto.FLOAT, ["N"])
    model.graph.output[0].CopyFrom(output)
    return model.SerializeToString()


def test_inputs_are_matched_by_name_in_any_order(opened):
    """A pipeline over a data frame has one input for each column."""
    model = graph(
        [helper.make_node("Sub", ["minuend", "subtrahend"], ["difference"])],
        {"minuend": ("float", ["N", 1]), "subtrahend": ("float", ["N", 1])},
        {"difference": ("float", ["N", 1])},
    )
    inputs = "subtrahend DOUBLE, minuend DOUBLE"
    function = opened(model, inputs, "difference DOUBLE")
    assert only(function.predict(row(inputs, 2.0, 5.0))) == [3.0]


def test_inputs_are_matched_by_position_where_names_differ(opened):
    """Names in files are often generated."""
    model = graph(
        [helper.make_node("Sub", ["minuend", "subtrahend"], ["difference"])],
        {"minuend": ("float", ["N"]), "subtrahend": ("float", [None])},
        {"difference": ("float", ["N"])},
    )
    function = opened(model, "a DOUBLE, b DOUBLE", "y DOUBLE")
    assert only(function.predict(row("a DOUBLE, b DOUBLE", 2.0, 5.0))) == [-3.0]


def test_open_width_is_that_of_the_columns(opened):
    """skl2onnx writes [None, None] if it knows no shape."""
    function = opened(
        identity(x=("float", [None, None])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE"
    )
    assert only(function.predict(row("a DOUBLE, b DOUBLE", 1.0, 2.0))) == [1.0, 2.0]


def test_output_is_chosen_by_name(opened):
    """OUTPUT can then have fewer columns than the file has outputs."""
    function = opened(identity(x=("float", ["N"]), z=("float", ["N"])), DOUBLES, "y_z DOUBLE")
    assert by_row(function, [(1.0, 2.0)]) == by_batch(function, [(1.0, 2.0)]) == [(2.0,)]


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "message"),
    [
        (
            identity(x=("float", ["N", 3])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            "the model's INPUT does not fit '.*model.onnx': 'x' has the width 3, not 2. "
            r"The file's inputs: x: tensor\(float\) \[N, 3\]. "
            "The model's INPUT: `a` DOUBLE, `b` DOUBLE",
        ),
        (
            identity(x=("float", ["N", 1])),
            "a STRING",
            "y DOUBLE",
            r"INPUT does not fit .* column 'a' is STRING, and 'x' is tensor\(float\)",
        ),
        (
            identity(x=("int64", ["N", 1])),
            "a DOUBLE",
            "y BIGINT",
            "column 'a' is DOUBLE, and 'x' is",
        ),
        (
            identity(x=("float", [3]), z=("float", [2, 1])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            r"the inputs have different batch sizes .'x' \[3\], 'z' \[2, 1\]",
        ),
        (
            graph(
                [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)],
                {"x": ("float", [3])},
                {"y": ("float", [1])},
            ),
            "a DOUBLE",
            "y DOUBLE",
            "the batch size of 'y' is 1, that of the inputs 3",
        ),
        (
            graph([helper.make_node("Identity", ["w"], ["y"])], X, {"y": ("float", [4])}, [FOUR]),
            "a DOUBLE",
            "y DOUBLE",
            "the batch size of 'y' is 4, that of the inputs variable",
        ),
        (
            identity(x=("float", ["N", 3])),
            "a ARRAY<ARRAY<DOUBLE>>",
            "y DOUBLE",
            "column 'a' is ARRAY<ARRAY<DOUBLE>>, which fills 3 dimensions; 'x' has 2",
        ),
        (
            identity(x=("float", ["N", 3])),
            "a ARRAY<STRING>",
            "y DOUBLE",
            r"column 'a' is ARRAY<STRING>, and 'x' is tensor\(float\)",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b ARRAY<DOUBLE>",
            "y DOUBLE, z DOUBLE",
            "column 'b' is ARRAY<DOUBLE>, and 'x' is",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y ARRAY<BIGINT>",
            "OUTPUT does not fit .* column 'y' is ARRAY<BIGINT>, and 'y_x' is",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y MAP<BIGINT, DOUBLE>",
            "OUTPUT does not fit .* column 'y' is MAP<BIGINT, DOUBLE>, and 'y_x' is",
        ),
        (
            identity(x=("float", ["N", None]), z=("float", ["N", None])),
            "a DOUBLE, b DOUBLE",
            "p DOUBLE, q DOUBLE, r DOUBLE",
            r"there are 3 columns, but the outputs fill \? \+ \?",
        ),
        (
            identity(x=("float", ["N", 1, 8, 8])),
            "a DOUBLE",
            "y DOUBLE",
            "'x' has 4 dimensions; columns of single values fill one or two, and each level of",
        ),
        (
            identity(x=("float", [])),
            "a DOUBLE",
            "y DOUBLE",
            "the file declares no dimensions for 'x'",
        ),
        (
            sequence(),
            "a DOUBLE",
            "y DOUBLE",
            r"'y' has the type seq\(tensor\(float\)\), which is not supported",
        ),
        (
            identity(x=("float", ["N"]), z=("float", ["N"])),
            "a DOUBLE, b DOUBLE, c DOUBLE",
            "y DOUBLE",
            "there are 3 columns for 2 inputs",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            "the model's OUTPUT does not fit .* 1 columns, but the outputs fill 2 .to select "
            "outputs, give the columns their names",
        ),
        (
            identity(x=("float", ["N"]), z=("float", ["N"])),
            "a DOUBLE, b DOUBLE",
            "y_x DOUBLE, q DOUBLE, r DOUBLE",
            r"there are 3 columns, but the outputs fill 1 \+ 1",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a INT, b INT",
            "y_x DOUBLE",
            "'y_x' has the width 2, not 1",
        ),
        (
            identity(x=("float", ["N"])),
            "a DOUBLE",
            "y STRING",
            r"OUTPUT does not fit .* column 'y' is STRING, and 'y_x' is tensor\(float\)",
        ),
        (identity(x=("int64", ["N"])), "a INT", "y BOOLEAN", "column 'y' is BOOLEAN, and 'y_x' is"),
    ],
)
def test_schema_that_does_not_fit_fails_in_open(opened, model, inputs, outputs, message):
    """The message has what the file takes and what the model declares."""
    with pytest.raises(ModelError, match=message):
        opened(model, inputs, outputs)


def with_default():
    """Returns a file that computes x * scale + shift, where scale and shift have defaults."""
    nodes = [
        helper.make_node("Mul", ["x", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["y"]),
    ]
    defaults = [
        onnx.numpy_helper.from_array(np.array([value], np.float32), name)
        for name, value in (("scale", 3), ("shift", 10))
    ]
    inputs = {"x": ("float", ["N"]), "scale": ("float", ["M"]), "shift": ("float", ["M"])}
    return graph(nodes, inputs, {"y": ("float", ["N"])}, defaults)


@pytest.mark.parametrize(
    ("inputs", "row", "expected"),
    [
        ("a DOUBLE", (2.0,), 16.0),
        ("x DOUBLE", (2.0,), 16.0),
        ("shift DOUBLE, x DOUBLE", (1.0, 2.0), 7.0),
        ("scale DOUBLE, x DOUBLE, shift DOUBLE", (5.0, 2.0, 1.0), 11.0),
    ],
)
def test_input_with_a_default_may_be_left_out(opened, inputs, row, expected):
    """Exporters can write weights as inputs; a column of the same name replaces one."""
    function = opened(with_default(), inputs, "y DOUBLE")
    assert by_row(function, [row]) == by_batch(function, [row]) == [(expected,)]


def test_input_without_a_default_may_not_be_left_out(opened):
    """The file cannot run without its input."""
    with pytest.raises(ModelError, match="none has the name of the input 'x'"):
        opened(with_default(), "scale DOUBLE, shift DOUBLE", "y DOUBLE")


def test_columns_go_to_outputs_where_there_is_one_way(opened):
    """An ARRAY takes one output, so the width of the other follows."""
    model = identity(x=("float", ["N", None]), z=("float", ["N", None]))
    function = opened(model, DOUBLES, "p DOUBLE, q ARRAY<FLOAT>")
    assert by_row(function, [(1.0, 2.0)]) == by_batch(function, [(1.0, 2.0)]) == [(1.0, [2.0])]
