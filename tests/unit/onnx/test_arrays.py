# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction predicts with ARRAY columns, such as token ids and embeddings."""

import math
from decimal import Decimal

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from pyflink_ml_embedded import ConversionError, Row
from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity


def embedder():
    """Returns a file that looks up ids [N, L] in a table of 7 vectors of 5 numbers, and the sum."""
    table = np.random.default_rng(7).normal(size=(7, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["vectors"]),
        helper.make_node("ReduceSum", ["vectors", "axis"], ["total"], keepdims=0),
    ]
    return graph(
        nodes,
        {"ids": ("int64", ["N", "L"])},
        {"vectors": ("float", ["N", "L", 5]), "total": ("float", ["N", 5])},
        [
            onnx.numpy_helper.from_array(table, "table"),
            onnx.numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("column", ["ARRAY<BIGINT>", "ARRAY<INT>", "ARRAY<BIGINT NOT NULL>"])
def test_rows_of_different_length_give_what_onnxruntime_gives(opened, predict, column):
    """Rows of equal length are predicted together, and results keep the order of the rows."""
    function = opened(
        embedder(), f"ids {column}", "vectors ARRAY<ARRAY<FLOAT>>, total ARRAY<DOUBLE>"
    )
    rows = [[1, 2, 3], [4], [], [6, 5, 4], [0], [1, 1]]
    session = onnxruntime.InferenceSession(embedder())
    for ids, (vectors, total) in zip(rows, predict(function, [(r,) for r in rows]), strict=True):
        expected = session.run(None, {"ids": np.array([ids], np.int64)})
        assert [list(vector) for vector in vectors] == expected[0][0].tolist()
        assert list(total) == expected[1][0].tolist()


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("element", "column", "values", "expected"),
    [
        ("float", "ARRAY<FLOAT>", [0.5, -0.0, math.inf], None),
        ("float", "ARRAY<DOUBLE>", [0.1, 2.0, 3.0], [np.float32(0.1).item(), 2.0, 3.0]),
        ("float", "ARRAY<INT>", [1, 2, 3], None),
        ("double", "ARRAY<DOUBLE>", [0.1, 1e300, 3.0], None),
        ("double", "ARRAY<DECIMAL(10, 2)>", [Decimal("0.10"), Decimal(2), Decimal(3)], [0.1, 2, 3]),
        ("double", "ARRAY<BOOLEAN>", [True, False, True], None),
        ("int64", "ARRAY<BIGINT>", [-(2**63), 0, 2**63 - 1], None),
        ("int32", "ARRAY<BIGINT>", [-(2**31), 0, 2**31 - 1], None),
        ("uint8", "ARRAY<INT>", [0, 1, 255], None),
        ("bool", "ARRAY<BOOLEAN>", [True, False, True], None),
        ("string", "ARRAY<STRING>", ["Müller", "", "x"], None),
    ],
)
@pytest.mark.parametrize("length", [3, None])
def test_elements_of_each_type_go_through(
    opened, predict, element, column, values, expected, length
):
    """Fixed lengths go to reused memory, and open lengths to new memory."""
    output = {"bool": "BOOLEAN", "string": "STRING", "int64": "BIGINT"}.get(element, "DOUBLE")
    function = opened(identity(x=(element, ["N", length])), f"a {column}", f"y ARRAY<{output}>")
    rows = [(values,), (values[::-1],)]
    expected = values if expected is None else expected
    found = [list(array) for (array,) in predict(function, rows)]
    assert found == [expected, expected[::-1]]


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("shape", [[2, 3], [None, None], [2, None]])
def test_array_of_arrays_fills_three_dimensions(opened, predict, shape):
    """An LSTM takes a series of vectors."""
    model = identity(x=("float", ["N", *shape]))
    function = opened(model, "a ARRAY<ARRAY<FLOAT>>", "y ARRAY<ARRAY<FLOAT>>")
    rows = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 8.0, 9.0], [0.0, 1.0, 2.0]]]
    found = predict(function, [(row,) for row in rows])
    assert [[list(inner) for inner in array] for (array,) in found] == rows


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_arrays_and_scalars_are_given_together(opened, predict):
    """Each column takes the shape of its input, and results keep the order of the columns."""
    model = identity(
        n=("float", ["N", 1]), v=("float", ["N", 2]), s=("string", ["N"]), i=("int64", ["N"])
    )
    inputs = "v ARRAY<FLOAT>, s STRING, n DOUBLE, i BIGINT"
    function = opened(model, inputs, "y_v ARRAY<FLOAT>, y_n DOUBLE, y_i BIGINT")
    rows = [([1.0, 2.0], "a", 3.0, 4), ([5.0, 6.0], "b", 7.0, 8)]
    found = [(list(v), n, i) for v, n, i in predict(function, rows)]
    assert found == [([1.0, 2.0], 3.0, 4), ([5.0, 6.0], 7.0, 8)]


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_rows_are_grouped_by_the_lengths_of_all_arrays(opened, predict):
    """Two rows may have one length in a column and differ in another."""
    model = identity(v=("float", ["N", None]), w=("int64", ["N", "L"]), n=("double", ["N"]))
    columns = "v ARRAY<FLOAT>, w ARRAY<BIGINT>, n DOUBLE"
    function = opened(model, columns, "y_v ARRAY<FLOAT>, y_w ARRAY<BIGINT>, y_n DOUBLE")
    rows = [([1.0], [2, 3], 0.1), ([4.0], [5], 0.2), ([6.0, 7.0], [8], 0.3), ([9.0], [0, 1], 0.4)]
    assert [(list(v), list(w), n) for v, w, n in predict(function, rows)] == rows
    assert [(list(v), list(w), n) for v, w, n in predict(function, rows[:2])] == rows[:2]


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("sizes", [[None, None], [None, 4], [2, None]])
def test_empty_array_of_arrays_goes_through(opened, predict, sizes):
    """An empty ARRAY has no inner lengths that could be wrong."""
    function = opened(
        identity(x=("float", ["N", *sizes])), "a ARRAY<ARRAY<FLOAT>>", "y ARRAY<ARRAY<FLOAT>>"
    )
    array = [] if sizes[0] is None else [[], []]
    ((found,),) = predict(function, [(array,)])
    assert [list(inner) for inner in found] == array


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_numbers_and_embeddings_come_from_one_memory(opened, predict):
    """Without text, every row's outputs are written to the same memory."""
    model = identity(v=("float", ["N", 2]), i=("int64", ["N"]), w=("double", ["N", 1]))
    function = opened(
        model,
        "i BIGINT, v ARRAY<FLOAT>, w DOUBLE",
        "y_w ARRAY<DOUBLE>, y_i BIGINT, y_v ARRAY<FLOAT>",
    )
    found = predict(function, [(7, [1.0, 2.0], 0.1), (8, [3.0, 4.0], 0.2)])
    assert [(list(w), i, list(v)) for w, i, v in found] == [
        ([0.1], 7, [1.0, 2.0]),
        ([0.2], 8, [3.0, 4.0]),
    ]


