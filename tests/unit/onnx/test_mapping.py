"""Which columns of a model OnnxPredictFunction gives to which inputs and outputs of a file."""

from functools import partial

import numpy as np
import onnx
import pytest
from onnx import helper

from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity, only, open_function, row

DOUBLES = "a DOUBLE, b DOUBLE"
X = {"x": ("float", ["N"])}
FOUR = onnx.numpy_helper.from_array(np.ones(4, np.float32), "w")


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a model, given as bytes, for these columns."""
    return partial(open_function, tmp_path)


def test_inputs_are_matched_by_name_in_any_order(opened):
    """As a pipeline over a data frame has them."""
    model = graph(
        [helper.make_node("Sub", ["minuend", "subtrahend"], ["difference"])],
        {"minuend": ("float", ["N", 1]), "subtrahend": ("float", ["N", 1])},
        {"difference": ("float", ["N", 1])},
    )
    inputs = "subtrahend DOUBLE, minuend DOUBLE"
    function = opened(model, inputs, "difference DOUBLE")
    assert only(function.predict(row(inputs, 2.0, 5.0))) == [3.0]


def test_inputs_are_matched_by_position_where_names_differ(opened):
    """Names in files are often made by tools."""
    model = graph(
        [helper.make_node("Sub", ["minuend", "subtrahend"], ["difference"])],
        {"minuend": ("float", ["N"]), "subtrahend": ("float", [None])},
        {"difference": ("float", ["N"])},
    )
    function = opened(model, "a DOUBLE, b DOUBLE", "y DOUBLE")
    assert only(function.predict(row("a DOUBLE, b DOUBLE", 2.0, 5.0))) == [-3.0]


def test_open_width_is_that_of_the_columns(opened):
    """skl2onnx writes [None, None] where it is told nothing."""
    function = opened(
        identity(x=("float", [None, None])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE"
    )
    assert only(function.predict(row("a DOUBLE, b DOUBLE", 1.0, 2.0))) == [1.0, 2.0]


def test_output_is_chosen_by_name(opened):
    """Then fewer columns than the file gives will do."""
    function = opened(identity(x=("float", ["N"]), z=("float", ["N"])), DOUBLES, "y_z DOUBLE")
    assert by_row(function, [(1.0, 2.0)]) == by_batch(function, [(1.0, 2.0)]) == [(2.0,)]


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "message"),
    [
        (
            identity(x=("float", ["N", 3])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            "the model's INPUT does not fit '.*model.onnx': 'x' has 3 columns, not 2. "
            r"The file's inputs: x: tensor\(float\) \[N, 3\]. "
            "The model's INPUT: `a` DOUBLE, `b` DOUBLE",
        ),
        (
            identity(x=("float", ["N", 1])),
            "a STRING",
            "y DOUBLE",
            r"INPUT does not fit .* column 'a' is STRING, 'x' is tensor\(float\)",
        ),
        (identity(x=("int64", ["N", 1])), "a DOUBLE", "y BIGINT", "column 'a' is DOUBLE, 'x' is"),
        (
            identity(x=("float", [3]), z=("float", [2, 1])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            "the inputs take different numbers of rows: 'x' 3, 'z' 2",
        ),
        (
            graph(
                [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)],
                {"x": ("float", [3])},
                {"y": ("float", [1])},
            ),
            "a DOUBLE",
            "y DOUBLE",
            "'y' gives 1 rows, the inputs take 3",
        ),
        (
            graph([helper.make_node("Identity", ["w"], ["y"])], X, {"y": ("float", [4])}, [FOUR]),
            "a DOUBLE",
            "y DOUBLE",
            "'y' gives 4 rows, the inputs take any number",
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
            r"column 'a' is ARRAY<STRING>, 'x' is tensor\(float\)",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b ARRAY<DOUBLE>",
            "y DOUBLE, z DOUBLE",
            "column 'b' is ARRAY<DOUBLE>, 'x' is",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y ARRAY<BIGINT>",
            "OUTPUT does not fit .* column 'y' is ARRAY<BIGINT>, 'y_x' is",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y MAP<BIGINT, DOUBLE>",
            "OUTPUT does not fit .* column 'y' is MAP<BIGINT, DOUBLE>, 'y_x' is",
        ),
        (
            identity(x=("float", ["N", None]), z=("float", ["N", None])),
            "a DOUBLE, b DOUBLE",
            "p DOUBLE, q DOUBLE, r DOUBLE",
            r"the outputs give \? \+ \? columns, not 3",
        ),
        (
            identity(x=("float", ["N", 1, 8, 8])),
            "a DOUBLE",
            "y DOUBLE",
            "'x' has 4 dimensions; columns fill one or two, an ARRAY one more with each level",
        ),
        (identity(x=("float", [])), "a DOUBLE", "y DOUBLE", "'x' has no shape of one or more"),
        (
            identity(x=("float16", ["N", 1])),
            "a DOUBLE",
            "y DOUBLE",
            r"'x' is of the type tensor\(float16\), which is not supported",
        ),
        (
            identity(x=("float", ["N"]), z=("float", ["N"])),
            "a DOUBLE, b DOUBLE, c DOUBLE",
            "y DOUBLE",
            "3 columns for 2 inputs",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a DOUBLE, b DOUBLE",
            "y DOUBLE",
            "the model's OUTPUT does not fit .* the outputs give 2 columns, not 1 .for fewer, "
            "name the columns like outputs",
        ),
        (
            identity(x=("float", ["N"]), z=("float", ["N"])),
            "a DOUBLE, b DOUBLE",
            "y_x DOUBLE, q DOUBLE, r DOUBLE",
            r"the outputs give 1 \+ 1 columns, not 3",
        ),
        (
            identity(x=("float", ["N", 2])),
            "a INT, b INT",
            "y_x DOUBLE",
            "'y_x' has 2 columns, not 1",
        ),
        (
            identity(x=("float", ["N"])),
            "a DOUBLE",
            "y STRING",
            r"OUTPUT does not fit .* column 'y' is STRING, 'y_x' is tensor\(float\)",
        ),
        (identity(x=("int64", ["N"])), "a INT", "y BOOLEAN", "column 'y' is BOOLEAN, 'y_x' is"),
    ],
)
def test_schema_that_does_not_fit_fails_in_open(opened, model, inputs, outputs, message):
    """With what the file has and what the model declares."""
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
    """Exporters write all weights as inputs; a column of the same name replaces one."""
    function = opened(with_default(), inputs, "y DOUBLE")
    assert by_row(function, [row]) == by_batch(function, [row]) == [(expected,)]


def test_input_without_a_default_may_not_be_left_out(opened):
    """By name all of these are needed; by position there are two columns for one input."""
    with pytest.raises(ModelError, match="'x' has 1 columns, not 2"):
        opened(with_default(), "scale DOUBLE, shift DOUBLE", "y DOUBLE")


def test_columns_go_to_outputs_where_there_is_one_way(opened):
    """An ARRAY takes one output, so that what remains tells the open width of the other."""
    model = identity(x=("float", ["N", None]), z=("float", ["N", None]))
    function = opened(model, DOUBLES, "p DOUBLE, q ARRAY<FLOAT>")
    assert by_row(function, [(1.0, 2.0)]) == by_batch(function, [(1.0, 2.0)]) == [(1.0, [2.0])]
