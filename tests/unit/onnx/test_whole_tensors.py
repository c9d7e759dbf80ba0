# SPDX-License-Identifier: Apache-2.0
"""With batch-axis none a row is a call of the file, and a column is a whole tensor."""

import numpy as np
import onnx
import pytest
from onnx import helper

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity

BOTH = pytest.mark.parametrize("predict", [by_row, by_batch])


def as_lists(rows):
    """Returns rows with their ARRAYs as lists."""
    return [tuple(np.array(value).tolist() for value in row) for row in rows]


def whole(opened, model, inputs, outputs, **properties):
    """Opens a model without a dimension of rows."""
    return opened(model, inputs, outputs, batch_axis="none", **properties)


@BOTH
@pytest.mark.parametrize("sizes", [[2, 3], [None, "n"]])
def test_matrices_are_multiplied_for_each_row(opened, predict, sizes):
    """Neither matrix has a dimension of rows."""
    nodes = [helper.make_node("MatMul", ["a", "b"], ["y"])]
    shapes = {"a": ("float", sizes), "b": ("float", [sizes[1], 1])}
    model = graph(nodes, shapes, {"y": ("float", [sizes[0], 1])})
    matrix = "ARRAY<ARRAY<FLOAT>>"
    function = whole(opened, model, f"a {matrix}, b {matrix}", f"y {matrix}")
    rows = [([[1, 2, 3], [4, 5, 6]], [[1], [0], [1]]), ([[1, 1, 1], [2, 2, 2]], [[1], [2], [3]])]
    assert as_lists(predict(function, rows)) == [([[4.0], [10.0]],), ([[6.0], [12.0]],)]


@BOTH
def test_scalars_are_single_values(opened, predict):
    """silero-vad takes the sample rate as a scalar."""
    nodes = [
        helper.make_node("Mul", ["x", "factor"], ["y"]),
        helper.make_node("ReduceSum", ["y"], ["total"], keepdims=0),
        helper.make_node("Identity", ["word"], ["same"]),
    ]
    inputs = {"x": ("float", ["n"]), "factor": ("float", []), "word": ("string", [])}
    outputs = {"y": ("float", ["n"]), "total": ("float", []), "same": ("string", [])}
    function = whole(
        opened,
        graph(nodes, inputs, outputs),
        "factor FLOAT, word STRING, x ARRAY<FLOAT>",
        "total DOUBLE, y ARRAY<FLOAT>, same STRING",
    )
    rows = [(2.0, "a", [1.0, 2.0]), (3.0, "Müller", [1.0, 1.0, 1.0])]
    expected = [(6.0, [2.0, 4.0], "a"), (9.0, [3.0, 3.0, 3.0], "Müller")]
    assert as_lists(predict(function, rows)) == expected


