# SPDX-License-Identifier: Apache-2.0
"""The predict function of a decorated batch function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias, get_args, get_origin

from .._context import PredictContext
from .._exceptions import ModelError
from .._function import BatchPredictFunction
from .._hints import (
    ARRAYS,
    MAPS,
    array_element,
    bare_hint,
    is_ndarray,
    is_record,
    name_of,
    type_from_hint,
)
from .._names import listed
from .._native import Columns, Row
from .._schema import Field, Schema, describe_column
from .._wrapping import make_class
from .columns import (
    UNNAMED,
    Declared,
    DeclaresColumns,
    columns_of_record,
    declared_schema,
    null_error,
)
from .expressions import new_record
from .parameters import match_columns, read_parameters
from .results import columns_of_hint

BatchFormat: TypeAlias = Literal["arrow", "pandas", "numpy"]

# By name, because a function need not import the others.
_WHOLE: dict[str, BatchFormat] = {
    "pandas.DataFrame": "pandas",
    "pyarrow.RecordBatch": "arrow",
    "pyarrow.Table": "arrow",
}
_COLUMN: dict[str, BatchFormat] = {
    "pandas.Series": "pandas",
    "numpy.ndarray": "numpy",
    "pyarrow.Array": "arrow",
}
_NUMBERS = ("TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL")
_VALID = (
    "Valid for a batch are pandas.DataFrame, pyarrow.RecordBatch, pyarrow.Table, "
    "dict[str, numpy.ndarray] and a list of a class with fields; for each column numpy.ndarray, "
    "NDArray[...], pandas.Series and pyarrow.Array"
)


class _Inputs(NamedTuple):
    """How a function takes a batch.

    Attributes:
        columns: the columns.
        batch_format: the format of the batch.
        call: calls the function with the batch, or with its rows if there is a ``record``.
        record: the class of its rows, or None.
    """

    columns: Schema
    batch_format: BatchFormat
    call: Callable[[Any], Any]
    record: Any = None


def make_batch_class(
    function: Callable[..., Any],
    inputs: Declared | None,
    outputs: Declared | None,
    batch_format: BatchFormat | None,
) -> type[BatchPredictFunction]:
    """Returns a predict function that calls a function for each batch.

    Raises:
        ModelError: the columns or the format are not clear, or a parameter has no column.
    """
    given = None if inputs is None else declared_schema(inputs, "inputs")
    taken = _read_inputs(function, given, batch_format)
    if batch_format not in (None, taken.batch_format) or (taken.record and batch_format):
        raise ModelError(
            f"batch_format is '{batch_format}', and the hints of {name_of(function)} say another "
            "format: remove one of them"
        )
    hint = read_parameters(function)[1].get("return")
    result = (
        _columns_of_result(function, hint)
        if outputs is None
        else declared_schema(outputs, "outputs")
    )
    base = _AwaitedBatchFunction if inspect.iscoroutinefunction(function) else _BatchFunction
    return make_class(
        function,
        base,
        batch_format=taken.batch_format,
        declared_inputs=taken.columns,
        declared_outputs=result,
        names_outputs=outputs is not None or result.names != [UNNAMED],
        _call=staticmethod(taken.call),
        _record=taken.record,
    )


class _Calls(DeclaresColumns, BatchPredictFunction):
    """The common part of functions that are called directly and awaited.

    Attributes:
        _call: calls the decorated function.
        _record: the class of the rows that it gets, or None if it gets the batch.
    """

    _call: Callable[[Any], Any]
    _record: Any
    _read: Callable[[Any], Any] | None = None

    def open(self, context: PredictContext) -> None:
        super().open(context)
        if self._record is not None:
            self._read = _RecordReader(type(self), self._record, context.input_schema)

    def _called(self, batch: Any) -> Any:
        return self._call(batch if self._read is None else self._read(batch))


class _BatchFunction(_Calls):
    def predict_batch(self, batch: Any) -> Any:
        return self._called(batch)


class _AwaitedBatchFunction(_Calls):
    async def predict_batch(self, batch: Any) -> Any:
        return await self._called(batch)


class _RecordReader:
    """Makes objects of the rows of batches, with the values that a row function gets."""

    def __init__(self, function_class: type[_Calls], record: Any, inputs: Schema) -> None:
        self._function_class = function_class
        self._columns = Columns([describe_column(field.name, field.type) for field in inputs])
        declared = function_class.declared_inputs
        self._not_null = [field.name for field in declared if not field.nullable]
        names: dict[str, Any] = {}
        created = "row" if record is Row else new_record(record, names, "row[{}]")
        # In this file, so that stack traces leave its frame out.
        source = f"lambda rows: [{created} for row in rows]"
        self._create = eval(compile(source, __file__, "eval"), names)

    def __call__(self, batch: Any) -> Any:
        for name in self._not_null:
            if batch.column(name).null_count > 0:
                raise null_error(self._function_class, name)
        self._columns.write_columns(batch.columns, len(batch))
        return self._create(self._columns.rows())


def _read_inputs(
    function: Callable[..., Any], given: Schema | None, batch_format: BatchFormat | None
) -> _Inputs:
    parameters, all_hints = read_parameters(function)
    hints = {name: bare_hint(all_hints.get(name)) for name in parameters}
    formats = {_COLUMN.get(_library_class(hint)) for hint in hints.values()}
    column_format = formats.pop() if len(formats) == 1 else None
    if column_format is not None:
        columns = given or _columns_of_arrays(function, hints)
        if len(hints) == 1 and len(columns) > 1:
            return _Inputs(columns, "arrow", _with_matrix(function, columns, *hints.values()))
        return _Inputs(columns, column_format, _with_columns(function, columns))
    hint = next(iter(hints.values()))
    if len(hints) > 1 or not _is_batch(hint):
        raise ModelError(
            f"the parameters of {name_of(function)} are {inspect.signature(function)}. {_VALID}"
        )
    record = bare_hint(get_args(hint)[0]) if get_origin(hint) in ARRAYS else None
    if is_record(record):
        return _Inputs(columns_of_record(record, given), "arrow", function, record)
    if given is None:
        raise ModelError(
            f"{name_of(function)} takes a batch whose columns its hint does not say: give "
            "inputs='...' with the columns as in CREATE MODEL"
        )
    if record is Row:
        return _Inputs(given, "arrow", function, record)
    if get_origin(hint) in MAPS:
        return _Inputs(given, "numpy", function)
    name = _library_class(hint)
    if name == "pyarrow.Table":
        return _Inputs(given, "arrow", lambda batch: function(hint.from_batches([batch])))
    return _Inputs(given, _WHOLE.get(name) or batch_format or "arrow", function)


def _is_batch(hint: Any) -> bool:
    if hint is None or _library_class(hint) in _WHOLE:
        return True
    origin, args = get_origin(hint), get_args(hint)
    if origin in MAPS:
        return len(args) == 2 and args[0] is str and is_ndarray(args[1])
    return origin in ARRAYS and (is_record(bare_hint(args[0])) or bare_hint(args[0]) is Row)


def _library_class(hint: Any) -> str:
    """Returns the name of a class with the library that it is from, e.g. ``pandas.Series``."""
    found = get_origin(hint) or hint
    module = getattr(found, "__module__", "").partition(".")[0]
    return f"{module}.{getattr(found, '__qualname__', '')}"


def _columns_of_arrays(function: Callable[..., Any], hints: dict[str, Any]) -> Schema:
    fields = []
    for name, hint in hints.items():
        where = f"parameter '{name}' of {name_of(function)}"
        element = array_element(hint)
        if element is None:
            raise ModelError(
                f"{where} does not say the type of its column: write NDArray[numpy.float64], or "
                "give inputs='...' with the columns as in CREATE MODEL"
            )
        sql_type = type_from_hint(element, where)
        # numpy has NaN for NULL in them.
        is_float = sql_type.root in ("FLOAT", "DOUBLE")
        fields.append(Field(name, str(replace(sql_type, nullable=is_float))))
    return Schema(fields)


def _with_columns(function: Callable[..., Any], columns: Schema) -> Callable[[Any], Any]:
    bound = match_columns(function, columns)
    positions = [columns.names[number] for number in bound.args]
    names = {name: columns.names[number] for name, number in bound.kwargs.items()}
    return lambda batch: function(
        *[batch[column] for column in positions],
        **{name: batch[column] for name, column in names.items()},
    )


def _with_matrix(function: Callable[..., Any], columns: Schema, hint: Any) -> Callable[[Any], Any]:
    element = array_element(hint)
    dtype = "float64" if element is None else element.__name__
    others = [field.name for field in columns if field.sql_type.root not in _NUMBERS]
    if not is_ndarray(hint) or dtype not in ("float32", "float64") or others:
        raise ModelError(
            f"{name_of(function)} takes the columns {listed(columns.names)} in one parameter, "
            f"with the hint {name_of(hint)}. It can be a matrix of numbers, NDArray[numpy.float32] "
            "or NDArray[numpy.float64]; otherwise give each column its parameter"
        )
    from .._batch.feature_matrix import feature_matrix  # needs numpy

    return lambda batch: function(feature_matrix(batch, dtype))


def _columns_of_result(function: Callable[..., Any], hint: Any) -> Schema:
    bare = bare_hint(hint)
    element = array_element(bare)
    if element is None and get_origin(bare) in ARRAYS and get_args(bare):
        element = get_args(bare)[0]
    if element is None:
        raise ModelError(
            f"{name_of(function)} does not say the columns of its results: give outputs='...' "
            "with the columns as in CREATE MODEL"
        )
    return columns_of_hint(element, f"the result of {name_of(function)}")
