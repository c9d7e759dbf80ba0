# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction finds the dimension of the rows in all inputs and outputs."""

import numpy as np
import onnx
import pytest
from onnx import helper

from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity

BOTH = pytest.mark.parametrize("predict", [by_row, by_batch])
ZERO = onnx.numpy_helper.from_array(np.array([0]), "axis")


def with_state(x, state, y):
    """Returns a file that adds the states of all layers to x; the arguments are shapes."""
    nodes = [
        helper.make_node("ReduceSum", ["state", "axis"], ["total"], keepdims=0),
        helper.make_node("Add", ["x", "total"], ["y"]),
    ]
    inputs = {"x": ("float", x), "state": ("float", state)}
    return graph(nodes, inputs, {"y": ("float", y)}, [ZERO])


def transposed(x, y):
    """Returns a file that transposes its input; the arguments are shapes."""
    nodes = [helper.make_node("Transpose", ["x"], ["y"], perm=[1, 0])]
    return graph(nodes, {"x": ("float", x)}, {"y": ("float", y)})


def lists(rows):
    """Returns rows with one ARRAY each as lists."""
    return [list(values) for (values,) in rows]


@BOTH
@pytest.mark.parametrize(
    ("x", "state", "y"),
    [
        (["batch", 2], [2, "batch", 2], ["batch", 2]),
        (["rows", 2], [2, "rows", 2], ["rows", 2]),
        (["batch", "width"], ["layers", "batch", "width"], ["batch", "width"]),
    ],
)
def test_rows_are_the_dimension_whose_name_all_share(opened, predict, x, state, y):
    """The state of an LSTM of two layers has the rows in its second dimension."""
    columns = "x ARRAY<FLOAT>, state ARRAY<ARRAY<FLOAT>>"
    function = opened(with_state(x, state, y), columns, "y ARRAY<FLOAT>")
    rows = [
        ([0.0, 0.0], [[1.0, 1.0], [10.0, 10.0]]),
        ([100.0, 100.0], [[2.0, 2.0], [20.0, 20.0]]),
    ]
    assert lists(predict(function, rows)) == [[11.0, 11.0], [122.0, 122.0]]


@BOTH
def test_moved_rows_may_have_open_lengths(opened, predict):
    """Such a file cannot use the memory that other rows have used."""
    model = with_state(["batch", "width"], ["layers", "batch", "width"], ["batch", "width"])
    function = opened(model, "x ARRAY<FLOAT>, state ARRAY<ARRAY<FLOAT>>", "y ARRAY<FLOAT>")
    rows = [([1.0], [[2.0]]), ([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])]
    assert lists(predict(function, rows)) == [[3.0], [3.0, 4.0]]


