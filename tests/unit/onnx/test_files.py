# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction finds a file, loads it with options, and explains what is wrong with it."""

import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper
from onnxruntime import GraphOptimizationLevel

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._engine import make_engine
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._sharing import SharedObjects
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction

from .models import by_batch, context, graph, identity, open_function


def test_file_is_the_only_one_or_the_named_one(tmp_path):
    """Other files in the directory do not matter."""
    (tmp_path / "first.onnx").write_bytes(identity(x=("float", ["N"])))
    (tmp_path / "first.onnx.data").touch()
    OnnxPredictFunction().open(context(tmp_path))
    (tmp_path / "second.onnx").write_bytes(b"")
    OnnxPredictFunction().open(context(tmp_path, onnx_file="first.onnx"))
    with pytest.raises(ModelError, match=r"has: first.* Set the option 'properties.onnx-file'"):
        OnnxPredictFunction().open(context(tmp_path))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"onnx_file": "absent.onnx"}, "is 'absent.onnx', which does not exist; '.*' has: model"),
        (
            {"threads": "2", "batch": "7"},
            "unknown option 'properties.batch', 'properties.threads'; OnnxPredictFunction supports "
            "'properties.batch-axis', 'properties.engine', 'properties.graph-optimization', "
            "'properties.intra-op-threads', 'properties.onnx-file', 'properties.providers', "
            "'properties.share-model', 'properties.spinning'",
        ),
        (
            {"intra_op_threads": "0"},
            "'properties.intra-op-threads' is '0'; it must be an integer of",
        ),
        ({"intra_op_threads": "two"}, "it must be an integer of at least 1"),
        ({"graph_optimization": "99"}, "valid values are: disabled, basic, extended, all"),
        ({"batch_axis": "1"}, "'properties.batch-axis' is '1'; valid values are: auto, 0, none"),
        ({"spinning": "1"}, "'properties.spinning' is '1'; valid values are: true, false"),
        (
            {"providers": "Absent"},
            "providers' is 'Absent'; the installed onnxruntime has: .*CPUExec",
        ),
    ],
)
def test_wrong_property_is_named_with_the_valid_ones(tmp_path, properties, message):
    """A property without effect would mislead."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    with pytest.raises(ModelError, match=message):
        OnnxPredictFunction().open(context(tmp_path, **properties))


@pytest.mark.parametrize("directory", [None, "empty"])
def test_missing_file_is_reported(tmp_path, directory):
    """The option is not set, or the directory is empty."""
    if directory is not None:
        directory = tmp_path
    with pytest.raises(ModelError, match=r"model-directory-path|has: no \*.onnx file"):
        OnnxPredictFunction().open(context(directory))


def session_of(opened_in):
    """Returns the session that a function has loaded with a context."""
    return opened_in.shared(("onnx", "model.onnx"), pytest.fail).session()


@pytest.mark.parametrize(
    ("properties", "name", "value"),
    [
        ({}, "intra_op_num_threads", 1),
        ({"intra_op_threads": "2"}, "intra_op_num_threads", 2),
        ({}, "graph_optimization_level", GraphOptimizationLevel.ORT_ENABLE_ALL),
        (
            {"graph_optimization": "disabled"},
            "graph_optimization_level",
            GraphOptimizationLevel.ORT_DISABLE_ALL,
        ),
        (
            {"graph_optimization": "basic"},
            "graph_optimization_level",
            GraphOptimizationLevel.ORT_ENABLE_BASIC,
        ),
        (
            {"graph_optimization": "extended"},
            "graph_optimization_level",
            GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
        ),
    ],
)
def test_property_reaches_onnxruntime(tmp_path, properties, name, value):
    """By default there is one thread and no spinning, because Flink uses the other cores."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    given = context(tmp_path, **properties)
    OnnxPredictFunction().open(given)
    assert getattr(session_of(given).get_session_options(), name) == value


@pytest.mark.parametrize(("properties", "value"), [({}, "0"), ({"spinning": "true"}, "1")])
def test_threads_spin_only_where_asked(tmp_path, properties, value):
    """A thread that spins between two rows takes a core from Flink."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    given = context(tmp_path, **properties)
    OnnxPredictFunction().open(given)
    options = session_of(given).get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == value


def test_provider_is_the_named_one(tmp_path):
    """People write lists with spaces."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    given = context(tmp_path, providers=" CPUExecutionProvider ")
    OnnxPredictFunction().open(given)
    assert session_of(given).get_providers() == ["CPUExecutionProvider"]


