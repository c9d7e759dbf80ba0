# SPDX-License-Identifier: Apache-2.0
"""Predict functions made of what Spark's ``predict_batch_udf`` takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import numpy

from .._context import PredictContext
from .._exceptions import ConversionError, ModelError
from .._function import BatchPredictFunction
from .._names import listed
from .._schema import Field, Schema
from .._wrapping import make_class

_Shapes: TypeAlias = "Sequence[Sequence[int] | None] | Mapping[int, Sequence[int]]"
_Array: TypeAlias = "numpy.ndarray[Any, Any]"


def from_make_predict_fn(
    make_predict_fn: Callable[[], Callable[..., Any]],
    *,
    batch_size: int | None = None,
    input_tensor_shapes: _Shapes | None = None,
) -> type[BatchPredictFunction]:
    """Makes a predict function of what Spark's ``predict_batch_udf`` takes.

    Args:
        make_predict_fn: loads the model and returns the function that predicts. It is called once
            in each subtask. That function gets a numpy array for each column of INPUT; or, if it
            has one parameter and INPUT several columns, one array of shape (rows, columns). It
            returns an array, a dict of arrays, or a list of dicts.
        batch_size: the most rows of one call. Larger batches are cut. By default the option
            ``batch-size`` is the limit.
        input_tensor_shapes: the shape of each column of INPUT in one row, or None for a scalar; or
            the shapes by the number of the column, from 0. An ARRAY column becomes an array of
            shape (rows, length), or of the rows and its shape.

    Raises:
        ModelError: an argument is not valid.
    """
    if not callable(make_predict_fn):
        raise ModelError(
            "make_predict_fn is not a function: give the one that loads the model and returns the "
            "function that predicts"
        )
    if batch_size is not None and batch_size < 1:
        raise ModelError(f"batch_size is {batch_size}; it must be at least 1")
    return make_class(
        make_predict_fn,
        _SparkFunction,
        _make_predict_fn=staticmethod(make_predict_fn),
        _batch_size=batch_size,
        _shapes=input_tensor_shapes,
    )


class _SparkFunction(BatchPredictFunction):
    """Calls the function that ``make_predict_fn`` returns."""

    batch_format = "numpy"
    _make_predict_fn: Callable[[], Any]
    _batch_size: int | None
    _shapes: _Shapes | None

    def open(self, context: PredictContext) -> None:
        name = type(self).__qualname__
        predict = self._make_predict_fn()
        if not callable(predict):
            raise ModelError(
                f"{name} returned {type(predict).__qualname__}. It must return the function that "
                "predicts: write 'return predict' at its end"
            )
        self._predict = predict
        inputs, outputs = context.input_schema, context.output_schema
        self._is_combined = _is_combined(predict, name, inputs)
        shapes = _shapes_of(self._shapes, inputs, self._is_combined)
        self._columns = [
            (field.name, field.sql_type.root == "ARRAY", shape)
            for field, shape in zip(inputs, shapes, strict=True)
        ]
        self._is_scalar = len(outputs) == 1 and not outputs[0].sql_type.is_nested

    def predict_batch(self, batch: Mapping[str, _Array]) -> Any:
        arrays = [
            _stacked(batch[name], name, shape) if is_array else batch[name]
            for name, is_array, shape in self._columns
        ]
        if self._is_combined:
            arrays = [numpy.stack(arrays, axis=1)]
        rows = len(arrays[0])
        size = self._batch_size or rows
        return _joined(
            [
                self._predict_part([array[start : start + size] for array in arrays])
                for start in range(0, rows, size)
            ]
        )

    def _predict_part(self, arrays: list[_Array]) -> Any:
        result = self._predict(*arrays)
        if self._is_scalar and isinstance(result, numpy.ndarray) and result.size == len(arrays[0]):
            return result.reshape(-1)  # of shape (rows, 1), as neural networks return it
        return result


def _is_combined(predict: Callable[..., Any], name: str, inputs: Schema) -> bool:
    """Returns whether all columns are one array, as the number of parameters says.

    Raises:
        ModelError: the number is another.
    """
    try:
        parameters = inspect.signature(predict).parameters.values()
    except ValueError:  # a function of C code may have no signature
        return False
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return False
    needed = [parameter for parameter in parameters if parameter.default is parameter.empty]
    if len(needed) == len(inputs):
        return False
    nested = [field.name for field in inputs if field.sql_type.is_nested]
    if len(needed) == 1 and not nested:
        return True
    raise ModelError(
        f"the function that {name} returns has the parameters "
        f"{listed([parameter.name for parameter in needed])}, and INPUT has the columns "
        f"{listed(inputs.names)}. Give each column a parameter, or write one for columns of "
        "numbers that become one array"
    )


def _shapes_of(
    given: _Shapes | None, inputs: Schema, is_combined: bool
) -> list[Sequence[int] | None]:
    """Returns the shape of each column, or None if it is not reshaped.

    Raises:
        ModelError: the shapes do not fit the columns.
    """
    if given is None:
        return [None] * len(inputs)
    if isinstance(given, Mapping):
        unknown = [number for number in given if number not in range(len(inputs))]
        shapes = [given.get(number) for number in range(len(inputs))]
    else:
        unknown = list(range(len(inputs), len(given)))
        shapes = list(given)
    if unknown or len(shapes) != len(inputs) or is_combined:
        raise ModelError(
            f"input_tensor_shapes is {given}, and INPUT has the columns {listed(inputs.names)}: "
            "give a shape or None for each, and none where all are one array"
        )
    for field, shape in zip(inputs, shapes, strict=True):
        _check_shape(field, shape)
    return shapes


def _check_shape(field: Field, shape: Sequence[int] | None) -> None:
    if shape is None:
        return
    if field.sql_type.root != "ARRAY":
        raise ModelError(
            f"input_tensor_shapes has the shape {shape} for column '{field.name}', which is "
            f"{field.type}: declare it as an ARRAY, or give None"
        )
    if not shape or any(length is None or length < 1 for length in shape):
        raise ModelError(
            f"input_tensor_shapes has the shape {shape} for column '{field.name}': give the shape "
            "of one row, without the dimension of the batch, e.g. [28, 28, 1]"
        )


def _stacked(column: _Array, name: str, shape: Sequence[int] | None) -> _Array:
    """Returns the values of an ARRAY column as one array.

    Raises:
        ConversionError: a value is NULL, or has another length than the shape or the other rows.
    """
    if any(value is None for value in column):
        raise ConversionError("NULL, and an array of numpy has no NULL; use COALESCE", name)
    try:
        stacked: _Array = numpy.stack(list(column))
        return stacked if shape is None else stacked.reshape(len(column), *shape)
    except ValueError:
        expected = "one length for all rows" if shape is None else f"{prod(shape)} elements"
        lengths = sorted({len(value) for value in column})
        raise ConversionError(
            f"expected {expected}, got ARRAYs of the lengths {', '.join(map(str, lengths[:5]))}",
            name,
        ) from None


def _joined(parts: list[Any]) -> Any:
    """Returns the results of several calls as those of one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    if isinstance(first, Mapping):
        return {name: numpy.concatenate([part[name] for part in parts]) for name in first}
    if isinstance(first, numpy.ndarray):
        return numpy.concatenate(parts)
    return [row for part in parts for row in part]
