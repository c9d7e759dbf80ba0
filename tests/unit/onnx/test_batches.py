# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction predicts batches, also with files that take a fixed number of rows."""

import math
from decimal import Decimal

import numpy as np
import onnxruntime
import onnxruntime.datasets
import pyarrow as pa
import pytest
from onnx import helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded.models.onnx._columns import matrix_of

from .models import by_batch, by_row, graph, identity

MIXED = "a DOUBLE, b DECIMAL(3, 1), c INT"
IRIS = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"


@pytest.fixture(scope="module")
def classifier():
    """Returns the data as 32-bit numbers, and the ONNX file of a classifier of text labels."""
    features, labels = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    trained = LogisticRegression(max_iter=1000).fit(features, names[labels])
    features = features.astype(np.float32)
    return features, to_onnx(trained, features[:1]).SerializeToString()


def test_batch_gives_what_onnxruntime_gives_for_it(opened, classifier):
    """The 32-bit numbers are the same, bit for bit, in the order of the classes."""
    features, model = classifier
    outputs = "label STRING, p0 FLOAT, p1 FLOAT, p2 FLOAT"
    found = by_batch(opened(model, IRIS, outputs), features.tolist())
    labels, probabilities = onnxruntime.InferenceSession(model).run(None, {"X": features})
    assert found == [
        (label, *classes.values()) for label, classes in zip(labels, probabilities, strict=True)
    ]


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_zip_map_fills_a_map(opened, classifier, predict):
    """A query can then select the probability of a class by its name."""
    features, model = classifier
    function = opened(model, IRIS, "label STRING, p MAP<STRING, FLOAT>")
    found = predict(function, features[:5].tolist())
    session = onnxruntime.InferenceSession(model)
    for (label, classes), values in zip(found, features[:5], strict=True):
        expected = session.run(None, {"X": values[None]})
        assert label == expected[0][0]
        assert classes == pytest.approx(expected[1][0], rel=1e-6)


def test_zip_map_of_other_classes_than_the_columns_fails_in_open(opened, classifier):
    """The file does not declare the number of classes; only a result shows it."""
    _, model = classifier
    with pytest.raises(
        ModelError, match="'output_probability' has 3 columns; the model's OUTPUT has 2"
    ):
        opened(model, IRIS, "label STRING, p0 FLOAT, p1 FLOAT")


def test_rows_and_batches_are_equal(opened):
    """The load decides which path runs; a tree must give the same bits on both."""
    features, labels = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0).fit(features, labels)
    model = to_onnx(tree, features[:1].astype(np.float32), options={"zipmap": False})
    function = opened(model.SerializeToString(), IRIS, "label BIGINT, p ARRAY<FLOAT>")
    rows = features.astype(np.float32).tolist()
    found = [(label, list(values)) for label, values in by_batch(function, rows)]
    assert found == [(label, list(values)) for label, values in by_row(function, rows)]
    assert [label for label, _ in found] == tree.predict(features).tolist()


@pytest.mark.parametrize(
    ("element", "sql_type", "values"),
    [
        ("float", "FLOAT", [0.5, -0.0, math.inf, None]),
        ("float", "DOUBLE", [0.1, math.nan, -math.inf, None]),
        ("float", "DECIMAL(10, 2)", [Decimal("0.10"), None]),
        ("float", "BIGINT", [2**60 + 2**36 + 1, -(2**24) - 1]),
        ("float", "BIGINT", [2**53 + 1, None]),
        ("float", "BOOLEAN", [True, False, None]),
        ("double", "DOUBLE", [0.1, 1e300, None]),
        ("double", "INT", [-(2**31), None]),
        ("int8", "TINYINT", [-128, 127]),
        ("int32", "BIGINT", [-(2**31), 2**31 - 1]),
        ("int64", "BOOLEAN", [True, False]),
        ("uint64", "BIGINT", [0, 2**63 - 1]),
        ("bool", "BOOLEAN", [True, False]),
        ("string", "STRING", ["Müller", ""]),
    ],
)
@pytest.mark.parametrize("width", [[], [1], [2]])
def test_batch_of_each_type_is_what_its_rows_are(opened, element, sql_type, values, width):
    """Rounding and NULL as NaN do not depend on the shape of the input."""
    output = {"bool": "BOOLEAN", "string": "STRING"}.get(element, "DOUBLE")
    names = ["a", "b"][: width[0] if width else 1]
    function = opened(
        identity(x=(element, ["N", *width])),
        ", ".join(f"{name} {sql_type}" for name in names),
        ", ".join(f"y{name} {output}" for name in names),
    )
    rows = [(value,) * len(names) for value in values]
    assert repr(by_batch(function, rows)) == repr(by_row(function, rows))


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize(
    ("element", "sql_type", "value", "given"),
    [
        ("int64", "BIGINT", None, "NULL"),
        ("bool", "BOOLEAN", None, "NULL"),
        ("string", "STRING", None, "NULL"),
        ("int32", "BIGINT", 2**31, "this int"),
        ("uint8", "INT", -1, "this int"),
        ("uint64", "BIGINT", -1, "this int"),
        ("float", "DOUBLE", 1e300, "this float"),
    ],
)
@pytest.mark.parametrize("is_matrix", [True, False])
def test_value_that_does_not_fit_names_its_column(
    opened, predict, element, sql_type, value, given, is_matrix
):
    """The other values of the batch are valid."""
    shape = {"x": ["N", 2]} if is_matrix else {"x": ["N"], "z": ["N"]}
    model = identity(**{name: (element, sizes) for name, sizes in shape.items()})
    output = {"string": "STRING", "bool": "BOOLEAN"}.get(element, "DOUBLE")
    function = opened(model, f"a {sql_type}, b {sql_type}", f"y {output}, z {output}")
    good = {"STRING": "a", "BOOLEAN": True}.get(sql_type, 1)
    assert predict(function, [(good, good)]) == [(good, good)]
    message = rf"column 'b': {given}\d* cannot be an element of the file's input '[xz]'"
    with pytest.raises(ConversionError, match=message) as caught:
        predict(function, [(good, good), (good, value)])
    assert caught.value.column == "b"


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_infinity_of_the_row_goes_through(opened, predict):
    """Infinity is a valid value; only a finite number that becomes infinite is an error."""
    function = opened(identity(x=("float", ["N", 3])), MIXED, "x DOUBLE, y DOUBLE, z DOUBLE")
    rows = [(math.inf, Decimal("1.5"), 3), (-math.inf, Decimal("2.5"), 4)]
    assert predict(function, rows) == [(math.inf, 1.5, 3.0), (-math.inf, 2.5, 4.0)]
    with pytest.raises(ConversionError, match="column 'a': this float"):
        predict(function, [*rows, (-1e300, Decimal(0), 0)])


