# SPDX-License-Identifier: Apache-2.0
"""Opens a model as a subtask of Flink does, and finds the row at fault when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .._exceptions import DescribedError, PredictTimeoutError
from .._native import Columns, OpenFunction, Row
from .._runtime.describe import describe, describe_step
from .._runtime.formats import find_class
from .._runtime.open import close_function, open_function
from .._schema import Schema, describe_column
from .._table.options import model_options
from .._table.statement import create_statement
from .._types import quote
from . import options as known

if TYPE_CHECKING:
    from .._function import AnyPredictFunction

_Result = TypeVar("_Result")

DEFAULT_BATCH_SIZE = 1024
# Not Control-C, which is meant for the caller.
_FAILURES = (Exception, SystemExit, PredictTimeoutError)


class PredictError(Exception):
    """A model fails, with the message that the job in Flink would have.

    Attributes:
        row: the number of the row at fault among those of the call, from 1; None where no single
            row is, as in ``open``.
        column: the column at fault, or None.
    """

    __module__ = "pyflink_ml_embedded.testing"

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True)
class LocalModel:
    """What CREATE MODEL says of a model.

    Attributes:
        name: its name in messages.
        directory: the directory of its files, or None.
        predict_class: its class, or None where the options or the files determine it.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        options: the other options.
    """

    name: str
    directory: str | None
    predict_class: type[AnyPredictFunction] | None
    inputs: Schema
    outputs: Schema
    options: Mapping[str, str]

    @property
    def batch_size(self) -> int:
        """The most rows of one call on the batch path."""
        return known.read_count(self.options, known.BATCH_SIZE) or DEFAULT_BATCH_SIZE

    @property
    def python_class(self) -> str:
        """The name of its class, as the option ``python-predict-class`` has it.

        Raises:
            ModelError: the format of the files is not known, or there are several formats.
        """
        if self.predict_class is None:
            return self.options.get(known.PYTHON_CLASS) or find_class(self.directory)
        return f"{self.predict_class.__module__}.{self.predict_class.__qualname__}"

    @property
    def statement(self) -> str:
        """The statement that creates it, in a directory."""
        options = model_options(self.directory or "", self.options)
        return f"{create_statement(quote(self.name), self.inputs, self.outputs, options)};"

    def request(self, in_batches: bool, background: bool) -> str:
        """Returns the request to open it, as Java writes it."""
        required = known.read_flag(self.options, known.WARM_UP, False)
        batch = {
            "size": self.batch_size,
            "length_column": self.options.get(known.LENGTH_COLUMN),
            "max_length": known.read_count(self.options, known.MAX_LENGTH),
        }
        files = {"origin": self.directory, "fetcher": "jvm", "directory": self.directory}
        return json.dumps(
            {
                "model": self.name,
                "python_class": self.python_class,
                "files": None if self.directory is None else files,
                "dependencies": None,
                "properties": known.properties_of(self.options),
                "sensitive_properties": [],
                "allow_pickle": known.read_flag(self.options, known.ALLOW_PICKLE, True),
                "model_config": None,
                "inputs": _described(self.inputs),
                "outputs": _described(self.outputs),
                "subtask_index": 0,
                "parallelism": 1,
                "batch": batch if in_batches else None,
                "predict_timeout": None,
                "warm_up": "require" if required else "try" if background else "off",
                "background": background,
                "monitoring": None,
                "version": None,
                "caller": "without Flink",
            }
        )


class LocalFunction:
    """An open function of a model, for one path. ``close`` closes it.

    Args:
        model: the model.
        in_batches: whether it predicts batches, or single rows.
        background: whether an older version is open, as when Flink reloads a model.

    Raises:
        PredictError: the model cannot be opened.
    """

    def __init__(self, model: LocalModel, in_batches: bool, background: bool = False) -> None:
        self._model = model.name
        self._inputs = model.inputs
        try:
            self._opened: OpenFunction = open_function(
                model.request(in_batches, background), predict_class=model.predict_class
            )
        except DescribedError as error:
            raise PredictError(str(error)) from None
        self._method = "predict"
        if hasattr(self._opened.function, "predict_batch") and (
            in_batches or not hasattr(self._opened.function, "predict")
        ):
            self._method = "predict_batch"

    def sample_row(self) -> Row | None:
        """Returns the row of the option ``warm-up``, or None if the class has none.

        Raises:
            PredictError: ``warm_up_row`` of the class fails, or its row does not fit INPUT.
        """
        values, error = _attempt(self._opened.function.warm_up_row)
        if error is None and values is None:
            return None
        row, error = (None, error) if error else _attempt(self._row, tuple(values))
        if error is not None:
            text = describe_step(error, self._model, "warm_up_row")
            raise PredictError(text) from error
        return row

    def predict_row(self, row: Any, number: int) -> list[Row]:
        """Returns the results of one row.

        Args:
            row: a Row, tuple, list or dict.
            number: its number in errors.

        Raises:
            PredictError: the prediction fails.
        """
        results, error = _attempt(self._opened, row)
        if error is not None:
            raise self._error(error, number, partial(self._row, row)) from error
        return results

    def predict_rows(self, rows: Sequence[Any], numbers: Sequence[int]) -> list[list[Row]]:
        """Returns the results of each row of a batch, as ``predict_row``."""

        def predict(start: int, stop: int) -> list[list[Row]]:
            return self._opened.predict_batch(rows[start:stop])

        return self._by_halves(predict, numbers, lambda index: self._row(rows[index]))

    def predict_arrays(
        self, arrays: Sequence[Any], numbers: Sequence[int]
    ) -> tuple[Columns, memoryview]:
        """Predicts a batch of Arrow arrays, one for each column of INPUT.

        Returns:
            The columns of OUTPUT, which the next call fills again, and for each row the offset
            behind its last result.

        Raises:
            PredictError: the prediction fails.
        """

        def predict(start: int, stop: int) -> tuple[Columns, bytes]:
            parts = [array[start:stop] for array in arrays]
            return self._opened.predict_arrays(parts, stop - start)

        def row_at(index: int) -> Row:
            columns = input_columns(self._inputs)
            columns.write_columns([array[index : index + 1] for array in arrays], 1)
            return columns.rows()[0]

        columns, offsets = self._by_halves(predict, numbers, row_at)
        return columns, memoryview(offsets).cast("i")

    def close(self) -> None:
        """Closes the function.

        Raises:
            PredictError: its ``close`` fails; everything is released all the same.
        """
        try:
            close_function(self._opened)
        except DescribedError as error:
            raise PredictError(str(error)) from None

    def _by_halves(
        self,
        predict: Callable[[int, int], _Result],
        numbers: Sequence[int],
        row_at: Callable[[int], Row],
    ) -> _Result:
        """Predicts all rows, and where that fails, finds the row at fault by halves."""
        start, stop = 0, len(numbers)
        result, error = _attempt(predict, start, stop)
        if error is None:
            return result
        while stop - start > 1:
            middle = (start + stop) // 2
            for part in ((start, middle), (middle, stop)):
                _, failure = _attempt(predict, *part)
                if failure is not None:
                    error = failure
                    start, stop = part
                    break
            else:
                raise PredictError(
                    f"model '{self._model}', rows {numbers[start]} to {numbers[stop - 1]}: "
                    f"{self._method} failed with {type(error).__name__}, but not for either half "
                    "of these rows"
                ) from error
        raise self._error(error, numbers[start], partial(row_at, start)) from error

    def _error(self, error: BaseException, number: int, row: Callable[[], Row]) -> PredictError:
        column = getattr(error, "column", None)
        try:
            values = row()
        except _FAILURES:  # it does not fit INPUT, so the model has not seen it
            values = None
        text = describe(error, self._model, number, values, column, self._method)
        return PredictError(text, number, column if isinstance(column, str) else None)

    def _row(self, row: Any) -> Row:
        columns = input_columns(self._inputs)
        columns.write([row])
        return columns.rows()[0]


def _attempt(
    call: Callable[..., _Result], *args: Any
) -> tuple[_Result, None] | tuple[Any, BaseException]:
    """Returns the result of a call, or its error."""
    try:
        return call(*args), None
    except _FAILURES as error:
        return None, error


def input_columns(inputs: Schema) -> Columns:
    """Returns new columns of INPUT."""
    return Columns(_described(inputs), is_input=True)


def _described(columns: Schema) -> list[dict[str, Any]]:
    return [describe_column(field.name, field.type) for field in columns]
