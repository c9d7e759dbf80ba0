# SPDX-License-Identifier: Apache-2.0
"""The columns that a decorated function declares, and those of CREATE MODEL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from .._context import PredictContext
from .._exceptions import ConversionError, ModelError
from .._hints import name_of, record_hints, schema_from_hint
from .._names import listed
from .._schema import Schema
from .._types import SqlType

# A column list as in CREATE MODEL, or a class whose fields are the columns.
Declared: TypeAlias = "str | Schema | type"

# The name of the column of a result that has none. CREATE MODEL may give it any other.
UNNAMED = "prediction"


class DeclaresColumns:
    """The part of a predict function that compares its columns with those of CREATE MODEL.

    Attributes:
        declared_inputs: the columns that the function takes.
        declared_outputs: the columns of its results.
        names_outputs: whether the function names the columns of its results.
    """

    declared_inputs: Schema
    declared_outputs: Schema
    names_outputs: bool

    def open(self, context: PredictContext) -> None:
        """Compares the columns.

        Raises:
            ModelError: they differ in names, order or types. NULL is a matter of each row.
        """
        name = type(self).__qualname__
        _compare(name, "takes", self.declared_inputs, "INPUT", context.input_schema, True)
        outputs = (self.declared_outputs, "OUTPUT", context.output_schema)
        _compare(name, "returns", *outputs, self.names_outputs)


def declared_schema(given: Declared, option: str) -> Schema:
    """Returns the columns that a user has declared.

    Args:
        given: the columns.
        option: the name of the argument, for errors.

    Raises:
        ModelError: a column cannot be read.
    """
    if isinstance(given, type):
        return schema_from_hint(given)
    try:
        schema = Schema.parse(given) if isinstance(given, str) else given
        if not isinstance(schema, Schema):
            raise ModelError(
                f"{option} is {type(given).__qualname__}; valid are a column list as in CREATE "
                "MODEL, a Schema, and a class with fields"
            )
        for field in schema:
            _ = field.sql_type
    except ValueError as error:
        raise ModelError(f"{option}: {error}") from None
    return schema


def null_error(function_class: type, column: str) -> ConversionError:
    """Returns the error for NULL in a column whose hint does not allow None."""
    return ConversionError(
        f"NULL, and {function_class.__qualname__} does not take None: write the hint "
        "'... | None', or use COALESCE or WHERE in the query",
        column,
    )


def columns_of_record(record: Any, given: Schema | None) -> Schema:
    """Returns the columns of a class, of the given types if there are any.

    Raises:
        ModelError: the given columns are not the fields of the class.
    """
    if given is None:
        return schema_from_hint(record)
    fields = list(record_hints(record))
    if fields != given.names:
        raise ModelError(
            f"the fields of {name_of(record)} are {listed(fields)}, and the columns in inputs are "
            f"{listed(given.names)}. They must be the same, in the same order"
        )
    return given


def _compare(
    name: str, verb: str, declared: Schema, clause: str, model: Schema, has_names: bool
) -> None:
    if _comparable(declared, has_names) == _comparable(model, has_names):
        return
    shown = declared if has_names else ", ".join(declared.field_types())
    raise ModelError(
        f"{name} {verb} ({shown}), and {clause} of the model is ({model}). Names, order and types "
        f"must be the same: change {clause} in CREATE MODEL, or the function's type hints or "
        "columns"
    )


def _comparable(schema: Schema, with_names: bool) -> list[Any]:
    return [
        (field.name if with_names else None, _without_nullability(field.sql_type))
        for field in schema
    ]


def _without_nullability(sql_type: SqlType) -> SqlType:
    children = tuple(
        child._replace(type=_without_nullability(child.type)) for child in sql_type.children
    )
    return replace(sql_type, nullable=True, children=children)
