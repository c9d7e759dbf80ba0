"""What a model's Python class inherits from, and what it is given."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar

from ._exceptions import ModelError
from ._native import Row
from ._schema import Schema
from ._sharing import SharedObjects

if TYPE_CHECKING:
    import numpy as np
    from pyflink.table.types import RowType
    from pyflink.table.udf import (
        UserDefinedScalarFunctionWrapper,
        UserDefinedTableFunctionWrapper,
    )

# Lets the attributes below have the type that they have in open and predict.
_NOT_YET_SET: Any = None

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PredictContext:
    """What a predict function is told when it is opened.

    Attributes:
        model: the model's name, e.g. ``default_catalog.default_database.fraud``.
        model_directory: where the files of the option ``model-directory-path`` are on this host,
            or None where there is none.
        properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
        subtask_index: which of the parallel subtasks this is, from 0.
        parallelism: how many subtasks there are.
    """

    model: str
    model_directory: str | None
    properties: Mapping[str, str]
    input_schema: Schema
    output_schema: Schema
    subtask_index: int
    parallelism: int
    _shared: SharedObjects = field(default_factory=SharedObjects, repr=False, compare=False)

    def shared(self, key: Hashable, load: Callable[[], _T]) -> _T:
        """Returns an object that all functions of the model in this TaskManager share.

        These are the functions of all subtasks and jobs whose model has the same directory with
        the same content, and the same properties. The property ``share-model`` with the value
        ``false`` gives each of them an object of its own. An object is dropped when the last of
        its functions has been closed. In PyFlink's worker nothing is shared.

        Args:
            key: what it is, e.g. ``"weights"``; other functions of the model find it by this.
            load: makes it, without arguments; called once, while others wait. The object will be
                used by several threads at once.

        Raises:
            RuntimeError: ``load`` asks for the same key.
        """
        return self._shared.get(key, load)

    def get_index_of_this_subtask(self) -> int:
        """Returns ``subtask_index``, as PyFlink's ``FunctionContext`` names it."""
        return self.subtask_index

    def get_number_of_parallel_subtasks(self) -> int:
        """Returns ``parallelism``, as PyFlink's ``FunctionContext`` names it."""
        return self.parallelism

    def get_job_parameter(self, key: str, default_value: str) -> str:
        """Returns a property, as PyFlink's ``FunctionContext`` names it.

        The parameters of a model are its ``properties.*``; the job's global parameters are not
        looked at.
        """
        return self.properties.get(key, default_value)


def make_model_config(
    python_class: str | None,
    inputs: Schema,
    outputs: Schema,
    model_directory: str | None,
    properties: Mapping[str, str],
) -> str:
    """Returns what ``set_model_config`` takes, in FLIP-552's form."""
    return json.dumps(
        {
            "model_directory_path": model_directory,
            "python_class_name": python_class,
            "properties": dict(properties),
            "input_schema": inputs.to_json(),
            "output_schema": outputs.to_json(),
        }
    )


class _ModelFunction:
    """What row functions and batch functions have in common.

    Attributes:
        model_config_json: what ``set_model_config`` was given.
        model_directory: where the files of the option ``model-directory-path`` are on this host.
        init_properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
    """

    # Class attributes, so that a subclass need not call super().__init__().
    model_config_json: str = _NOT_YET_SET
    model_directory: str | None = None
    init_properties: dict[str, str] = _NOT_YET_SET
    input_schema: Schema = _NOT_YET_SET
    output_schema: Schema = _NOT_YET_SET

    def set_model_config(self, model_config_json: str) -> None:
        """Takes the model's configuration; called before ``open``.

        Args:
            model_config_json: what the provider's ``getModelConfig()`` returned. A class for a
                provider with a form of its own overrides this method.

        Raises:
            ValueError: it is not JSON of FLIP-552's form.
        """
        config = json.loads(model_config_json)
        self.model_config_json = model_config_json
        self.model_directory = config.get("model_directory_path")
        self.init_properties = dict(config.get("properties", {}))
        if "input_schema" in config:
            self.input_schema = Schema.from_json(config["input_schema"])
        if "output_schema" in config:
            self.output_schema = Schema.from_json(config["output_schema"])

    def open(self, context: PredictContext) -> None:
        """Loads the model; called once before the first row. An exception fails the job."""

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns the row that the option ``warm-up`` predicts after ``open``.

        A class overrides it where its model takes only certain values.

        Returns:
            The values of the model's INPUT, in order; here 0, 'a', False, 1970-01-01, an ARRAY or
            MAP of one such element, by the types. None for no warm-up.
        """
        from ._runtime.warm_up import made_up_row

        return None if self.input_schema is None else made_up_row(self.input_schema)

    def close(self) -> None:
        """Frees what ``open`` took. Also called after an ``open`` that failed."""


class PredictFunction(_ModelFunction, ABC):
    """A model's Python class, as FLIP-552 defines it.

    One object is made for each parallel subtask, without arguments. Its methods are called in the
    order ``set_model_config``, ``open``, ``predict`` for each row, ``close``, one at a time, but
    not always in the same thread.

    Attributes:
        array_format: how ``predict`` gets ARRAYs of TINYINT, SMALLINT, INT, BIGINT, FLOAT and
            DOUBLE: as ``list``, or as one-dimensional ``numpy.ndarray`` of the same width. In an
            array, NULL is NaN where the elements are FLOAT or DOUBLE, and an error elsewhere.
        model_config_json: what ``set_model_config`` was given.
        model_directory: where the files of the option ``model-directory-path`` are on this host.
        init_properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
    """

    array_format: ClassVar[Literal["list", "numpy"]] = "list"

    @abstractmethod
    def predict(self, data: Row) -> Iterable[Any] | None:
        """Returns the results for one row.

        Args:
            data: the columns of the model's INPUT. It holds copies and may be kept.

        Returns:
            A list, tuple, generator or other iterable of results. A result is a Row, tuple or list
            of the columns of the model's OUTPUT, a dict of them by name, or the value itself where
            there is one column. None or nothing drops the row.
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
        """Makes a PyFlink table function of this class, for PyFlink's process or thread mode.

        Args:
            input_schema: the columns that ``predict`` gets, as a column list of SQL DDL
                (``"amount DOUBLE, country STRING"``), a Schema, or ``DataTypes.ROW([...])``.
            output_schema: the columns of the results, likewise.
            model_directory: becomes ``model_directory``.
            properties: become ``init_properties`` and ``context.properties``.

        Returns:
            What ``pyflink.table.udf.udtf`` returns. PyFlink before 2.3 does not tell a function
            its subtask: the context then says 0 of 1. An ARRAY inside of another type is a list,
            whatever ``array_format`` says, and a nested ROW is a ``pyflink.common.Row``.
        """
        from ._pyflink.udtf import make_udtf

        return make_udtf(cls, input_schema, output_schema, model_directory, properties or {})