@BOTH
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (["n", "length"], ["length", "n"]),
        (["batch", "width"], ["width", "batch"]),
        (["time", "batch"], ["batch", "time"]),
        (["T", "N"], ["N", "T"]),
    ],
)
def test_rows_of_a_result_may_be_its_last_dimension(opened, predict, x, y):
    """As many rows as elements would otherwise come back transposed."""
    function = opened(transposed(x, y), "x ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    assert lists(predict(function, [([1.0, 2.0],), ([3.0, 4.0],)])) == [[1.0, 2.0], [3.0, 4.0]]


@BOTH
def test_rows_are_the_last_dimension_of_time_first_tensors(opened, predict):
    """PyTorch's recurrent layers are time-first unless they are told otherwise."""
    model = identity(x=("float", ["time", "batch", 1]))
    function = opened(model, "x ARRAY<ARRAY<FLOAT>>", "y ARRAY<ARRAY<FLOAT>>")
    rows = [([[1.0], [2.0]],), ([[3.0], [4.0]],), ([[5.0]],)]
    found = [[list(inner) for inner in values] for (values,) in predict(function, rows)]
    assert found == [values for (values,) in rows]


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "message"),
    [
        (
            with_state([None, 2], [2, None, 2], [None, 2]),
            "x ARRAY<FLOAT>, state ARRAY<ARRAY<FLOAT>>",
            "y ARRAY<FLOAT>",
            r"the inputs have different batch sizes .'x' \[\?, 2\], 'state' \[2, \?, 2\]",
        ),
        (
            with_state(["a", 2], [1, "b", 2], ["a", 2]),
            "x ARRAY<FLOAT>, state ARRAY<ARRAY<FLOAT>>",
            "y ARRAY<FLOAT>",
            "the inputs have different batch sizes",
        ),
        (
            transposed(["a", "b"], ["b", "a"]),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'a' is the first dimension of an input, and a later one of 'y' \[b, a\]",
        ),
        (
            transposed(["m", "n"], ["n", "m"]),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'m' is the first dimension of an input, and a later one of 'y' \[n, m\]",
        ),
        (
            identity(x=("float", ["n", 2]), z=("float", ["seq_len"])),
            "x ARRAY<FLOAT>, z FLOAT",
            "y_x ARRAY<FLOAT>, y_z FLOAT",
            "the first dimension of 'z' is 'seq_len', the length of a sequence",
        ),
        (
            transposed([None, None], [None, None]),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'y' has the shape \[5, 3\] for 3 rows and \[5, 1\] for 1 row",
        ),
        (
            transposed([3, None], [None, None]),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'y' has the shape \[5, 3\] for 3 rows and \[7, 3\] for 3 rows",
        ),
        (
            identity(x=("float", ["seq_len", "width"])),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            "the first dimension of 'x' is 'seq_len', the length of a sequence",
        ),
        (
            graph(
                [
                    helper.make_node("Transpose", ["x"], ["t"]),
                    helper.make_node("MatMul", ["x", "t"], ["y"]),
                ],
                {"x": ("float", ["n", 2])},
                {"y": ("float", ["n", "n"])},
            ),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            r"'n' is the first dimension of an input, and a later one of 'y' \[n, n\]",
        ),
        (
            graph(
                [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)],
                {"x": ("float", ["n", 2])},
                {"y": ("float", [])},
            ),
            "x ARRAY<FLOAT>",
            "y FLOAT",
            r"'y' has the shape \[\] for 3 rows and \[\] for 1 row",
        ),
        (
            identity(x=("float", ["a", "seq_len"]), z=("float", ["seq_len"])),
            "x ARRAY<FLOAT>, z FLOAT",
            "y ARRAY<FLOAT>, y_z FLOAT",
            r"'seq_len' is the first dimension of an input, and a later one of 'x'",
        ),
        (
            graph(
                [
                    helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
                    helper.make_node("Sub", ["x", "mean"], ["y"]),
                ],
                {"x": ("float", [None, 2])},
                {"y": ("float", [None, 2])},
            ),
            "x ARRAY<FLOAT>",
            "y ARRAY<FLOAT>",
            "a row of the file's output 'y' depends on the other rows of its call",
        ),
    ],
)
def test_unclear_rows_are_refused_with_the_option_that_decides(
    opened, model, inputs, outputs, message
):
    """A wrong guess gives numbers that look right."""
    with pytest.raises(ModelError, match=f"is not clear .*{message}.*properties.batch-axis' to 0"):
        opened(model, inputs, outputs)