def test_numbers_of_the_right_type_are_not_copied(opened):
    """A large batch of one column must reach onnxruntime without a copy."""
    function = opened(
        identity(x=("float", ["N", 1]), n=("int64", ["N"])), "x FLOAT, n BIGINT", "y_x FLOAT"
    )
    batch = pa.record_batch({"x": pa.array([1, 2], pa.float32()), "n": pa.array([3, 4])})
    for position, tensor in enumerate(function._mapping.inputs):
        given = matrix_of(batch, tensor, function.input_schema, None)
        assert np.shares_memory(given, batch.column(position).to_numpy())


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7])
def test_file_of_fixed_batch_takes_any_number_of_rows(opened, predict, rows):
    """onnxruntime's own example takes three rows; missing rows are filled and then dropped."""
    with open(onnxruntime.datasets.get_example("logreg_iris.onnx"), "rb") as file:
        model = file.read()
    function = opened(model, "a DOUBLE, b DOUBLE", "label BIGINT, p0 FLOAT, p1 FLOAT, p2 FLOAT")
    given = load_iris().data[::20, :2].astype(np.float32)[:rows]
    session = onnxruntime.InferenceSession(model)
    expected = []
    for row in given:
        labels, classes = session.run(None, {"float_input": np.stack([row] * 3)})
        expected.append((labels[0], *classes[0].values()))
    found = predict(function, given.tolist())
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-6)


@pytest.mark.parametrize("predict", [by_row, by_batch])
@pytest.mark.parametrize("length", [2, None])
def test_fixed_batch_is_filled_with_the_last_row(opened, predict, length):
    """A file may reject rows of zeros, or mix them into the results."""
    tensors = [("float", [3, 1]), ("double", [3]), ("float", [3, length]), ("string", [3])]
    model = graph(
        [
            helper.make_node("ReduceMin", ["x"], ["least"], keepdims=1),
            helper.make_node("Add", ["x", "least"], ["y"]),
            helper.make_node("Add", ["s", "s"], ["t"]),
            helper.make_node("Identity", ["v"], ["w"]),
            helper.make_node("Identity", ["c"], ["d"]),
        ],
        dict(zip("xsvc", tensors, strict=True)),
        dict(zip("ytwd", tensors, strict=True)),
    )
    columns = "x FLOAT, s DOUBLE, v ARRAY<FLOAT>, c STRING"
    function = opened(model, columns, "y FLOAT, t DOUBLE, w ARRAY<FLOAT>, d STRING", batch_axis="0")
    rows = [(float(i), i / 10, [i, i + 1.0], str(i)) for i in (7, 8, 9, 10)]
    least = [7, 8, 9, 10] if predict is by_row else [7, 7, 7, 10]
    assert [(y, t, list(w), d) for y, t, w, d in predict(function, rows)] == [
        (x + least[i], s * 2, v, c) for i, (x, s, v, c) in enumerate(rows)
    ]


@pytest.mark.parametrize("predict", [by_row, by_batch])
def test_numbers_of_a_fixed_batch_are_read_from_its_first_row(opened, predict):
    """The memory holds the rows of a whole call, and the row path fills one."""
    model = identity(x=("float", [3, 2]), b=("bool", [3]), n=("int64", [3, 1]))
    function = opened(
        model,
        "x ARRAY<DOUBLE>, b BOOLEAN, n INT",
        "y_b BOOLEAN, y_x ARRAY<DOUBLE>, y_n BIGINT",
    )
    rows = [([0.5, 1.5], True, 3), ([2.5, 3.5], False, 4)]
    assert [(list(x), b, n) for b, x, n in predict(function, rows)] == rows


def test_groups_of_a_fixed_batch_are_filled_too(opened):
    """A group of equal lengths can be smaller or larger than the file's batch size."""
    function = opened(identity(x=("float", [2, None])), "a ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    rows = [([1.0],), ([2.0, 3.0],), ([4.0],), ([5.0],), ([],)]
    assert [(list(values),) for (values,) in by_batch(function, rows)] == rows