def test_embedding_is_not_overwritten_by_the_next_row(opened):
    """The next row uses the same memory."""
    function = opened(identity(x=("float", ["N", 2])), "a ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    ((first,),) = function.predict(Row(np.array([1, 2], np.float32)))
    function.predict(Row(np.array([3, 4], np.float32)))
    assert first.tolist() == [1.0, 2.0]


def failure(predict, function, *rows):
    """Returns the error of predicting these rows."""
    with pytest.raises(ConversionError) as caught:
        predict(function, [(row,) for row in rows])
    return caught.value


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("shape", "column", "rows", "named", "message"),
    [
        (
            [4],
            "ARRAY<FLOAT>",
            [[1.0] * 4, [1.0] * 3],
            "a",
            "an ARRAY of 3 elements cannot fill the file's input 'x', which takes 4 elements",
        ),
        (
            [None, 4],
            "ARRAY<ARRAY<FLOAT>>",
            [[[1.0] * 4], [[1.0] * 5]],
            "a[]",
            "an ARRAY of 5 elements cannot fill the file's input 'x', which takes 4 elements",
        ),
        (
            [None, None],
            "ARRAY<ARRAY<FLOAT>>",
            [[[1.0], [1.0, 2.0]]],
            "a[]",
            "ARRAYs of different lengths in one row cannot fill the file's input 'x'",
        ),
        ([None], "ARRAY<FLOAT>", [None], "a", "NULL cannot fill the file's input 'x'"),
        (
            [None, None],
            "ARRAY<ARRAY<FLOAT>>",
            [[[1.0], None]],
            "a[]",
            "NULL cannot fill the file's input 'x'",
        ),
        (
            [None],
            "ARRAY<DOUBLE>",
            [[1.0], [1e300]],
            "a[]",
            "this float64 cannot be an element of the file's input 'x' (float32)",
        ),
    ],
)
def test_array_that_does_not_fit_names_its_column(
    opened, predict, shape, column, rows, named, message
):
    """The message has both lengths, and never the values."""
    function = opened(identity(x=("float", ["N", *shape])), f"a {column}", f"y {column}")
    error = failure(predict, function, *rows)
    assert str(error).partition(" (model")[0].endswith(f"column '{named}': {message}")
    assert error.column == named
    assert predict(function, [([[1.0] * 4] if shape[1:] else [1.0] * 4,)])


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("column", "value"), [("DOUBLE", 1.0), ("DECIMAL(3, 1)", Decimal("1.0")), ("BOOLEAN", True)]
)
def test_null_element_is_nan_where_the_file_takes_floats(opened, predict, column, value):
    """The rule is that of columns of single numbers."""
    function = opened(identity(x=("float", ["N", None])), f"a ARRAY<{column}>", "y ARRAY<DOUBLE>")
    ((values,),) = predict(function, [([value, None],)])
    assert values[0] == 1.0
    assert math.isnan(values[1])


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("element", "column"),
    [("int64", "BIGINT"), ("float", "INT"), ("string", "STRING"), ("bool", "BOOLEAN")],
)
def test_null_element_of_another_type_names_its_column(opened, predict, element, column):
    """Integers have no NaN."""
    output = {"float": "FLOAT"}.get(element, column)
    model = identity(x=(element, ["N", None]))
    function = opened(model, f"a ARRAY<{column}>", f"y ARRAY<{output}>")
    assert failure(predict, function, [None]).column == "a[]"


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_integer_out_of_range_names_its_column(opened, predict):
    """numpy would wrap it silently."""
    function = opened(identity(x=("int32", ["N", 1])), "a ARRAY<BIGINT>", "y ARRAY<BIGINT>")
    error = failure(predict, function, [2**31])
    assert "cannot be an element of the file's input 'x' (int32)" in str(error)
    assert "2147483648" not in str(error)


