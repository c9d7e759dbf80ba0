# SPDX-License-Identifier: Apache-2.0
"""Saves models with MLflow, and predicts with them as a job does."""

import contextvars
import sys
from functools import partial

import cloudpickle
import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ParamSchema
from mlflow.types import Schema as MlflowSchema

from pyflink_ml_embedded import ConversionError, PredictContext, Schema
from pyflink_ml_embedded._batch.call import BatchCaller
from pyflink_ml_embedded._native import OpenFunction
from pyflink_ml_embedded.models.mlflow import MlflowPredictFunction

from ..requests import described

IRIS_INPUT = "a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE"
NAMES = ["a", "b", "c", "d"]

# Other processes can then load models of the tests.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def opened(directory, inputs, outputs, **properties):
    """Returns an open function."""
    schemas = (Schema.parse(inputs), Schema.parse(outputs))
    function = MlflowPredictFunction()
    function.input_schema, function.output_schema = schemas
    function.open(PredictContext("m", str(directory), properties, *schemas, 0, 1))
    return function


def paths(function):
    """Returns the row path and the batch path of a job."""
    columns = (described(str(function.input_schema)), described(str(function.output_schema)))
    variables = contextvars.copy_context()
    yield OpenFunction(function, "m", *columns, variables)
    make = partial(BatchCaller, function) if hasattr(function, "predict_batch") else None
    yield OpenFunction(function, "m", *columns, variables, False, 1000, make)


def predicted(function, rows):
    """Returns the results as tuples, after checking that the row and batch paths agree."""
    by_row, by_batch = paths(function)
    single = [tuple(row) for values in rows for row in by_row(values)]
    batched = [tuple(row) for results in by_batch.predict_batch(rows) for row in results]
    assert repr(single) == repr(batched)  # in which NaN equals NaN
    return batched


def failure(function, good, bad):
    """Returns the error of the bad row, after checking that the row and batch paths agree."""
    by_row, by_batch = paths(function)
    with pytest.raises(ConversionError) as of_row:
        by_row(bad)
    with pytest.raises(ConversionError) as of_batch:
        by_batch.predict_batch([good, bad])
    assert str(of_row.value) == str(of_batch.value)
    return str(of_row.value)


def save_sklearn(path, model, **options):
    """Saves a model of scikit-learn, without MLflow's slow checks."""
    options = {"serialization_format": "cloudpickle", "pip_requirements": [], **options}
    mlflow.sklearn.save_model(model, str(path), **options)


def save_python(path, model, inputs=None, params=None, **options):
    """Saves a PythonModel with a signature of these inputs and params."""
    if inputs is not None or params is not None:
        schema = None if inputs is None else MlflowSchema(inputs)
        params = None if params is None else ParamSchema(params)
        options["signature"] = ModelSignature(schema, None, params)
    options = {"pip_requirements": [], **options}
    mlflow.pyfunc.save_model(str(path), python_model=model, **options)


class Echo(mlflow.pyfunc.PythonModel):
    """Predicts by calling a function with the input and the params."""

    def __init__(self, compute):
        self.compute = compute

    def predict(self, context, model_input, params=None):
        return self.compute(model_input, params)
