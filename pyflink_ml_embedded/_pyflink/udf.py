# SPDX-License-Identifier: Apache-2.0
"""A batch predict function as a pandas UDF of PyFlink."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyflink.java_gateway import get_gateway
from pyflink.table.types import (
    DataType,
    RowField,
    RowType,
    _from_java_data_type,
    _to_java_data_type,
    to_arrow_type,
)
from pyflink.table.udf import (
    FunctionContext,
    ScalarFunction,
    UserDefinedScalarFunctionWrapper,
    udf,
)

from .._awaiting.methods import is_awaited
from .._batch.batch_formats import make_converter
from .._batch.results import ResultWriter
from .._context import make_model_config
from .._exceptions import ConversionError, ModelError
from .._native import Columns
from .._schema import Field, Schema, describe_column
from .worker import class_name, open_in_worker, schema_of

if TYPE_CHECKING:
    from .._function import BatchPredictFunction

_FIRST_ROUNDED = 2.0**53


def make_udf(
    function_class: type[BatchPredictFunction],
    input_schema: str | Schema | RowType,
    output_schema: str | Schema | RowType,
    model_directory: str | None,
    properties: Mapping[str, str],
) -> UserDefinedScalarFunctionWrapper:
    """Creates the function that ``BatchPredictFunction.as_udf`` returns."""
    is_awaited(function_class, "predict_batch")  # checks the methods before a worker starts
    inputs = _checked(schema_of(input_schema), in_row=False)
    outputs = _checked(schema_of(output_schema), in_row=True)
    make_converter(function_class)  # checks batch_format before a worker starts
    model_config = make_model_config(
        class_name(function_class), inputs, outputs, model_directory, properties
    )
    # PyFlink 2.3 fails for a NOT NULL field of a ROW. The ResultWriter checks for NULL.
    fields = (Field(field.name, str(replace(field.sql_type, nullable=True))) for field in outputs)
    return udf(
        _PredictBatchFunction(function_class, model_config),
        input_types=inputs.field_types(),
        result_type=f"ROW<{Schema(fields)}>",
        name=function_class.__name__,
        func_type="pandas",
    )


class _PredictBatchFunction(ScalarFunction):  # type: ignore[misc]
    """Runs in PyFlink's worker, which gets it pickled."""

    def __init__(self, function_class: type[BatchPredictFunction], model_config: str) -> None:
        self._function_class = function_class
        self._model_config = model_config

    def open(self, function_context: FunctionContext) -> None:
        config = json.loads(self._model_config)
        self._input_schema = pa.schema(_columns(Schema.from_json(config["input_schema"])))
        self._outputs = _columns(Schema.from_json(config["output_schema"]))
        self._writer = ResultWriter(self._outputs)
        self._convert = make_converter(self._function_class)
        self._opened = open_in_worker(
            self._function_class, self._model_config, function_context, "predict_batch"
        )
        self._function = self._opened.function

    def eval(self, *columns: Any) -> pd.DataFrame:
        # Some arguments may be constants; PyFlink fails if all are.
        rows = next(len(column) for column in columns if _is_column(column))
        arrays = [
            _to_arrow(column, field, rows)
            for column, field in zip(columns, self._input_schema, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._input_schema)
        if rows == self._writer.unclear_rows:
            results = (
                (self._opened.predict(self._convert(batch.take(pa.array(call)))), call)
                for call in self._writer.first_apart(np.arange(rows))
            )
            offsets: Any = self._writer.write_calls(results, rows)
        else:
            offsets = self._writer.write(self._opened.predict(self._convert(batch)), rows)
        if offsets is not None and not np.array_equal(offsets, np.arange(1, rows + 1)):
            raise ConversionError(
                "predict_batch returned none or several results for a row; a scalar function "
                "returns exactly one for each row, in order"
            )
        # By default pandas would make integers with NULL floats, which rounds them.
        return pa.record_batch(self._outputs).to_pandas(integer_object_nulls=True)

    def close(self) -> None:
        self._opened.close()


def _columns(schema: Schema) -> Columns:
    return Columns([describe_column(field.name, field.type) for field in schema])


def _is_column(value: Any) -> bool:
    """Returns whether a value is a column and not a constant; a DataFrame is a column of ROWs."""
    return isinstance(value, (pd.Series, pd.DataFrame))


def _to_arrow(column: Any, field: pa.Field, rows: int) -> pa.Array:
    """Returns an array of the field's type; missing values of pandas become NULL if allowed."""
    if isinstance(column, pd.DataFrame):
        arrays = [
            _to_arrow(series, inner, rows)
            for (_, series), inner in zip(column.items(), field.type, strict=True)
        ]
        return pa.StructArray.from_arrays(arrays, fields=list(field.type))
    values = column if _is_column(column) else [column] * rows
    _check_not_rounded(values, field)
    return pa.array(values, field.type, from_pandas=field.nullable)


def _check_not_rounded(values: Any, field: pa.Field) -> None:
    """Refuses a BIGINT that may have been rounded: PyFlink makes floats of integers beside NULL.

    Raises:
        ConversionError: a float is not below 2 ** 53, from where on not all integers are floats.
    """
    if pa.types.is_list(field.type):
        for value in values:
            if value is not None:
                _check_not_rounded(value, pa.field(f"{field.name}[]", field.type.value_type))
    elif (
        pa.types.is_int64(field.type)
        and getattr(values, "dtype", None) == np.float64
        and (np.abs(np.asarray(values)) >= _FIRST_ROUNDED).any()
    ):
        raise ConversionError(
            "PyFlink passes a BIGINT beside NULL as a float, which may have rounded it; use "
            "as_udtf, or pass no NULL, with COALESCE in the query",
            field.name,
        )


def _checked(schema: Schema, in_row: bool) -> Schema:
    """Returns the columns with types as Flink writes them.

    Args:
        schema: the columns.
        in_row: whether they are the fields of one ROW; otherwise each is an argument.

    Raises:
        ModelError: PyFlink does not support a type in a pandas UDF.
    """
    return Schema(Field(field.name, _checked_type(field, in_row)) for field in schema)


def _checked_type(field: Field, in_row: bool) -> str:
    jvm = get_gateway().jvm
    types = jvm.org.apache.flink.table.types
    try:
        class_loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        parsed = types.logical.utils.LogicalTypeParser.parse(field.type, class_loader)
        java_type = types.utils.TypeConversions.fromLogicalToDataType(parsed)
        data_type: DataType = _from_java_data_type(java_type)
        if in_row:
            data_type = RowType([RowField(field.name, data_type)])
        # The worker checks the first, and the operator in the JVM the second.
        to_arrow_type(data_type)
        row_type = _to_java_data_type(RowType([RowField(field.name, data_type)]))
        jvm.org.apache.flink.table.runtime.arrow.ArrowUtils.toArrowSchema(row_type.getLogicalType())
    except (TypeError, ValueError, Py4JJavaError) as error:
        raise ModelError(
            f"column '{field.name}' is of type {field.type}, which PyFlink does not support in "
            f"a pandas UDF: {_reason(error)}"
        ) from error
    return str(parsed.toString())


def _reason(error: Exception) -> str:
    if isinstance(error, Py4JJavaError):
        return str(error.java_exception.getMessage())
    return str(error)