def test_file_is_loaded_once_for_functions_that_share(tmp_path):
    """Subtasks of a TaskManager share the weights, and each predicts its own rows."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    shared = SharedObjects()
    functions = [OnnxPredictFunction(), OnnxPredictFunction()]
    for function in functions:
        function.open(replace(context(tmp_path), _shared=shared))
        (tmp_path / "model.onnx").write_bytes(b"no longer read")
    first = functions[0].predict(Row(1.0))
    second = functions[1].predict(Row(2.0))
    assert [list(*first), list(*second)] == [[1.0], [2.0]]


def broken(**changes):
    """Returns a file with other fields of its ModelProto."""
    model = onnx.load_from_string(identity(x=("float", ["N"])))
    if "opset" in changes:
        model.opset_import[0].version = changes["opset"]
    if "ir" in changes:
        model.ir_version = changes["ir"]
    if "operator" in changes:
        model.graph.node[0].op_type = changes["operator"]
    return model.SerializeToString()[: changes.get("length")]


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        (
            {"length": 20},
            "the file is truncated, or not an ONNX file: copy it to the directory again",
        ),
        ({"length": 0}, "the file is truncated, or not an ONNX file"),
        ({"opset": 999}, "install a newer onnxruntime, or export the model for an older opset"),
        ({"ir": 999}, "install a newer onnxruntime, or export the model for an older opset"),
        ({"operator": "Absent"}, "the file has an operator that this onnxruntime does not support"),
    ],
)
def test_file_that_cannot_be_loaded_is_named_with_the_remedy(tmp_path, changes, remedy):
    """onnxruntime's message is about its sources, so the remedy comes first."""
    (tmp_path / "model.onnx").write_bytes(broken(**changes))
    message = rf"onnxruntime .* cannot load '.*/model.onnx' \({remedy}.*\): .*ONNXRuntimeError"
    with pytest.raises(ModelError, match=message):
        OnnxPredictFunction().open(context(tmp_path))


@pytest.mark.parametrize("content", [None, b"1234"])
def test_weights_in_a_second_file_must_be_there_whole(tmp_path, content):
    """Large models are saved in two files, and the second is easily forgotten or truncated."""
    weights = onnx.numpy_helper.from_array(np.ones((40, 40), np.float32), "w")
    model = graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        {"x": ("float", ["N", 40])},
        {"y": ("float", ["N", 40])},
        [weights],
    )
    onnx.save(
        onnx.load_from_string(model),
        tmp_path / "model.onnx",
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=0,
    )
    columns = [", ".join(f"{prefix}{i} FLOAT" for i in range(40)) for prefix in "xy"]
    function = OnnxPredictFunction()
    function.open(context(tmp_path, *columns))
    assert list(*function.predict(Row(*[1.0] * 40))) == [40.0] * 40
    assert make_engine(function) is not None
    assert list(*function.predict(Row(*[1.0] * 40))) == [40.0] * 40
    (tmp_path / "model.onnx_data").unlink()
    if content is not None:
        (tmp_path / "model.onnx_data").write_bytes(content)
    with pytest.raises(ModelError, match=r"model.onnx' .the weights are in a second file"):
        OnnxPredictFunction().open(context(tmp_path, *columns))


def test_onnxruntime_writes_no_warnings(tmp_path, capfd):
    """Its warnings bypass Flink's log, and some files cause one with each batch."""
    model = graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        {"x": ("float", ["N"]), "w": ("float", [1])},
        {"y": ("float", [1])},
        [onnx.numpy_helper.from_array(np.ones(1, np.float32), "w")],
    )
    function = open_function(tmp_path, model, "x DOUBLE", "y DOUBLE")
    assert by_batch(function, [(1.0,), (2.0,)]) == [(2.0,), (3.0,)]
    assert capfd.readouterr().err == ""


def test_error_of_missing_onnxruntime_has_the_install_command(tmp_path, monkeypatch):
    """onnxruntime is an extra of the package."""
    (tmp_path / "model.onnx").write_bytes(identity(x=("float", ["N"])))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"pip install 'pyflink-ml-embedded\[onnx\]'"):
        OnnxPredictFunction().open(context(tmp_path))