def test_output_whose_rank_depends_on_the_rows_fails_in_open(opened):
    """The file does not declare the rank, and one row has another than several."""
    nodes = [helper.make_node("Squeeze", ["x"], ["y"])]
    model = graph(nodes, {"x": ("float", ["N", None])}, {"y": ("float", None)})
    with pytest.raises(ModelError, match=r"'y' has the shape \[3, 5\] for 3 rows and \[5\] for 1"):
        opened(model, "a ARRAY<FLOAT>", "y ARRAY<FLOAT>")


def test_sample_row_has_the_lengths_of_the_file(opened):
    """A file with a fixed length rejects an ARRAY of one element."""
    model = identity(
        v=("float", ["N", 3]),
        m=("int64", ["N", None, 2]),
        i=("int64", ["N", None]),
        n=("float", ["N"]),
    )
    inputs = "i ARRAY<INT>, m ARRAY<ARRAY<BIGINT>>, n DOUBLE, v ARRAY<FLOAT>"
    function = opened(model, inputs, "y_v ARRAY<FLOAT>")
    assert function.warm_up_row() == [[0], [[0, 0]], 0.0, [0.0, 0.0, 0.0]]
    assert by_row(function, [function.warm_up_row()]) == [([0.0, 0.0, 0.0],)]
