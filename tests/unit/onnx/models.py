# SPDX-License-Identifier: Apache-2.0
"""ONNX files for the tests, and ways to open and run them."""

import contextvars
from functools import partial
from types import SimpleNamespace

from onnx import TensorProto, helper

from pyflink_ml_embedded import PredictContext, Row, Schema
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._native import OpenFunction
from pyflink_ml_embedded._schema import describe_column
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
    "bfloat16": TensorProto.BFLOAT16,
}


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


def context(directory, inputs="a DOUBLE", outputs="y DOUBLE", **properties):
    """Returns the context of a model."""
    properties = {name.replace("_", "-"): value for name, value in properties.items()}
    directory = None if directory is None else str(directory)
    schemas = (Schema.parse(inputs), Schema.parse(outputs))
    return PredictContext("m", directory, properties, *schemas, 0, 1)


def open_function(directory, model, inputs, outputs, **properties):
    """Writes a model, given as bytes, and opens it for these columns.

    Each row that is predicted goes through C and through Python, which must agree.
    """
    (directory / "model.onnx").write_bytes(model)
    function = _open(directory, inputs, outputs, properties)
    function.in_c = _open(directory, inputs, outputs, properties)
    function.engine = function.in_c.make_engine()
    function.by_python = SimpleNamespace(
        predict=function.predict, predict_batch=function.predict_batch
    )

    def predict_both_ways(data):
        by_row(function, [data])
        return function.by_python.predict(data)

    function.predict = predict_both_ways
    return function


def _open(directory, inputs, outputs, properties):
    function = OnnxPredictFunction()
    function.input_schema = Schema.parse(inputs)
    function.output_schema = Schema.parse(outputs)
    function.open(context(directory, inputs, outputs, **properties))
    return function


def by_row(function, rows):
    """Returns the results of rows that are predicted one by one, as tuples."""
    return _each_way(function, 0, lambda predict: [r for values in rows for r in predict(values)])


def by_batch(function, rows):
    """Returns the results of rows that are predicted in one batch, as tuples."""
    return _each_way(
        function,
        len(rows),
        lambda opened: [result for (result,) in opened.predict_batch(rows)],
    )


def _each_way(function, batch_size, predict):
    """Returns what Python predicts as tuples, after comparing it with what C does, bit by bit.

    The last way is that of rows which the engine declines.
    """
    engine = getattr(function, "engine", None)
    ways = [(getattr(function, "by_python", function), None)]
    if engine is not None:
        ways += [(function.in_c, engine), (function.in_c, None)]
    outcomes = []
    for python, way_engine in ways:
        opened = _path(function, python, batch_size, way_engine)
        outcomes.append(_outcome(partial(predict, opened)))
    agree = getattr(function, "agree", _are_identical)
    assert all(agree(outcome, outcomes[0]) for outcome in outcomes), outcomes
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return outcomes[0]


def _are_identical(found, expected):
    """Returns whether two outcomes agree in each bit, or in the message of an exception."""
    return repr(found) == repr(expected)


def _path(function, python, batch_size, engine):
    """Returns the way of rows through an open function; of batches with a size."""
    schemas = (function.input_schema, function.output_schema)
    columns = [[describe_column(field.name, field.type) for field in schema] for schema in schemas]
    make = partial(BatchCaller, python) if batch_size else None
    variables = contextvars.Context()
    return OpenFunction(python, "m", *columns, variables, True, batch_size, make, None, engine)


def _outcome(predict):
    """Returns results as tuples, or the exception."""
    try:
        return [tuple(result) for result in predict()]
    except Exception as error:
        return error
