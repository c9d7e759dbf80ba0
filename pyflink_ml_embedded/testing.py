# SPDX-License-Identifier: Apache-2.0
"""Runs models in tests, without Flink and without a JVM."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._decorated.columns import DeclaresColumns
from ._decorators import predict_class_of
from ._exceptions import ModelError
from ._inference import infer_schema
from ._local.model import LocalFunction, LocalModel, PredictError
from ._local.options import BATCH_SIZE, check_options, read_count
from ._native import Columns, Row
from ._schema import Schema, describe_column
from ._table.options import DIRECTORY, model_options

if TYPE_CHECKING:
    from ._function import AnyPredictFunction

__all__ = ["Harness", "PredictError"]


class Harness:
    """An open model, which predicts as in Flink: by the same loader and the same converters.

    It is used in a ``with`` statement, or closed by ``close``. The model is opened at once, for
    rows or for batches as its option ``batch-size`` says; the other of the two opens a second
    object of the class when it is first used, as a second subtask would.

    Args:
        model: the directory of the model; or its class; or a function with ``predict_function`` or
            ``batch_predict_function``.
        inputs: the columns of INPUT, as in CREATE MODEL: ``"amount DOUBLE, country STRING"``.
            Without them the files of the model, or the function, determine all columns.
        outputs: the columns of OUTPUT.
        model_directory: the directory of the files of a class, if it has some.
        options: other options of CREATE MODEL, as ``table.create_model`` takes them:
            ``batch_size=64``, ``properties={"threshold": 0.5}``. Those that only Flink carries out
            have no effect.

    Raises:
        PredictError: the model cannot be opened.
        ModelError: an option is unknown or not valid.
        ValueError: a column list cannot be read, or the files do not determine the columns; or an
            option is given twice.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | type[AnyPredictFunction] | Callable[..., Any],
        inputs: str | Schema | None = None,
        outputs: str | Schema | None = None,
        *,
        model_directory: str | os.PathLike[str] | None = None,
        **options: object,
    ) -> None:
        predict_class = predict_class_of(model)
        if predict_class is None:
            model_directory = _path(model)
        directory = None if model_directory is None else _directory(model_directory)
        given = model_options(directory or "", options)
        del given["provider"], given[DIRECTORY]
        check_options(given)
        if inputs is None and outputs is None:
            inputs, outputs = _columns(predict_class, directory, given)
        if inputs is None or outputs is None:
            raise ValueError("give both inputs and outputs, e.g. inputs='amount DOUBLE'")
        self._model = LocalModel(
            name=Path(directory or "").name if predict_class is None else predict_class.__name__,
            directory=directory,
            predict_class=predict_class,
            inputs=_schema(inputs),
            outputs=_schema(outputs),
            options=given,
        )
        self._functions: dict[bool, LocalFunction] = {}
        self._is_closed = False
        self._function(in_batches=(read_count(given, BATCH_SIZE) or 1) > 1)

    def predict(self, rows: Iterable[Any]) -> list[Row]:
        """Predicts rows one by one.

        Args:
            rows: for each row a Row, tuple, list or dict with the columns of INPUT.

        Returns:
            The results of all rows, in order. A row may have none, or several.

        Raises:
            PredictError: a row fails. It names the row and, where one is at fault, the column.
        """
        function = self._function(in_batches=False)
        return [
            result for number, row in enumerate(rows, 1)
            for result in function.predict_row(row, number)
        ]  # fmt: skip

    def predict_batch(self, table: Any) -> Any:
        """Predicts many rows in calls of at most ``batch_size`` rows, which is 1024 by default.

        Args:
            table: a table of pyarrow, pandas or polars with the columns of INPUT, in any order and
                beside others; or a list of rows, as for ``predict``.

        Returns:
            The results of all rows, in order: a table of the same library with the columns of
            OUTPUT, or a list of Row.

        Raises:
            PredictError: a row fails. It is found by predicting parts of its batch, as in Flink.
            ModelError: the table does not have the columns of INPUT.
        """
        function = self._function(in_batches=True)
        size = self._model.batch_size
        if isinstance(table, (list, tuple)):
            return [
                result for start in range(0, len(table), size)
                for results in function.predict_rows(
                    table[start : start + size], range(start + 1, len(table) + 1)[:size]
                )
                for result in results
            ]  # fmt: skip
        import pyarrow as pa  # which row functions do without

        from ._local.tables import TablePredictor, exported_table, imported_table

        predictor = TablePredictor(function, self._model.inputs, size)
        batches, _ = predictor.predict(imported_table(table))
        schema = pa.schema(
            Columns([describe_column(field.name, field.type) for field in self._model.outputs])
        )
        return exported_table(pa.Table.from_batches(batches, schema), table)

    def reload(self, directory: str | os.PathLike[str]) -> None:
        """Replaces the model by the version in another directory, as a running job does.

        The new version is opened before the old one is closed, and its sample row is predicted.

        Raises:
            PredictError: the new version cannot be opened, and the old one stays; or the old one
                fails in ``close``, and the new one is there.
        """
        model = dataclasses.replace(self._model, directory=_directory(directory))
        opened: dict[bool, LocalFunction] = {}
        try:
            for in_batches in self._functions:
                opened[in_batches] = LocalFunction(model, in_batches, background=True)
        except BaseException:
            _close_all(opened)
            raise
        replaced, self._functions, self._model = self._functions, opened, model
        _close_all(replaced)

    def close(self) -> None:
        """Closes the model. Nothing happens if it is closed.

        Raises:
            PredictError: the class fails in ``close``.
        """
        functions, self._functions, self._is_closed = self._functions, {}, True
        _close_all(functions)

    def __enter__(self) -> Harness:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _function(self, in_batches: bool) -> LocalFunction:
        if self._is_closed:
            raise RuntimeError("the harness is closed")
        if in_batches not in self._functions:
            self._functions[in_batches] = LocalFunction(self._model, in_batches)
        return self._functions[in_batches]


def _close_all(functions: Mapping[bool, LocalFunction]) -> None:
    """Closes all functions, and then raises the first error."""
    failure = None
    for function in functions.values():
        try:
            function.close()
        except PredictError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _schema(columns: str | Schema) -> Schema:
    return columns if isinstance(columns, Schema) else Schema.parse(columns)


def _columns(
    predict_class: type[AnyPredictFunction] | None,
    directory: str | None,
    options: Mapping[str, str],
) -> tuple[str | Schema, str | Schema]:
    """Returns the columns that a decorated function or the files of a model declare.

    Raises:
        ValueError: they do not declare all.
    """
    if predict_class is None and directory is not None:
        inferred = infer_schema(Path(directory), options)
        return inferred.inputs, inferred.outputs
    if predict_class is not None and issubclass(predict_class, DeclaresColumns):
        return predict_class.declared_inputs, predict_class.declared_outputs
    raise ValueError(
        "a class does not declare its columns: give inputs and outputs, e.g. "
        "inputs='amount DOUBLE', outputs='score DOUBLE'"
    )


def _path(model: object) -> str | os.PathLike[str]:
    if isinstance(model, (str, os.PathLike)):
        return model
    raise TypeError(
        "expected the directory of a model, a class that inherits from PredictFunction or "
        f"BatchPredictFunction, or a decorated function, got {getattr(model, '__name__', model)!r}"
    )


def _directory(path: str | os.PathLike[str]) -> str:
    directory = Path(path).resolve()
    if not directory.is_dir():
        raise ModelError(f"'{directory}' is not a directory; give the directory of the model")
    return str(directory)
