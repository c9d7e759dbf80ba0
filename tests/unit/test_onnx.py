"""OnnxPredictFunction: its results are onnxruntime's, and what does not fit fails in open."""

import contextvars
import gc
import math
import select
import sys
import threading

import numpy as np
import onnx
import onnxruntime
import onnxruntime.datasets
import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from pyflink_ml_embedded import ConversionError, PredictContext, Row, Schema
from pyflink_ml_embedded._function import ModelError
from pyflink_ml_embedded._native import OpenFunction
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction

TENSOR_TYPES = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
    "float16": TensorProto.FLOAT16,
}


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a model, given as bytes, for these columns."""

    def opened(model, inputs, outputs, **properties):
        (tmp_path / "model.onnx").write_bytes(model)
        function = OnnxPredictFunction()
        schemas = (Schema.parse(inputs), Schema.parse(outputs))
        properties = {name.replace("_", "-"): value for name, value in properties.items()}
        function.open(PredictContext("m", str(tmp_path), properties, *schemas, 0, 1))
        return function

    return opened


def row(schema, *values):
    """Returns a Row as native code makes it, with the names of the columns."""
    made = Row(*values)
    made.set_field_names(Schema.parse(schema).names)
    return made


def only(rows):
    """Returns the one row as a list."""
    (values,) = rows
    return list(values)


def graph(nodes, inputs, outputs, initializers=()):
    """Returns a file; inputs and outputs are {name: (element type, shape)}."""

    def infos(args):
        return [
            helper.make_tensor_value_info(name, TENSOR_TYPES[element], shape)
            for name, (element, shape) in args.items()
        ]

    made = helper.make_graph(nodes, "g", infos(inputs), infos(outputs), initializers)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString()


def identity(**inputs):
    """Returns a file whose outputs y_NAME are its inputs."""
    nodes = [helper.make_node("Identity", [name], [f"y_{name}"]) for name in inputs]
    return graph(nodes, inputs, {f"y_{name}": arg for name, arg in inputs.items()})


@pytest.fixture(scope="module")
def iris():
    """Returns the data and a classifier."""
    features, labels = load_iris(return_X_y=True)
    return features, labels, LogisticRegression(max_iter=1000).fit(features, labels)


@pytest.mark.parametrize("zipmap", [True, False])
def test_classifier_gives_what_scikit_learn_gives(opened, iris, zipmap):
    """Label and probabilities by position; as skl2onnx writes them, or as one matrix."""
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
    """A ZipMap has them as keys."""
    features, labels, _ = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    classifier = LogisticRegression(max_iter=1000).fit(features, names[labels])
    model = to_onnx(classifier, features[:1].astype(np.float32)).SerializeToString()
    inputs = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"
    function = opened(model, inputs, "label STRING, p0 FLOAT, p1 FLOAT, p2 FLOAT")
    label, *given = only(function.predict(row(inputs, *features[149].tolist())))
    assert label == "virginica"
    assert given == pytest.approx(classifier.predict_proba(features[149:])[0], abs=1e-6)


def test_output_is_chosen_by_name(opened, iris):
    """Then fewer columns than the file gives will do."""
    features, _, classifier = iris
    model = to_onnx(
        classifier, features[:1].astype(np.float32), options={"zipmap": False}
    ).SerializeToString()
    inputs = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"
    function = opened(model, inputs, "label BIGINT")
    assert only(function.predict(row(inputs, *features[0].tolist()))) == [0]


def test_regression_gives_what_onnxruntime_gives(opened):
    """The same 32-bit numbers, bit for bit."""
    features, target = load_iris(return_X_y=True)
    model = to_onnx(LinearRegression().fit(features, target), features[:1].astype(np.float32))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    inputs = "a DOUBLE, b FLOAT, c DOUBLE, d DOUBLE"
    function = opened(model.SerializeToString(), inputs, "y FLOAT")
    for values in features[::10]:
        expected = session.run(None, {"X": values[None].astype(np.float32)})[0].item()
        assert only(function.predict(row(inputs, *values.tolist()))) == [expected]


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
    """Also the first and last ones of their range."""
    output = {"bool": "BOOLEAN", "string": "STRING"}.get(element, "DOUBLE")
    function = opened(identity(x=(element, ["N", 1])), f"a {sql_type}", f"y {output}")
    for value in values:
        (given,) = only(function.predict(row(f"a {sql_type}", value)))
        assert given == value
        if sql_type == "BOOLEAN" and element == "bool":
            assert type(given) is bool


def test_elements_of_all_sizes_lie_where_onnxruntime_reads_them(opened):
    """They share one block of memory, with gaps for alignment."""
    elements = ["bool", "double", "int8", "float", "int32", "uint8", "int64"]
    model = identity(**{f"x{i}": (element, ["N", 1]) for i, element in enumerate(elements)})
    inputs = "a BOOLEAN, b DOUBLE, c TINYINT, d DOUBLE, e INT, f INT, g BIGINT"
    function = opened(model, inputs, inputs.replace("a", "o", 1))
    values = [True, 0.1, -3, 0.5, -70000, 200, 2**40]
    assert only(function.predict(row(inputs, *values))) == values


def test_numbers_and_text_are_given_together(opened):
    """A model over a data frame has both; text takes another way than numbers."""
    model = identity(n=("float", ["N", 1]), s=("string", ["N", 1]), m=("int64", ["N"]))
    function = opened(model, "s STRING, n DOUBLE, m BIGINT", "y_n DOUBLE, y_s STRING, y_m BIGINT")
    data = row("s STRING, n DOUBLE, m BIGINT", "x", 0.5, 7)
    assert only(function.predict(data)) == [0.5, "x", 7]
    data = row("s STRING, n DOUBLE, m BIGINT", "y", None, 8)
    assert only(function.predict(data)) == [pytest.approx(math.nan, nan_ok=True), "y", 8]


def test_matrix_of_text_is_filled(opened):
    """As an encoder of categories takes it."""
    encoder = OneHotEncoder().fit(np.array([["a", "x"], ["b", "y"]], dtype=object))
    model = to_onnx(encoder, np.array([["a", "x"]], dtype=object)).SerializeToString()
    inputs = "c STRING, d STRING"
    function = opened(model, inputs, "o0 FLOAT, o1 FLOAT, o2 FLOAT, o3 FLOAT")
    assert only(function.predict(row(inputs, "b", "x"))) == [0, 1, 1, 0]


def test_open_width_is_that_of_the_columns(opened):
    """skl2onnx writes [None, None] where it is told nothing."""
    function = opened(
        identity(x=("float", [None, None])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE"
    )
    assert only(function.predict(row("a DOUBLE, b DOUBLE", 1.0, 2.0))) == [1.0, 2.0]


def test_null_becomes_nan_for_floating_point_numbers_only(opened):
    """Gradient boosting and imputers know NaN; for other elements there is nothing like it."""
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
def test_null_is_no_truth_value_and_no_text(opened, element, sql_type):
    """struct would write it as False, onnxruntime would raise without the column."""
    function = opened(identity(x=(element, ["N", 1])), f"a {sql_type}", f"y {sql_type}")
    with pytest.raises(ConversionError, match="column 'a': NULL cannot be an element"):
        function.predict(row(f"a {sql_type}", None))


def test_integer_out_of_range_names_its_column(opened):
    """The model was trained on smaller numbers; the value must not be shown."""
    inputs = "a BIGINT, b BIGINT"
    function = opened(identity(x=("int32", ["N", 2])), inputs, "y BIGINT, z BIGINT")
    with pytest.raises(
        ConversionError, match=r"column 'b': this int cannot be .* 'x' \(int32\)"
    ) as caught:
        function.predict(row(inputs, 1, 2**31))
    assert "2147483648" not in str(caught.value)
    assert only(function.predict(row(inputs, 1, 2))) == [1, 2]


def test_results_are_not_overwritten_by_the_next_row(opened):
    """The memory behind them is used again."""
    function = opened(identity(x=("float", ["N", 2])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE")
    first = function.predict(row("a DOUBLE, b DOUBLE", 1.0, 2.0))
    function.predict(row("a DOUBLE, b DOUBLE", 3.0, 4.0))
    assert only(first) == [1.0, 2.0]


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
            identity(x=("float", [3, 1])),
            "a DOUBLE",
            "y DOUBLE",
            "'x' has a fixed batch of 3 rows; export the model with an open first dimension",
        ),
        (
            identity(x=("float", ["N", 1, 8, 8])),
            "a DOUBLE",
            "y DOUBLE",
            "'x' has 4 dimensions; columns fill one or two",
        ),
        (identity(x=("float", [])), "a DOUBLE", "y DOUBLE", "'x' has no shape of one or two"),
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


def test_example_with_a_fixed_batch_is_refused(opened):
    """onnxruntime's own example file is of this kind."""
    with open(onnxruntime.datasets.get_example("logreg_iris.onnx"), "rb") as file:
        model = file.read()
    with pytest.raises(ModelError, match="a fixed batch of 3 rows"):
        opened(model, "a DOUBLE, b DOUBLE", "label BIGINT, p0 FLOAT, p1 FLOAT, p2 FLOAT")


