# SPDX-License-Identifier: Apache-2.0
"""A model of the Table API, which shows itself."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._exceptions import ModelError
from .._runtime.formats import MLFLOW, ONNX, TRANSFORMERS, TREES, find_class
from .catalog import CatalogModel, find_model
from .java_model import MissingModel
from .options import DIRECTORY

if TYPE_CHECKING:
    from pyflink.table import Table, TableEnvironment

    from .java_model import JavaModel as _Model
else:
    try:
        from pyflink.table.model import Model as _Model
    except ImportError:  # before 2.4
        from .java_model import JavaModel as _Model

_CLASS = "python-predict-class"
_FORMATS = {
    MLFLOW: "MLflow",
    ONNX: "ONNX",
    TRANSFORMERS: "Hugging Face transformers",
    TREES: "LightGBM or XGBoost",
}


class Model(_Model):
    """A model, with the methods of ``pyflink.table.Model``.

    Its ``repr``, and its form in a notebook, show the columns, the format and the options, without
    the values of secrets.
    """

    def __init__(self, table_env: TableEnvironment, path: str) -> None:
        self._model = find_model(table_env, path)
        super().__init__(_in_java(table_env, path))

    def predict(
        self,
        input_table: Table,
        input_columns: Sequence[str],
        options: Mapping[str, str] | None = None,
    ) -> Table:
        """Returns a table with the columns of the input and those of OUTPUT.

        Args:
            input_table: the rows to predict.
            input_columns: its columns for INPUT, in the order of INPUT.
            options: the CONFIG of ML_PREDICT, e.g. ``{"async": "true"}``.
        """
        config = dict(options or {})
        if self._model.is_embedded:
            # Flink up to 2.3 takes calls of two models for one if their CONFIG is the same.
            config.setdefault("model", self._model.name)
        return super().predict(input_table, list(input_columns), config)

    def __repr__(self) -> str:
        lines = (f"  {label:<8}{text}" for label, text in _described(self._model))
        return "\n".join([f"Model {self._model.path}", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align: left'>{html.escape(label)}</th>"
            f"<td style='text-align: left'>{html.escape(text)}</td></tr>"
            for label, text in _described(self._model)
        )
        return f"<table><caption>Model {html.escape(self._model.path)}</caption>{rows}</table>"


def _in_java(table_env: TableEnvironment, path: str) -> Any:
    """Returns the model in Java, or what takes its place."""
    from pyflink.version import __version__

    if tuple(map(int, __version__.split(".")[:2])) < (2, 2):
        return MissingModel(__version__)
    return table_env._j_tenv.fromModel(path)


def _described(model: CatalogModel) -> Iterator[tuple[str, str]]:
    """Yields what a model has, with labels."""
    yield "INPUT", str(model.inputs)
    yield "OUTPUT", str(model.outputs)
    if model.is_embedded:
        yield "format", _format(model)
    for name, value in model.options.items():
        yield "option", f"'{name}' = '{value}'"
    if model.comment:
        yield "comment", model.comment


def _format(model: CatalogModel) -> str:
    """Returns the format of the files, or the class that the model names."""
    python_class = model.options.get(_CLASS)
    directory = model.options.get(DIRECTORY, "")
    if python_class is None:
        if not os.path.isdir(directory):
            return "decided by the files, which are not on this host"
        try:
            python_class = find_class(directory)
        except ModelError:
            return "not known"
    return _FORMATS.get(python_class, f"the class {python_class}")
