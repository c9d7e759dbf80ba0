# SPDX-License-Identifier: Apache-2.0
"""The columns of a decorated function: those of its type hints and arguments."""

from __future__ import annotations

from dataclasses import replace

from .._context import PredictContext
from .._decorated.columns import DeclaresColumns
from .._exceptions import ModelError
from .._runtime.loader import load_class
from .._runtime.private_modules import PrivateModules
from .._types import Child, SqlType


def infer(context: PredictContext, python_class: str) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the types of the columns of INPUT and OUTPUT, by name.

    The module of the function is imported.

    Raises:
        ModelError: the class is missing, or does not declare its columns.
    """
    directory = str(context.model_directory)
    modules = PrivateModules.of(directory, directory, None)
    try:
        found = load_class(python_class, modules)
    finally:
        modules.release()
    if not issubclass(found, DeclaresColumns):
        raise ModelError(
            f"the class '{python_class}' does not declare its columns, as functions with "
            "@predict_function do"
        )
    # Flink binds no column that may be NULL to one of INPUT that is NOT NULL.
    inputs = {field.name: str(_nullable(field.sql_type)) for field in found.declared_inputs}
    return inputs, {field.name: field.type for field in found.declared_outputs}


def _nullable(sql_type: SqlType) -> SqlType:
    """Returns the type without NOT NULL, also in its elements and fields."""
    children = tuple(Child(child.name, _nullable(child.type)) for child in sql_type.children)
    return replace(sql_type, nullable=True, children=children)