def context(directory, **properties):
    """Returns the context of a model with one input and output."""
    schema = Schema.parse("a DOUBLE")
    properties = {name.replace("_", "-"): value for name, value in properties.items()}
    directory = None if directory is None else str(directory)
    return PredictContext("m", directory, properties, schema, schema, 0, 1)


def test_file_is_the_only_one_or_the_named_one(tmp_path):
    """Other files in the directory do not matter."""
    (tmp_path / "first.onnx").write_bytes(identity(x=("float", ["N"])))
    (tmp_path / "first.onnx.data").touch()
    OnnxPredictFunction().open(context(tmp_path))
    (tmp_path / "second.onnx").write_bytes(b"")
    OnnxPredictFunction().open(context(tmp_path, onnx_file="first.onnx"))
    with pytest.raises(ModelError, match=r"set the option 'properties.onnx-file' .* has: first"):
        OnnxPredictFunction().open(context(tmp_path))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"onnx_file": "absent.onnx"}, "there is no file 'absent.onnx'; '.*' has: model.onnx"),
        (
            {"threads": "2", "batch": "7"},
            "unknown option 'properties.batch', 'properties.threads'; OnnxPredictFunction has "
            "'properties.intra-op-threads', 'properties.onnx-file', 'properties.providers'",
        ),
        ({"intra_op_threads": "0"}, "'properties.intra-op-threads' is '0'; it must be 1 or more"),
        ({"intra_op_threads": "two"}, "it must be 1 or more"),
        ({"providers": "Absent"}, "'properties.providers' is 'Absent'; onnxruntime has: .*CPUExec"),
    ],
)
def test_wrong_property_is_named_with_the_valid_ones(tmp_path, properties, message):
    """A property without effect would mislead."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    with pytest.raises(ModelError, match=message):
        OnnxPredictFunction().open(context(tmp_path, **properties))


@pytest.mark.parametrize("directory", [None, "empty"])
def test_missing_file_is_told(tmp_path, directory):
    """No directory, or none with a file."""
    if directory is not None:
        directory = tmp_path
    with pytest.raises(ModelError, match=r"model-directory-path|has: no \*.onnx file"):
        OnnxPredictFunction().open(context(directory))


def test_properties_reach_onnxruntime(tmp_path, monkeypatch):
    """Threads that spin between two rows take a core from Flink."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    seen = []
    real = onnxruntime.InferenceSession

    def session(file, options, providers):
        spinning = options.get_session_config_entry("session.intra_op.allow_spinning")
        seen.append((options.intra_op_num_threads, spinning, providers))
        return real(file, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    OnnxPredictFunction().open(context(tmp_path))
    OnnxPredictFunction().open(
        context(tmp_path, intra_op_threads="2", providers=" CPUExecutionProvider")
    )
    provider = ["CPUExecutionProvider"]
    assert seen == [(1, "0", provider), (2, "0", provider)]


def test_missing_onnxruntime_tells_what_to_install(tmp_path, monkeypatch):
    """It is an extra of the package."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"pip install 'pyflink-ml-embedded\[onnx\]'"):
        OnnxPredictFunction().open(context(tmp_path))


def test_other_threads_run_while_onnxruntime_computes(opened):
    """A large model must not hold the GIL against all other models of the TaskManager."""
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
    assert started.wait(10)
    # From here on the other thread gets the GIL only where predict gives it away.
    sys.setswitchinterval(60)
    try:
        before = len(turns)
        function.predict(data)
        during = len(turns) - before
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join(10)
    assert during > 2


def test_row_path_with_the_function_leaks_nothing(opened):
    """As in a job: three equal runs, equal counts of objects."""
    names = ["a", "b"]
    inputs = [{"name": n, "type": "DOUBLE", "nullable": True, "arrow": "g"} for n in names]
    outputs = [{**column, "name": f"o_{column['name']}"} for column in inputs]
    function = opened(identity(x=("float", ["N", 2])), "a DOUBLE, b DOUBLE", "y DOUBLE, z DOUBLE")
    path = OpenFunction(function, "m", inputs, outputs, contextvars.copy_context())

    def run():
        for number in range(1000):
            assert path((number, None if number % 3 else 1.0))[0][0] == number
        gc.collect()
        return len(gc.get_objects()), sys.getrefcount(None) // 100

    run()
    assert run() == run() == run()
