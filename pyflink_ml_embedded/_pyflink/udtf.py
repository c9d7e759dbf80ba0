# SPDX-License-Identifier: Apache-2.0
"""A predict function as a PyFlink table function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pyflink.common import Row as PyFlinkRow
from pyflink.table.types import RowType
from pyflink.table.udf import (
    FunctionContext,
    TableFunction,
    UserDefinedTableFunctionWrapper,
    udtf,
)

from .._awaiting.methods import is_awaited
from .._context import make_model_config
from .._native import Columns, Row
from .._runtime.silence import warn_of_silence
from .._schema import Schema, describe_column
from .._types import SqlType
from .worker import class_name, open_in_worker, schema_of

if TYPE_CHECKING:
    from .._function import PredictFunction

_ROWS_BEFORE_WARNING = 100  # as in the embedded mode

_NUMPY_TYPES = {
    "TINYINT": "i1",
    "SMALLINT": "i2",
    "INT": "i4",
    "BIGINT": "i8",
    "FLOAT": "f4",
    "DOUBLE": "f8",
}


def make_udtf(
    function_class: type[PredictFunction],
    input_schema: str | Schema | RowType,
    output_schema: str | Schema | RowType,
    model_directory: str | None,
    properties: Mapping[str, str],
    numpy_arrays: bool,
) -> UserDefinedTableFunctionWrapper:
    """Creates the function that ``PredictFunction.as_udtf`` returns."""
    is_awaited(function_class, "predict")  # checks the methods before a worker starts
    inputs = schema_of(input_schema)
    outputs = schema_of(output_schema)
    model_config = make_model_config(
        class_name(function_class), inputs, outputs, model_directory, properties
    )
    return udtf(
        _PredictTableFunction(function_class, model_config, numpy_arrays),
        input_types=inputs.field_types(),
        result_types=f"ROW<{outputs}>",
        name=function_class.__name__,
    )


class _PredictTableFunction(TableFunction):  # type: ignore[misc]
    """Runs in PyFlink's worker, which gets it pickled."""

    def __init__(
        self, function_class: type[PredictFunction], model_config: str, numpy_arrays: bool
    ) -> None:
        self._function_class = function_class
        self._model_config = model_config
        self._numpy_arrays = numpy_arrays

    def open(self, function_context: FunctionContext) -> None:
        config = json.loads(self._model_config)
        inputs = Schema.from_json(config["input_schema"])
        self._input_names = inputs.names
        outputs = Schema.from_json(config["output_schema"])
        self._outputs = Columns([describe_column(field.name, field.type) for field in outputs])
        self._array_types = (
            [_array_type(field.sql_type) for field in inputs]
            if self._numpy_arrays
            else [None] * len(inputs)
        )
        self._silent_rows: int | None = 0
        self._opened = open_in_worker(
            self._function_class, self._model_config, function_context, "predict"
        )
        self._function = self._opened.function

    def eval(self, *values: Any) -> list[tuple[Any, ...]]:
        row = Row(*map(_to_array, values, self._array_types))
        row.set_field_names(self._input_names)
        result = self._opened.predict(row)
        if self._silent_rows is not None:
            self._count_silent(result)
        # By the rules of the embedded mode, not those of PyFlink.
        self._outputs.write(result)
        return [tuple(map(_pyflink_value, result)) for result in self._outputs.rows()]

    def close(self) -> None:
        if self._silent_rows:
            self._warn_of_silence(self._silent_rows)
        self._opened.close()

    def _count_silent(self, result: Any) -> None:
        """Counts the first rows for which ``predict`` returns None; warns once of a hundred."""
        if result is not None:
            self._silent_rows = None
            return
        self._silent_rows = rows = (self._silent_rows or 0) + 1
        if rows == _ROWS_BEFORE_WARNING:
            self._silent_rows = None
            self._warn_of_silence(rows)

    def _warn_of_silence(self, rows: int) -> None:
        warn_of_silence(self._function_class.__name__, self._function, rows)


def _pyflink_value(value: Any) -> Any:
    """Converts the Rows in a value to those of PyFlink."""
    if isinstance(value, Row):
        result = PyFlinkRow(*map(_pyflink_value, value))
        result.set_field_names(value._fields)
        return result
    if isinstance(value, dict):
        return {_pyflink_value(key): _pyflink_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_pyflink_value(item) for item in value]
    return value


def _array_type(sql_type: SqlType) -> str | None:
    """Returns the numpy type of the elements of an ARRAY of numbers; None for other types."""
    if sql_type.root != "ARRAY":
        return None
    return _NUMPY_TYPES.get(sql_type.children[0].type.root)


def _to_array(value: Any, array_type: str | None) -> Any:
    return value if array_type is None or value is None else np.array(value, array_type)
