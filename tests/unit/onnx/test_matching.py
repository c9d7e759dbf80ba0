# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction matches columns with a file's inputs, outputs and classes by name."""

import numpy as np
import pytest
from onnx import helper
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, graph, identity

TWO = {"left": ("float", ["N", 1]), "right": ("float", ["N", 1])}


def difference():
    """Returns a file that computes left - right."""
    nodes = [helper.make_node("Sub", ["left", "right"], ["difference"])]
    return graph(nodes, TWO, {"difference": ("float", ["N", 1])})


def negative_and_same():
    """Returns a file with the outputs label = -x and score = x."""
    nodes = [
        helper.make_node("Neg", ["x"], ["label"]),
        helper.make_node("Identity", ["x"], ["score"]),
    ]
    outputs = {"label": ("float", ["N", 1]), "score": ("float", ["N", 1])}
    return graph(nodes, {"x": ("float", ["N", 1])}, outputs)


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("inputs", ["`Right` FLOAT, `Left` FLOAT", "RIGHT FLOAT, left FLOAT"])
def test_inputs_match_without_case(opened, predict, inputs):
    """Otherwise SQL's letter case would swap two columns."""
    assert predict(opened(difference(), inputs, "y FLOAT"), [(1.0, 10.0)]) == [(9.0,)]


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_outputs_match_without_case(opened, predict):
    """A result has the name of its column."""
    function = opened(negative_and_same(), "x FLOAT", "SCORE FLOAT, `Label` FLOAT")
    assert predict(function, [(1.0,)]) == [(1.0, -1.0)]


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "message"),
    [
        (
            difference(),
            "right FLOAT, lef FLOAT",
            "difference FLOAT",
            "INPUT does not fit .* no name matches column 'lef'; the nearest is 'left'",
        ),
        (
            negative_and_same(),
            "x FLOAT",
            "score FLOAT, lable FLOAT",
            "OUTPUT does not fit .* no name matches column 'lable'; the nearest is 'label'",
        ),
        (
            negative_and_same(),
            "x FLOAT",
            "label FLOAT, result FLOAT",
            "no name matches column 'result' .left over: 'score'",
        ),
        (
            identity(a=("float", ["N"]), b=("float", ["N"])),
            "a FLOAT",
            "y_a FLOAT",
            "there are 1 columns for 2 inputs, and none has the name of the input 'b'",
        ),
        (
            identity(a=("float", ["N", 1]), b=("float", ["N", 2])),
            "a FLOAT, b ARRAY<FLOAT>",
            "y_b FLOAT, p FLOAT, q FLOAT",
            "column 'y_b' has the name of an output, and is a column of 'y_a' by position",
        ),
        (
            identity(a=("float", ["N", 1]), b=("float", ["N", 2])),
            "a FLOAT, b ARRAY<FLOAT>",
            "p FLOAT, y_a FLOAT, q FLOAT",
            "column 'y_a' has the name of an output, and is a column of 'y_b' by position",
        ),
    ],
)
def test_names_that_match_in_part_are_refused(opened, model, inputs, outputs, message):
    """By position, columns of the same type could be swapped without an error."""
    with pytest.raises(ModelError, match=message):
        opened(model, inputs, outputs)


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_another_name_is_accepted_where_the_types_leave_one_way(opened, predict):
    """A label and its vector of probabilities cannot be swapped."""
    model = identity(i=("int64", ["N"]), v=("float", ["N", 2]))
    function = opened(model, "i BIGINT, v ARRAY<FLOAT>", "y_i BIGINT, p ARRAY<FLOAT>")
    ((label, vector),) = predict(function, [(1, [2.0, 3.0])])
    assert (label, list(vector)) == (1, [2.0, 3.0])


def test_features_of_one_input_have_the_order_of_the_columns(opened):
    """The file has no names for them, even if one is called as the input."""
    function = opened(identity(x=("float", ["N", 2])), "y FLOAT, x FLOAT", "a FLOAT, b FLOAT")
    assert by_row(function, [(1.0, 2.0)]) == by_batch(function, [(1.0, 2.0)]) == [(1.0, 2.0)]


def test_columns_of_a_matrix_may_have_any_names_beside_a_named_output(opened):
    """A classifier has the outputs label and probabilities."""
    model = identity(a=("float", ["N", 1]), b=("float", ["N", 2]))
    function = opened(model, "a FLOAT, b ARRAY<FLOAT>", "y_a FLOAT, p FLOAT, q FLOAT")
    assert by_row(function, [(1.0, [2.0, 3.0])]) == [(1.0, 2.0, 3.0)]


def classifier(classes):
    """Returns the file of a classifier that is surer of the first class the smaller its input."""
    trained = LogisticRegression().fit([[0.0], [1.0], [2.0]], np.array(classes))
    return to_onnx(trained, np.zeros((1, 1), np.float32)).SerializeToString()


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("classes", "columns"),
    [
        (["no", "perhaps", "yes"], "yes FLOAT, `No` FLOAT, perhaps FLOAT"),
        ([7, 8, 9], "`9` FLOAT, `7` FLOAT, `8` FLOAT"),
    ],
)
def test_columns_with_the_names_of_classes_get_their_probabilities(
    opened, predict, classes, columns
):
    """The order of the classes in a ZipMap is alphabetical, which few people think of."""
    label = "STRING" if classes[0] == "no" else "BIGINT"
    function = opened(classifier(classes), "x FLOAT", f"label {label}, {columns}")
    ((_, last, first, middle),) = predict(function, [(-5.0,)])
    assert last < middle < first


@pytest.mark.parametrize(
    ("classes", "columns"),
    [
        (["no", "perhaps", "yes"], "a FLOAT, b FLOAT, c FLOAT"),
        (["no", "perhaps", "yes"], "p_no FLOAT, p_perhaps FLOAT, p_yes FLOAT"),
        ([1, 2, 3], "p0 FLOAT, p1 FLOAT, p2 FLOAT"),
    ],
)
def test_other_columns_have_the_order_of_the_classes(opened, classes, columns):
    """Names such as p0 name no class."""
    label = "STRING" if classes[0] == "no" else "BIGINT"
    function = opened(classifier(classes), "x FLOAT", f"label {label}, {columns}")
    ((_, first, middle, last),) = by_row(function, [(-5.0,)])
    assert first > middle > last


@pytest.mark.parametrize(
    ("classes", "columns", "message"),
    [
        (
            ["no", "perhaps", "yes"],
            "yes FLOAT, no FLOAT, perhabs FLOAT",
            "no name matches column 'perhabs'; the nearest is 'perhaps'",
        ),
        (
            ["no", "perhaps", "yes"],
            "p_yes FLOAT, p_no FLOAT, p_perhaps FLOAT",
            "columns 'p_yes', 'p_no', 'p_perhaps' are the classes 'no', 'perhaps', 'yes' in "
            "another order; name the columns as the classes",
        ),
        (
            ["no", "perhaps", "yes"],
            "p_no FLOAT, p_perhaps FLOAT, p_yess FLOAT",
            "no name matches column 'yess'; the nearest is 'yes'",
        ),
        ([0, 1, 2], "p2 FLOAT, p1 FLOAT, p0 FLOAT", "in another order"),
    ],
)
def test_columns_that_contradict_the_classes_are_refused(opened, classes, columns, message):
    """The probabilities of two classes could be swapped without an error."""
    label = "STRING" if classes[0] == "no" else "BIGINT"
    with pytest.raises(ModelError, match=f"does not fit the classes .*{message}"):
        opened(classifier(classes), "x FLOAT", f"label {label}, {columns}")