@pytest.mark.parametrize("reverse", [0, 1])
def test_steps_of_a_sequence_are_not_taken_for_rows(opened, reverse):
    """A recurrent layer without names of dimensions computes over its first one."""
    model = graph(
        [helper.make_node("CumSum", ["x", "zero"], ["y"], reverse=reverse)],
        {"x": ("float", [None, 2])},
        {"y": ("float", [None, 2])},
        [onnx.numpy_helper.from_array(np.array(0), "zero")],
    )
    with pytest.raises(ModelError, match=r"a row of .* depends on the other rows of its call"):
        opened(model, "x ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    function = opened(model, "x ARRAY<ARRAY<FLOAT>>", "y ARRAY<ARRAY<FLOAT>>", batch_axis="none")
    ((steps,),) = by_row(function, [([[1.0, 2.0], [3.0, 4.0]],)])
    assert np.sum([list(step) for step in steps], axis=0).tolist() == (
        [7, 10] if reverse else [5, 8]
    )


def running_sums(element, shape):
    """Returns a file whose first dimension is the steps of a sequence."""
    return graph(
        [helper.make_node("CumSum", ["x", "zero"], ["y"])],
        {"x": (element, shape)},
        {"y": (element, shape)},
        [onnx.numpy_helper.from_array(np.array(0), "zero")],
    )


@pytest.mark.parametrize(
    ("model", "sql_type"),
    [
        (running_sums("float", ["positions", 2]), "FLOAT"),
        (running_sums("float", [5, 2]), "FLOAT"),
        (running_sums("int64", [None, 2]), "BIGINT"),
        (transposed([3, 3], [3, 3]), "FLOAT"),
        (transposed([3, 3], [None, None]), "FLOAT"),
        (running_sums("int64", [3, 3]), "BIGINT"),
    ],
)
def test_rows_that_change_each_others_results_are_refused(opened, model, sql_type):
    """Neither a fixed size nor a name that all share says that a dimension is the rows."""
    with pytest.raises(ModelError, match=r"a row of .* depends on the other rows of its call"):
        opened(model, f"x ARRAY<{sql_type}>", f"y ARRAY<{sql_type}>")
    opened(model, f"x ARRAY<{sql_type}>", f"y ARRAY<{sql_type}>", batch_axis="0")


@pytest.mark.parametrize("shape", [["batch", 2], ["N", 2]])
def test_a_name_that_means_rows_is_not_doubted(opened, shape):
    """The author of the file says where the rows are, and may compare them."""
    opened(running_sums("float", shape), "x ARRAY<FLOAT>", "y ARRAY<FLOAT>")


@BOTH
@pytest.mark.parametrize(
    ("x", "y"),
    [(["seq_len", 2], ["seq_len", 2]), ([None, None], [None, None]), (["a", 2], ["b", 2])],
)
def test_rows_are_the_first_dimension_where_the_user_says_so(opened, predict, x, y):
    """The user knows a file whose names mislead."""
    model = graph(
        [helper.make_node("Identity", ["x"], ["y"])], {"x": ("float", x)}, {"y": ("float", y)}
    )
    function = opened(model, "x ARRAY<FLOAT>", "y ARRAY<FLOAT>", batch_axis="0")
    assert lists(predict(function, [([1.0, 2.0],), ([3.0, 4.0],)])) == [[1.0, 2.0], [3.0, 4.0]]


@BOTH
@pytest.mark.parametrize(
    ("sizes", "properties"),
    [(["None", "None"], {}), (["?", "?"], {}), (["size", "size"], {"batch_axis": "0"})],
)
def test_two_dimensions_may_have_one_name(opened, predict, sizes, properties):
    """Some exporters write a text where a dimension has no name."""
    function = opened(
        identity(x=("float", sizes)), "x ARRAY<FLOAT>", "y ARRAY<FLOAT>", **properties
    )
    rows = [([1.0, 2.0],), ([3.0, 4.0],), ([5.0],)]
    assert lists(predict(function, rows)) == [values for (values,) in rows]


def test_rows_of_a_result_are_checked_even_if_the_user_says_so(opened):
    """A result in which no dimension has the length of the batch has no rows."""
    for model in (transposed([None, None], [None, None]), transposed(["n", "m"], ["m", "n"])):
        with pytest.raises(ModelError, match="not clear which dimension"):
            opened(model, "x ARRAY<FLOAT>", "y ARRAY<FLOAT>", batch_axis="0")


def without_declaration(last):
    """Returns a file that rejects numbers below 1, and declares nothing of its output."""
    nodes = [
        helper.make_node("Sub", ["x", "one"], ["rest"]),
        helper.make_node("Cast", ["rest"], ["index"], to=onnx.TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["looked"]),
        last,
    ]
    table = np.arange(10, 20, dtype=np.float32)
    return graph(
        nodes,
        {"x": ("float", [None, None])},
        {"y": ("float", [None, None])},
        [
            onnx.numpy_helper.from_array(table, "table"),
            onnx.numpy_helper.from_array(np.float32(100), "one"),
        ],
    )


def test_file_that_rejects_sample_rows_is_checked_with_the_first_batch(opened, capfd):
    """A table of categories has none of the sample rows."""
    function = opened(
        without_declaration(helper.make_node("Identity", ["looked"], ["y"])),
        "x ARRAY<FLOAT>",
        "y ARRAY<FLOAT>",
    )
    rows = [([100.0, 101.0],), ([102.0, 103.0],)]
    expected = [[10.0, 11.0], [12.0, 13.0]]
    assert lists(by_row(function, rows)) == lists(by_batch(function, rows)) == expected
    assert capfd.readouterr().err == ""
    function = opened(
        without_declaration(helper.make_node("Transpose", ["looked"], ["y"])),
        "x ARRAY<FLOAT>",
        "y ARRAY<FLOAT>",
    )
    with pytest.raises(ModelError, match=r"'y' has the shape \[2, 2\] for 2 rows and \[2, 1\]"):
        by_batch(function, rows)


@BOTH
def test_fixed_number_of_rows_is_that_of_all_inputs(opened, predict):
    """A state of two layers is not two rows."""
    model = identity(x=("float", [2, 3]), z=("float", [2, 1]))
    function = opened(model, "x ARRAY<FLOAT>, z FLOAT", "y_z FLOAT")
    assert predict(function, [([1.0] * 3, 1.0), ([2.0] * 3, 2.0), ([3.0] * 3, 3.0)]) == [
        (1.0,),
        (2.0,),
        (3.0,),
    ]