@BOTH
def test_results_may_have_other_lengths_than_the_file_declares(opened, predict):
    """Exporters write the lengths of the sample that they have traced."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["found"]),
        helper.make_node("Squeeze", ["found", "axis"], ["y"]),
    ]
    axis = onnx.numpy_helper.from_array(np.array([0]), "axis")
    model = graph(nodes, {"x": ("float", [4])}, {"y": ("int64", ["found"])}, [axis])
    function = whole(opened, model, "x ARRAY<FLOAT>", "y ARRAY<BIGINT>")
    rows = [([0.0, 1.0, 0.0, 1.0],), ([0.0] * 4,), ([1.0] * 4,)]
    assert as_lists(predict(function, rows)) == [([1, 3],), ([],), ([0, 1, 2, 3],)]


@BOTH
def test_rows_do_not_change_each_others_results(opened, predict):
    """The file computes over its first dimension, which is not that of the rows."""
    nodes = [helper.make_node("Softmax", ["x"], ["y"], axis=0)]
    model = graph(nodes, {"x": ("float", ["n", 1])}, {"y": ("float", ["n", 1])})
    function = whole(opened, model, "x ARRAY<ARRAY<FLOAT>>", "y ARRAY<ARRAY<FLOAT>>")
    rows = [([[1.0], [1.0]],), ([[5.0]],), ([[3.0], [3.0]],)]
    assert as_lists(predict(function, rows)) == [([[0.5], [0.5]],), ([[1.0]],), ([[0.5], [0.5]],)]


@BOTH
@pytest.mark.parametrize(
    ("sizes", "inputs", "rows"),
    [
        ([1, 2], "x ARRAY<FLOAT>", [([1.0, 2.0],)]),
        ([1, None], "x ARRAY<FLOAT>", [([1.0, 2.0],), ([3.0],)]),
        ([None, 2], "x ARRAY<FLOAT>", [([1.0, 2.0],)]),
        ([2, None], "x ARRAY<FLOAT>", [([1.0, 2.0],)]),
        ([1, 1], "x FLOAT", [(1.0,), (2.0,)]),
        ([None], "x FLOAT", [(1.0,), (2.0,)]),
        ([1, 2, 1], "x ARRAY<FLOAT>", [([1.0, 2.0],)]),
        ([1, 1, 2], "x ARRAY<ARRAY<ARRAY<FLOAT>>>", [([[[1.0, 2.0]]],)]),
    ],
)
def test_dimensions_of_length_one_need_no_array(opened, predict, sizes, inputs, rows):
    """Many files for one call have a batch of one in front of each tensor."""
    model = identity(x=("float", sizes))
    function = whole(opened, model, inputs, inputs.replace("x", "y"))
    assert as_lists(predict(function, rows)) == rows


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "message"),
    [
        (
            identity(x=("float", [None, None])),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            "column 'x' is ARRAY<FLOAT>, which fills 1 dimensions; 'x' has 2, and its columns are",
        ),
        (
            identity(x=("float", [2, 3])),
            "x ARRAY<ARRAY<FLOAT>>",
            "y ARRAY<FLOAT>",
            "OUTPUT does not fit .* column 'y' is ARRAY<FLOAT>, which fills 1 dimensions",
        ),
        (
            identity(x=("float", [2])),
            "x FLOAT, y FLOAT",
            "y ARRAY<FLOAT>",
            "is a whole tensor, which is one column and not 2",
        ),
        (
            graph(
                [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)],
                {"x": ("float", ["n"])},
                {"y": ("float", None)},
            ),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'y' has the shape \[\] for 1 rows; its column needs 1 dimensions",
        ),
    ],
)
def test_columns_that_are_not_whole_tensors_are_refused(opened, model, inputs, outputs, message):
    """What cannot be a column fails when the model is opened, and not at the first row."""
    with pytest.raises(ModelError, match=message):
        whole(opened, model, inputs, outputs)


@BOTH
def test_open_dimension_without_array_must_have_length_one(opened, predict):
    """A column would lose the other results."""
    model = graph(
        [helper.make_node("Expand", ["x", "shape"], ["y"])],
        {"x": ("float", ["n", 2]), "shape": ("int64", [2])},
        {"y": ("float", ["m", 2])},
    )
    inputs = "x ARRAY<FLOAT>, shape ARRAY<INT>"
    function = whole(opened, model, inputs, "y ARRAY<FLOAT>")
    assert as_lists(predict(function, [([1.0, 2.0], [1, 2])])) == [([1.0, 2.0],)]
    with pytest.raises(ModelError, match=r"'y' has the shape \[2, 2\] for 1 rows; .* length 1 in"):
        predict(function, [([1.0, 2.0], [2, 2])])


@BOTH
def test_output_may_have_other_dimensions_than_the_file_declares(opened, predict):
    """The files of ddddocr declare [1, seqlen], and give [seqlen, 1, 8210]."""
    nodes = [helper.make_node("Concat", ["x", "x"], ["y"], axis=0)]
    model = onnx.load_from_string(
        graph(nodes, {"x": ("float", ["n", 1, 2])}, {"y": ("float", [1, "seqlen"])})
    )
    del model.graph.input[0].type.tensor_type.shape.dim[:]
    model.graph.input[0].type.tensor_type.ClearField("shape")
    cube = "ARRAY<ARRAY<ARRAY<FLOAT>>>"
    function = whole(opened, model.SerializeToString(), f"x {cube}", f"y {cube}")
    assert as_lists(predict(function, [([[[1.0, 2.0]]],)])) == [([[[1.0, 2.0]], [[1.0, 2.0]]],)]
    with pytest.raises(ModelError, match=r"OUTPUT does not fit|has the shape"):
        whole(opened, model.SerializeToString(), f"x {cube}", "y ARRAY<FLOAT>")


@BOTH
def test_array_of_another_length_fails_its_row(opened, predict):
    """Lengths that the file fixes are checked as with a dimension of rows."""
    function = whole(opened, identity(x=("float", [3])), "x ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    with pytest.raises(ConversionError, match="an ARRAY of 2 elements cannot fill"):
        predict(function, [([1.0, 2.0],)])


def test_sample_row_fits_whole_tensors(opened):
    """The option warm-up predicts it."""
    model = identity(a=("float", [2, None]), b=("int64", []), c=("float", [1, 3]))
    inputs = "a ARRAY<ARRAY<FLOAT>>, b INT, c ARRAY<FLOAT>"
    function = whole(opened, model, inputs, "y_b INT")
    assert function.warm_up_row() == [[[0.0], [0.0]], 0, [0.0, 0.0, 0.0]]
    assert by_row(function, [function.warm_up_row()]) == [(0,)]
