# SPDX-License-Identifier: Apache-2.0
"""The base classes of a model's Python class."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from ._context import PredictContext
from ._exceptions import ModelError, NotConfiguredError
from ._native import Row
from ._properties import Properties
from ._schema import Schema

if TYPE_CHECKING:
    import numpy as np
    from pyflink.table.types import RowType
    from pyflink.table.udf import (
        UserDefinedScalarFunctionWrapper,
        UserDefinedTableFunctionWrapper,
    )


class _Configured:
    """An attribute that ``set_model_config`` sets, which cannot be read before."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        raise NotConfiguredError(
            f"{owner.__qualname__}.{self._name} is not set yet. set_model_config sets it, after "
            "__init__ and before open: read it in open, and call super().set_model_config if the "
            "class overrides that method"
        )


def _configured() -> Any:
    """Gives an attribute the type that it has in open and predict."""
    return _Configured()


class _ModelFunction:
    """The common part of row functions and batch functions.

    Attributes:
        model_config_json: the argument of ``set_model_config``.
        model_directory: the directory on this host with the files of the option
            ``model-directory-path``, or None without that option.
        init_properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
    """

    # Class attributes, so that a subclass need not call super().__init__().
    model_config_json: str = _configured()
    model_directory: str | None = _configured()
    init_properties: dict[str, str] = _configured()
    input_schema: Schema = _configured()
    output_schema: Schema = _configured()

    def set_model_config(self, model_config_json: str) -> None:
        """Stores the model's configuration. It is called before ``open``.

        Args:
            model_config_json: the result of the provider's ``getModelConfig()``. A class for a
                provider with another form overrides this method.

        Raises:
            ValueError: the configuration is not JSON.
            KeyError: a schema in it is not in FLIP-552's form.
        """
        config = json.loads(model_config_json)
        self.model_config_json = model_config_json
        self.model_directory = config.get("model_directory_path")
        self.init_properties = Properties(config.get("properties", {}))
        if "input_schema" in config:
            self.input_schema = Schema.from_json(config["input_schema"])
        if "output_schema" in config:
            self.output_schema = Schema.from_json(config["output_schema"])

    def open(self, context: PredictContext) -> Awaitable[None] | None:
        """Loads the model. It is called once before the first row; an exception fails the job.

        It may be ``async def`` if the method that predicts is.
        """
        return None

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns the sample row that the option ``warm-up`` predicts after ``open``.

        Override it if the model accepts only certain values.

        Returns:
            The values of the model's INPUT, in order. By default they depend on the types: 0, 'a',
            False, 1970-01-01, and an ARRAY or MAP has one such element. None skips the warm-up.
        """
        schema: Schema | None = getattr(self, "input_schema", None)
        return None if schema is None else schema.sample_row

    def close(self) -> Awaitable[None] | None:
        """Releases the resources of ``open``. It is also called if ``open`` failed.

        It may be ``async def`` if the method that predicts is.
        """
        return None


class PredictFunction(_ModelFunction, ABC):
    """A model's Python class, as FLIP-552 defines it.

    Each parallel subtask creates one object, without arguments. Its methods are called in the
    order ``set_model_config``, ``open``, ``predict`` for each row, ``close``: one at a time, but
    not always in the same thread.

    Attributes:
        array_format: the form in which ``predict`` gets ARRAYs of TINYINT, SMALLINT, INT, BIGINT,
            FLOAT and DOUBLE: ``"list"``, or ``"numpy"`` for one-dimensional arrays of the same
            width. A NULL in such an array becomes NaN if the elements are FLOAT or DOUBLE; other
            elements raise an error.
        model_config_json: the argument of ``set_model_config``.
        model_directory: the directory on this host with the files of the option
            ``model-directory-path``, or None without that option.
        init_properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
    """

    array_format: ClassVar[Literal["list", "numpy"]] = "list"

    @abstractmethod
    def predict(self, data: Row) -> Iterable[Any] | Awaitable[Iterable[Any] | None] | None:
        """Returns the results for one row.

        It may be ``async def``. With a ``batch-size`` above 1, many rows then await at once.

        Args:
            data: the columns of the model's INPUT. It holds copies and may be kept.

        Returns:
            A list, tuple, generator or other iterable of results. A result is a Row, tuple or list
            with the columns of the model's OUTPUT, or a dict, dataclass or other object with them
            by name. If OUTPUT has one column, the only result, or each result of a generator, may
            also be its value. A two-dimensional numpy array is its rows. None or an empty iterable
            drops the row.
        """

    @classmethod
    def as_udtf(
        cls,
        input_schema: str | Schema | RowType,
        output_schema: str | Schema | RowType,
        *,
        model_directory: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> UserDefinedTableFunctionWrapper:
        """Creates a PyFlink table function from this class, for PyFlink's process or thread mode.

        Args:
            input_schema: the columns that ``predict`` gets: a column list as in SQL DDL
                (``"amount DOUBLE, country STRING"``), a Schema, or ``DataTypes.ROW([...])``.
            output_schema: the columns of the results, in one of the same forms.
            model_directory: the value of ``model_directory``.
            properties: the values of ``init_properties`` and ``context.properties``.

        Returns:
            The function, as ``pyflink.table.udf.udtf`` returns it. With PyFlink before 2.3 the
            context describes subtask 0 of 1. An ARRAY inside another type is always a list, and a
            nested ROW is a ``pyflink.common.Row``. Results are checked by the same rules as in the
            JVM.

        Raises:
            ModelError: ``array_format`` is not valid.
            ValueError: a schema cannot be read.
        """
        from ._pyflink.udtf import make_udtf

        return make_udtf(
            cls,
            input_schema,
            output_schema,
            model_directory,
            properties or {},
            numpy_arrays=wants_numpy_arrays(cls),
        )


class BatchPredictFunction(_ModelFunction, ABC):
    """A model's Python class that predicts many rows in one call.

    Its methods are called as those of a ``PredictFunction``. The number of rows of a batch depends
    on the model's options ``batch-size`` and ``batch-timeout`` and on the load; without these
    options it is one.

    Attributes:
        batch_format: the form in which ``predict_batch`` gets the rows:

            - ``"arrow"``: a ``pyarrow.RecordBatch`` over the memory that Flink's thread wrote.
            - ``"pandas"``: a ``pandas.DataFrame`` that owns its values. Nullable integers and
              booleans have pandas' nullable dtypes, such as Int64.
            - ``"numpy"``: a dict of one-dimensional ``numpy.ndarray`` by name. Numbers are
              read-only views. NULL is NaN in floats, NaT in times and None in objects; in integers
              and booleans it is refused.

            A dtype follows from the declared type of its column, never from the values of a batch.
    """

    batch_format: ClassVar[Literal["arrow", "pandas", "numpy"]] = "arrow"

    @abstractmethod
    def predict_batch(self, batch: Any) -> Any:
        """Returns the results for the rows of a batch.

        If it raises an exception, it is called again with parts of the batch, to find the row at
        fault. It may be ``async def``; several batches then await at once.

        Args:
            batch: the columns of the model's INPUT, in ``batch_format``, with at least one row. It
                may be kept.

        Returns:
            One result for each row, in order: a table or DataFrame with the columns of the model's
            OUTPUT; a dict of arrays or lists by name; a list or tuple of arrays; an array if OUTPUT
            has one column; a matrix of shape (rows, columns); or a list of rows, each as
            ``predict`` may return it. An array is of numpy, pandas, pyarrow, or of a library with
            ``__arrow_c_stream__``, ``__arrow_c_array__`` or ``__array__``.

            If rows have no result or several: a tuple of such results and an ascending array of
            integers, with the number of its row, from 0, for each result.
        """

    def feature_matrix(self, batch: Any, dtype: str = "float32") -> np.ndarray[Any, Any]:
        """Returns the numbers of a batch as one matrix.

        Args:
            batch: the argument of ``predict_batch``, or some of its columns or rows.
            dtype: ``"float32"`` or ``"float64"``.

        Returns:
            A C-contiguous array of shape (rows, k) that owns its values, where k is the number of
            columns of type TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE and DECIMAL, in order.
            NULL becomes NaN.

        Raises:
            ModelError: no column has numbers.
            ValueError: ``dtype`` has another value.
        """
        from ._batch.feature_matrix import feature_matrix

        return feature_matrix(batch, dtype)

    @classmethod
    def as_udf(
        cls,
        input_schema: str | Schema | RowType,
        output_schema: str | Schema | RowType,
        *,
        model_directory: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> UserDefinedScalarFunctionWrapper:
        """Creates a PyFlink pandas UDF from this class, for PyFlink's process mode.

        Its result is always a ROW of the columns of ``output_schema``, so that
        ``predict(a, b).score`` works with one column as with many.

        Args:
            input_schema: the columns that ``predict_batch`` gets: a column list as in SQL DDL
                (``"amount DOUBLE, country STRING"``), a Schema, or ``DataTypes.ROW([...])``.
            output_schema: the columns of the results, in one of the same forms.
            model_directory: the value of ``model_directory``.
            properties: the values of ``init_properties`` and ``context.properties``.

        Returns:
            The function, as ``pyflink.table.udf.udf`` returns it, with one result for each row, in
            order. PyFlink passes rows through pandas. Therefore NaN and NULL of a FLOAT or DOUBLE
            are both NULL, and both NaN in a NOT NULL column of the input. A BIGINT of 2**53 or more
            fails its batch if that has NULL, because PyFlink may have rounded it. With PyFlink
            before 2.3 the context describes subtask 0 of 1.

        Raises:
            ModelError: PyFlink does not support the type of a column in a pandas UDF, or
                ``batch_format`` is not valid.
            ValueError: a schema cannot be read.
        """
        from ._pyflink.udf import make_udf

        return make_udf(cls, input_schema, output_schema, model_directory, properties or {})


AnyPredictFunction: TypeAlias = PredictFunction | BatchPredictFunction


def wants_numpy_arrays(function_class: type) -> bool:
    """Returns whether the class attribute ``array_format`` asks for arrays of numpy.

    Raises:
        ModelError: the attribute is not valid.
    """
    array_format = getattr(function_class, "array_format", "list")
    if array_format not in ("list", "numpy"):
        raise ModelError(
            f"{function_class.__qualname__}.array_format is {array_format!r}; valid are 'list' "
            "and 'numpy'"
        )
    return array_format == "numpy"
