# SPDX-License-Identifier: Apache-2.0
"""The columns of a model, found by the format of its files."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .._context import PredictContext
from .._exceptions import ModelError
from .._runtime.formats import MLFLOW, ONNX, TRANSFORMERS, TREES, find_class
from .._schema import Field, Schema
from . import classes

_PREFIX = "properties."
# The modules are imported on demand, because each imports the library of its format.
_MODULES = {MLFLOW: "mlflow", ONNX: "onnx", TRANSFORMERS: "transformers", TREES: "trees"}


@dataclass(frozen=True)
class ModelSchema:
    """The columns of a model as CREATE MODEL has them, e.g. ``x BIGINT, y ARRAY<DOUBLE>``.

    Attributes:
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
    """

    inputs: str
    outputs: str


def infer_schema(directory: Path, options: Mapping[str, str]) -> ModelSchema:
    """Returns the columns that a model's files or its function declare.

    Args:
        directory: the model's directory on this host.
        options: the model's options, with the prefix ``properties.`` where they have it.

    Raises:
        ValueError: the files do not determine all columns, or cannot be read.
    """
    try:
        if not directory.is_dir():
            raise ModelError("it is not a directory on this host")
        python_class = options.get("python-predict-class") or find_class(str(directory))
        context = _context(directory, options)
        if python_class in _MODULES:
            module = importlib.import_module(f"{__package__}.{_MODULES[python_class]}")
            inputs, outputs = module.infer(context)
        else:
            inputs, outputs = classes.infer(context, python_class)
    except (ModelError, ImportError) as error:
        raise ValueError(
            f"the columns of the model in '{directory}' cannot be inferred: {error}. Give all "
            "columns, e.g. inputs='age INT, amount DOUBLE', outputs='probability DOUBLE'"
        ) from error
    return ModelSchema(_text(inputs), _text(outputs))


def _context(directory: Path, options: Mapping[str, str]) -> PredictContext:
    """Returns the context of a function of the model, without columns."""
    return PredictContext(
        model=directory.name,
        model_directory=str(directory),
        properties={
            name.removeprefix(_PREFIX): value
            for name, value in options.items()
            if name.startswith(_PREFIX)
        },
        input_schema=Schema(()),
        output_schema=Schema(()),
        subtask_index=0,
        parallelism=1,
        allow_pickle=options.get("allow-pickle", "true") == "true",
    )


def _text(columns: Mapping[str, str]) -> str:
    return str(Schema(Field(name, sql_type) for name, sql_type in columns.items()))
