# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction predicts rows as onnxruntime does."""

import contextvars
import gc
import math
import select
import sys
import threading
from itertools import pairwise

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._native import OpenFunction

from .models import graph, identity, only, row


@pytest.fixture(scope="module")
def iris():
    """Returns the data and a classifier."""
    features, labels = load_iris(return_X_y=True)
    return features, labels, LogisticRegression(max_iter=1000).fit(features, labels)


@pytest.mark.parametrize("zipmap", [True, False])
def test_classifier_gives_what_scikit_learn_gives(opened, iris, zipmap):
    """The outputs are matched by position, with a ZipMap or one matrix."""
    features, _, classifier = iris
    options = {} if zipmap else {"options": {"zipmap": False}}
    model = to_onnx(classifier, features[:1].astype(np.float32), **options).SerializeToString()
    inputs = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"
    function = opened(model, inputs, "label BIGINT, p0 DOUBLE, p1 DOUBLE, p2 DOUBLE")
    probabilities = classifier.predict_proba(features)
    for index in range(0, 150, 10):
        label, *given = only(function.predict(row(inputs, *features[index].tolist())))
        assert label == classifier.predict(features[index : index + 1])[0]
        assert given == pytest.approx(probabilities[index], abs=1e-6)


def test_text_labels_come_in_the_order_of_the_classes(opened, iris):
    """A ZipMap has the labels as keys."""
    features, labels, _ = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    classifier = LogisticRegression(max_iter=1000).fit(features, names[labels])
    model = to_onnx(classifier, features[:1].astype(np.float32)).SerializeToString()
    inputs = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"
    function = opened(model, inputs, "label STRING, p0 FLOAT, p1 FLOAT, p2 FLOAT")
    label, *given = only(function.predict(row(inputs, *features[149].tolist())))
    assert label == "virginica"
    assert given == pytest.approx(classifier.predict_proba(features[149:])[0], abs=1e-6)


def test_regression_gives_what_onnxruntime_gives(opened):
    """The 32-bit numbers are the same, bit for bit."""
    features, target = load_iris(return_X_y=True)
    model = to_onnx(LinearRegression().fit(features, target), features[:1].astype(np.float32))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    inputs = "a DOUBLE, b FLOAT, c DOUBLE, d DOUBLE"
    function = opened(model.SerializeToString(), inputs, "y FLOAT")
    for values in features[::10]:
        expected = session.run(None, {"X": values[None].astype(np.float32)})[0].item()
        assert only(function.predict(row(inputs, *values.tolist()))) == [expected]


@pytest.mark.parametrize(
    ("element", "sql_type", "values"),
    [
        ("float", "DOUBLE", [0.5, -0.0, math.inf, 1]),
        ("float", "DECIMAL(10, 2)", [1]),
        ("double", "DOUBLE", [0.1, 1e300]),
        ("double", "BIGINT", [2**53]),
        ("double", "BOOLEAN", [True, False]),
        ("int8", "TINYINT", [-128, 127]),
        ("int32", "BIGINT", [-(2**31), 2**31 - 1]),
        ("int64", "BIGINT", [-(2**63), 2**63 - 1]),
        ("int64", "BOOLEAN", [True]),
        ("uint8", "INT NOT NULL", [0, 255]),
        ("uint64", "BIGINT", [0, 2**63 - 1]),
        ("bool", "BOOLEAN", [True, False]),
        ("string", "STRING", ["Müller", "", "a\0b"[:1]]),
        ("string", "VARCHAR(7)", ["x" * 7]),
    ],
)
def test_value_of_each_element_type_goes_through(opened, element, sql_type, values):
    """The range includes its limits."""
    output = {"bool": "BOOLEAN", "string": "STRING"}.get(element, "DOUBLE")
    function = opened(identity(x=(element, ["N", 1])), f"a {sql_type}", f"y {output}")
    for value in values:
        (given,) = only(function.predict(row(f"a {sql_type}", value)))
        assert given == value
        if sql_type == "BOOLEAN" and element == "bool":
            assert type(given) is bool


def test_elements_of_all_sizes_are_aligned_for_onnxruntime(opened):
    """The inputs share one block of memory, with gaps for alignment."""
    elements = ["bool", "double", "int8", "float", "int32", "uint8", "int64"]
    model = identity(**{f"x{i}": (element, ["N", 1]) for i, element in enumerate(elements)})
    inputs = "a BOOLEAN, b DOUBLE, c TINYINT, d DOUBLE, e INT, f INT, g BIGINT"
    function = opened(model, inputs, inputs.replace("a", "o", 1))
    values = [True, 0.1, -3, 0.5, -70000, 200, 2**40]
    assert only(function.predict(row(inputs, *values))) == values
    assert all(array.flags.aligned for array in function._rows._inputs.feed.values())


def test_numbers_and_text_are_given_together(opened):
    """A model over a data frame has both, and text is not written as numbers are."""
    model = identity(n=("float", ["N", 1]), s=("string", ["N", 1]), m=("int64", ["N"]))
    function = opened(model, "s STRING, n DOUBLE, m BIGINT", "y_n DOUBLE, y_s STRING, y_m BIGINT")
    data = row("s STRING, n DOUBLE, m BIGINT", "x", 0.5, 7)
    assert only(function.predict(data)) == [0.5, "x", 7]
    data = row("s STRING, n DOUBLE, m BIGINT", "y", None, 8)
    assert only(function.predict(data)) == [pytest.approx(math.nan, nan_ok=True), "y", 8]


