# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction gives the right values for ONNX's own tests of single operators."""

import warnings

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from .models import by_batch, by_row, open_function

INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
SQL_TYPES = {TensorProto.DataType.Value(name): "BIGINT" for name in INTEGERS} | {
    TensorProto.FLOAT: "FLOAT",
    TensorProto.DOUBLE: "DOUBLE",
    TensorProto.FLOAT16: "FLOAT",
    TensorProto.BFLOAT16: "FLOAT",
    TensorProto.BOOL: "BOOLEAN",
    TensorProto.STRING: "STRING",
}
# All tests take a minute; these take part of it, of all operators.
STEP = 5


def schema(infos):
    """Returns a column for each tensor, or None if one has no type of SQL."""
    columns = []
    for info in infos:
        tensor = info.type.tensor_type
        if not info.type.HasField("tensor_type") or tensor.elem_type not in SQL_TYPES:
            return None
        rank = len(tensor.shape.dim)
        columns.append(f"`{info.name}` {'ARRAY<' * rank}{SQL_TYPES[tensor.elem_type]}{'>' * rank}")
    return ", ".join(columns) or None


def as_array(value):
    """Returns data of a test as numbers that numpy has, or text."""
    array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)
    return array.astype(np.float32) if array.dtype.name in ("float16", "bfloat16") else array


def runs(test):
    """Returns whether onnxruntime can run a test, and gives the values that the test expects."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    names = [info.name for info in test.model.graph.input]
    inputs, outputs = test.data_sets[0]
    try:
        session = onnxruntime.InferenceSession(test.model.SerializeToString(), options)
        results = session.run(None, dict(zip(names, map(np.asarray, inputs), strict=True)))
    except Exception:
        return False
    return all(map(is_close, results, outputs))


def is_close(found, expected):
    """Returns whether two arrays have one shape and nearly the same elements."""
    found, expected = np.array(found), as_array(expected)
    if expected.dtype.kind in "OSU":
        return found.tolist() == expected.tolist()
    if found.size == expected.size == 0:  # lists do not have the lengths below an empty one
        return True
    return found.shape == expected.shape and np.allclose(
        found.astype(expected.dtype), expected, rtol=1e-3, atol=1e-5, equal_nan=True
    )


def are_close_rows(found, expected):
    """Returns whether rows are equal but for the last bits, which depend on where memory is."""
    return len(found) == len(expected) and all(
        np.asarray(value).dtype == np.asarray(other).dtype and is_close(value, np.asarray(other))
        for row, other_row in zip(found, expected, strict=True)
        for value, other in zip(row, other_row, strict=True)
    )


@pytest.fixture(scope="module")
def node_tests():
    """Returns a part of the tests whose tensors have types of SQL, with their columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, about values that overflow
        tests = sorted(collect_testcases(None), key=lambda test: test.name)
    chosen = []
    for test in tests[::STEP]:
        columns = schema(test.model.graph.input), schema(test.model.graph.output)
        if None not in columns and runs(test):
            chosen.append((test, *columns))
    return chosen


def test_values_of_single_operators_are_right(tmp_path, node_tests):
    """They have all ranks and element types, and most have no dimension of rows."""
    wrong = []
    for test, inputs, outputs in node_tests:
        model = test.model.SerializeToString()
        function = open_function(tmp_path, model, inputs, outputs, batch_axis="none")
        function.agree = are_close_rows
        given, expected = test.data_sets[0]
        row = tuple(as_array(value).tolist() for value in given)
        for found in (*by_row(function, [row]), *by_batch(function, [row, row])):
            if not all(map(is_close, found, expected)):
                wrong.append(test.name)
    assert wrong == []
    assert len(node_tests) > 200