class BatchPredictFunction(_ModelFunction, ABC):
    """A model's Python class that predicts many rows in one call.

    It has the life of a ``PredictFunction``. How many rows a batch has depends on the model's
    options ``batch-size`` and ``batch-timeout`` and on the load; without them it is one.

    Attributes:
        batch_format: how ``predict_batch`` gets the rows:

            - ``"arrow"``: a ``pyarrow.RecordBatch`` over the memory that Flink's thread wrote.
            - ``"pandas"``: a ``pandas.DataFrame`` that owns its values.
            - ``"numpy"``: a dict of one-dimensional ``numpy.ndarray`` by name. Numbers without
              NULL are views that cannot be written. As in ``pyarrow.Array.to_numpy``, NULL is NaN
              in numbers, which are then float64 where they were integers, and None in objects.
    """

    batch_format: ClassVar[Literal["arrow", "pandas", "numpy"]] = "arrow"

    @abstractmethod
    def predict_batch(self, batch: Any) -> Any:
        """Returns the results for the rows of a batch.

        It may be called again with some of the rows of a batch for which it raised an exception,
        to find the row that is at fault.

        Args:
            batch: the columns of the model's INPUT, in ``batch_format``; at least one row. It may
                be kept.

        Returns:
            One result for each row, in order: a RecordBatch, Table or DataFrame of the columns of
            the model's OUTPUT; a dict of arrays by name; a list or tuple of arrays; one array
            where there is one column; or a matrix of shape (rows, columns). Arrays are of numpy,
            pyarrow or pandas, or lists.

            For none or many results of a row: a tuple of such results and of an array of integers,
            which ascend and name the row, from 0, that each result belongs to.
        """

    def feature_matrix(self, batch: Any, dtype: str = "float32") -> np.ndarray[Any, Any]:
        """Returns the numbers of a batch as one matrix.

        Args:
            batch: what ``predict_batch`` was given, or some columns or rows of it.
            dtype: ``"float32"`` or ``"float64"``.

        Returns:
            A C-contiguous array of shape (rows, k) that owns its values, where k is the number of
            columns of type TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE and DECIMAL, in order.
            NULL is NaN.

        Raises:
            ModelError: no column has numbers.
            ValueError: ``dtype`` is another one.
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
        """Makes a PyFlink pandas UDF of this class, for PyFlink's process mode.

        Its result is always a ROW of the columns of ``output_schema``, so that
        ``predict(a, b).score`` works with one column as with many.

        Args:
            input_schema: the columns that ``predict_batch`` gets, as a column list of SQL DDL
                (``"amount DOUBLE, country STRING"``), a Schema, or ``DataTypes.ROW([...])``.
            output_schema: the columns of the results, likewise.
            model_directory: becomes ``model_directory``.
            properties: become ``init_properties`` and ``context.properties``.

        Returns:
            What ``pyflink.table.udf.udf`` returns. It has one result for each row, in order.
            PyFlink hands over rows by way of pandas: NaN and NULL of a FLOAT or DOUBLE are both
            NULL, in a NOT NULL column of the input NaN; a BIGINT beyond 2**53 is rounded where
            its batch has NULL. PyFlink before 2.3 does not tell a function its subtask: the
            context then says 0 of 1.

        Raises:
            ModelError: PyFlink does not support the type of a column in a pandas UDF, or
                ``batch_format`` has no valid value.
            ValueError: a schema cannot be read.
        """
        from ._pyflink.udf import make_udf

        return make_udf(cls, input_schema, output_schema, model_directory, properties or {})


AnyPredictFunction: TypeAlias = PredictFunction | BatchPredictFunction


def wants_numpy_arrays(function_class: type) -> bool:
    """Reads the class attribute ``array_format``.

    Raises:
        ModelError: it has no valid value.
    """
    array_format = getattr(function_class, "array_format", "list")
    if array_format not in ("list", "numpy"):
        raise ModelError(
            f"{function_class.__qualname__}.array_format is {array_format!r}; valid are 'list' "
            "and 'numpy'"
        )
    return array_format == "numpy"