def test_matrix_of_text_is_filled(opened):
    """Encoders of categories take such a matrix."""
    encoder = OneHotEncoder().fit(np.array([["a", "x"], ["b", "y"]], dtype=object))
    model = to_onnx(encoder, np.array([["a", "x"]], dtype=object)).SerializeToString()
    inputs = "c STRING, d STRING"
    function = opened(model, inputs, "o0 FLOAT, o1 FLOAT, o2 FLOAT, o3 FLOAT")
    assert only(function.predict(row(inputs, "b", "x"))) == [0, 1, 1, 0]


def test_null_becomes_nan_for_floating_point_numbers_only(opened):
    """Gradient boosting and imputers handle NaN; other element types have no missing value."""
    inputs = "a DOUBLE, b BIGINT"
    function = opened(
        identity(x=("double", ["N", 1]), n=("int64", ["N", 1])), inputs, "y DOUBLE, z BIGINT"
    )
    assert only(function.predict(row(inputs, None, 7))) == [pytest.approx(math.nan, nan_ok=True), 7]
    assert only(function.predict(row(inputs, 1.0, 8))) == [1.0, 8]
    with pytest.raises(ConversionError) as caught:
        function.predict(row(inputs, 1.0, None))
    expected = "column 'b': NULL cannot be an element of the file's input 'n' (int64)"
    assert str(caught.value) == expected
    assert caught.value.column == "b"


@pytest.mark.parametrize(("element", "sql_type"), [("bool", "BOOLEAN"), ("string", "STRING")])
def test_null_in_boolean_or_text_fails(opened, element, sql_type):
    """struct would write False, and onnxruntime's error would not name the column."""
    function = opened(identity(x=(element, ["N", 1])), f"a {sql_type}", f"y {sql_type}")
    with pytest.raises(ConversionError, match="column 'a': NULL cannot be an element"):
        function.predict(row(f"a {sql_type}", None))


def test_integer_out_of_range_names_its_column(opened):
    """The message must not show the value, which may be confidential."""
    inputs = "a BIGINT, b BIGINT"
    function = opened(identity(x=("int32", ["N", 2])), inputs, "y BIGINT, z BIGINT")
    with pytest.raises(
        ConversionError, match=r"column 'b': this int cannot be .* 'x' \(int32\)"
    ) as caught:
        function.predict(row(inputs, 1, 2**31))
    assert "2147483648" not in str(caught.value)
    assert only(function.predict(row(inputs, 1, 2))) == [1, 2]


def test_results_are_not_overwritten_by_the_next_row(opened):
    """The next row uses the same memory."""
    function = opened(identity(x=("float", ["N", 2])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE")
    first = function.predict(row("a DOUBLE, b DOUBLE", 1.0, 2.0))
    function.predict(row("a DOUBLE, b DOUBLE", 3.0, 4.0))
    assert only(first) == [1.0, 2.0]


def test_other_threads_run_while_onnxruntime_computes(opened):
    """A large model must not hold the GIL while other models of the TaskManager wait."""
    size = 1500
    weights = onnx.numpy_helper.from_array(np.ones((size, size), np.float32), "w")
    column = onnx.numpy_helper.from_array(np.ones((1, size), np.float32), "v")
    nodes = [helper.make_node("Mul", ["x", "v"], ["h0"])]
    nodes += [helper.make_node("MatMul", [f"h{i}", "w"], [f"h{i + 1}"]) for i in range(200)]
    nodes += [helper.make_node("ReduceMax", ["h200"], ["y"], axes=[1])]
    model = graph(nodes, {"x": ("float", ["N", 1])}, {"y": ("float", ["N", 1])}, [weights, column])
    function = opened(model, "a DOUBLE", "y DOUBLE")
    data = row("a DOUBLE", 1.0)
    started, done = threading.Event(), threading.Event()
    turns = []

    def take_turns():
        while not done.is_set():
            turns.append(1)
            started.set()
            select.select([], [], [], 0)  # gives the GIL away

    thread = threading.Thread(target=take_turns)
    interval = sys.getswitchinterval()
    thread.start()
    assert started.wait(60)
    # From here on the other thread gets the GIL only where predict gives it away.
    sys.setswitchinterval(60)
    try:
        before = len(turns)
        function.predict(data)
        during = len(turns) - before
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join(60)
    assert during > 2


def test_row_path_with_the_function_leaks_nothing(opened):
    """An object that each row left behind would end every long job."""
    names = ["a", "b"]
    inputs = [{"name": n, "type": "DOUBLE", "nullable": True, "arrow": "g"} for n in names]
    outputs = [{**column, "name": f"o_{column['name']}"} for column in inputs]
    function = opened(identity(x=("float", ["N", 2])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE")
    path = OpenFunction(function, "m", inputs, outputs, contextvars.copy_context())

    rows = 1000

    def run():
        for number in range(rows):
            assert path((number, None if number % 3 else 1.0))[0][0] == number
        gc.collect()
        return len(gc.get_objects()), sys.getrefcount(None)

    run()
    rounds = [run() for _ in range(4)]
    # A leak shows in each round; a thread of pytest-xdist may hold an object more in one of them.
    for counts in zip(*rounds, strict=True):
        assert min(abs(after - before) for before, after in pairwise(counts)) < rows / 3, rounds
