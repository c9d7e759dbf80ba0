# SPDX-License-Identifier: Apache-2.0
"""A predict function as a PyFlink table function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
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

from .._context import make_model_config
from .._exceptions import ConversionError
from .._native import Row
from .._schema import Schema
from .._types import SqlType
from .worker import class_name, open_in_worker, schema_of

if TYPE_CHECKING:
    from .._function import PredictFunction

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
        self._output_names = Schema.from_json(config["output_schema"]).names
        self._array_types = (
            [_array_type(field.sql_type) for field in inputs]
            if self._numpy_arrays
            else [None] * len(inputs)
        )
        self._function = open_in_worker(self._function_class, self._model_config, function_context)

    def eval(self, *values: Any) -> list[tuple[Any, ...]]:
        row = Row(*map(_to_array, values, self._array_types))
        row.set_field_names(self._input_names)
        return list(_tuples(self._function.predict(row), self._output_names))

    def close(self) -> None:
        self._function.close()


def _tuples(result: Any, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yields the rows of a result, by the same rules as native code."""
    if isinstance(result, (Row, PyFlinkRow, dict)):
        yield _tuple(result, names)
    elif isinstance(result, (str, bytes)) or not isinstance(result, Iterable | None):
        raise ConversionError(
            f"predict returned {type(result).__name__}; it must return a list of rows"
        )
    else:
        for item in result or ():
            yield _tuple(item, names)


def _tuple(item: Any, names: list[str]) -> tuple[Any, ...]:
    is_row = isinstance(item, (Row, PyFlinkRow))
    if is_row and sorted(getattr(item, "_fields", None) or ()) == sorted(names):
        item = item.as_dict()
    if isinstance(item, dict):
        if item.keys() != set(names):
            raise ConversionError(
                f"predict returned a dict of {_listed(item)}; the model's OUTPUT has "
                f"{_listed(names)}"
            )
        return tuple(_plain(item[name]) for name in names)
    values = item if is_row or isinstance(item, (tuple, list)) else (item,)
    if len(values) != len(names):
        raise ConversionError(
            f"predict returned a row of {len(values)} values; the model's OUTPUT has "
            f"{len(names)} ({_listed(names)})"
        )
    return tuple(map(_plain, values))


def _plain(value: Any) -> Any:
    """Converts values of numpy and pyarrow and Rows, which PyFlink and PemJa do not support."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Row):
        return _pyflink_row(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    for to_list in ("to_pylist", "tolist"):
        if hasattr(value, to_list):
            return _plain(getattr(value, to_list)())
    return value


def _pyflink_row(row: Row) -> PyFlinkRow:
    result = PyFlinkRow(*map(_plain, row))
    if hasattr(row, "_fields"):
        result.set_field_names(row._fields)
    return result


def _array_type(sql_type: SqlType) -> str | None:
    """Returns the numpy type of the elements of an ARRAY of numbers; None for other types."""
    if sql_type.root != "ARRAY":
        return None
    return _NUMPY_TYPES.get(sql_type.children[0].type.root)


def _to_array(value: Any, array_type: str | None) -> Any:
    return value if array_type is None or value is None else np.array(value, array_type)


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, names)) or "no columns"
