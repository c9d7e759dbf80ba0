# SPDX-License-Identifier: Apache-2.0
"""Maps the columns of a model's INPUT and OUTPUT to the parameters and results of a text task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..._exceptions import ModelError
from ..._names import NamesMismatch, match_names
from ..._schema import Schema
from ..._types import Child, SqlType

# Labels and their scores, in descending order of the scores.
Ranking: TypeAlias = Sequence[tuple[str, float]]
Entity: TypeAlias = Mapping[str, Any]
# For each parameter of a task the position of its column in INPUT; None if it has no column.
Positions: TypeAlias = tuple[int | None, ...]

TEXT = "STRING"
TEXTS = "ARRAY<STRING>"
NUMBER = "DOUBLE"
INTEGER = "INT"
BYTES = "BYTES"
_NUMBERS = "ARRAY<DOUBLE>"
_MATRIX = "ARRAY<ARRAY<DOUBLE>>"
_ROWS = "ARRAY<ROW>"
_KINDS = {
    **dict.fromkeys(("CHAR", "VARCHAR"), TEXT),
    **dict.fromkeys(("BINARY", "VARBINARY"), BYTES),
    **dict.fromkeys(("FLOAT", "DOUBLE"), NUMBER),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT"), INTEGER),
}
_RANKED = {"label": TEXT, "score": NUMBER, "labels": TEXTS, "scores": _NUMBERS}


class ColumnsError(ModelError):
    """The columns of INPUT or OUTPUT do not fit the task."""


class Parameter(NamedTuple):
    """What a task takes from a column of INPUT.

    Attributes:
        name: the name that columns are matched with.
        kind: the type of the column.
        optional: whether INPUT can do without it.
        by_name: whether a column of another name is an error, although its type fits.
    """

    name: str
    kind: str
    optional: bool = False
    by_name: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"


def map_inputs(schema: Schema, task: str, parameters: Sequence[Parameter]) -> Positions:
    """Finds the columns of a task.

    Columns of one type are matched with the parameters of this type, by name or by position.

    Raises:
        ColumnsError: INPUT does not fit.
    """
    kinds = [_kind(field.sql_type) for field in schema]
    positions: dict[str, int] = {}
    reason = ""
    for kind in dict.fromkeys(kinds):
        columns = [position for position, other in enumerate(kinds) if other == kind]
        fitting = [parameter for parameter in parameters if parameter.kind == kind]
        try:
            found = match_names([schema[i].name for i in columns], [p.name for p in fitting])
        except NamesMismatch as mismatch:
            reason = f"{mismatch}; "
            break
        if found is None:
            found = list(range(len(columns)))
            fitting = [parameter for parameter in fitting if not parameter.by_name]
        if len(columns) > len(fitting):
            break
        positions.update({fitting[j].name: i for i, j in zip(columns, found, strict=True)})
    else:
        if all(parameter.optional or parameter.name in positions for parameter in parameters):
            return tuple(positions.get(parameter.name) for parameter in parameters)
    needed = ", ".join(str(parameter) for parameter in parameters if not parameter.optional)
    more = ", ".join(str(parameter) for parameter in parameters if parameter.optional)
    raise ColumnsError(
        f"the model's INPUT is ({schema}); {reason}the task {task} takes {needed}"
        + (f", and optionally {more}" if more else "")
    )


def match_outputs(
    columns: Sequence[Child], types: Mapping[str, str], schema: Schema, gives: str
) -> list[str]:
    """Returns for each column of OUTPUT, or field of a ROW, the name of the result it gets.

    Args:
        columns: the columns or fields.
        types: the types of the results by name.
        schema: the model's OUTPUT, for messages.
        gives: what the task gives, for messages.

    Raises:
        ColumnsError: a column has no result of its name and type.
    """
    names = list(types)
    reason = ""
    try:
        found = match_names([column.name for column in columns], names)
    except NamesMismatch as mismatch:
        found, reason = None, f"{str(mismatch).partition('; columns are')[0]}; "
    if found is not None:
        given = [names[index] for index in found]
        if all(types[name] == _kind(col.type) for name, col in zip(given, columns, strict=True)):
            return given
    raise ColumnsError(f"the model's OUTPUT is ({schema}); {reason}{gives}")


def map_ranking(
    schema: Schema, labels: Sequence[str], task: str, top_k: int | None
) -> Callable[[Ranking], tuple[Any, ...]]:
    """Returns the function that converts labels and scores to a row of OUTPUT.

    Args:
        schema: the model's OUTPUT.
        labels: the labels that are known before the first row.
        task: the task, for messages.
        top_k: the maximum number of labels and scores of a row, or None for all.

    Raises:
        ModelError: OUTPUT does not fit.
    """
    types = {**dict.fromkeys(labels, NUMBER), **_RANKED}
    gives = f"the task {task} gives {columns_text(_RANKED)}" + (
        f", and scores DOUBLE by the names of the labels: {_listed(labels)}" if labels else ""
    )
    names = match_outputs(columns_of(schema), types, schema, gives)
    for name in names:
        if [*_RANKED, *labels].count(name) > 1:
            raise ColumnsError(
                f"the model's OUTPUT is ({schema}), and several results have the name '{name}': "
                f"{gives}"
            )
    if top_k is not None and not {"labels", "scores"} & set(names):
        raise ColumnsError(
            "option 'properties.top-k' is for columns labels ARRAY<STRING> and scores "
            f"ARRAY<DOUBLE>; the model's OUTPUT is ({schema})"
        )
    getters = [_ranking_getter(name, top_k) for name in names]
    return lambda ranking: tuple(get(ranking) for get in getters)


def _ranking_getter(name: str, top_k: int | None) -> Callable[[Ranking], Any]:
    if name == "label":
        return lambda ranking: ranking[0][0]
    if name == "score":
        return lambda ranking: ranking[0][1]
    if name == "labels":
        return lambda ranking: [label for label, _ in ranking[:top_k]]
    if name == "scores":
        return lambda ranking: [score for _, score in ranking[:top_k]]
    return lambda ranking: next(score for label, score in ranking if label == name)


def map_best(
    schema: Schema, types: Mapping[str, str], column: str, gives: str, top_k: int | None
) -> Callable[[Sequence[Entity]], tuple[Any, ...]]:
    """Returns the function that converts the candidates for a row to a row of OUTPUT.

    Args:
        schema: the model's OUTPUT. A column of the name of an attribute gets that of the best
            candidate.
        types: the types of a candidate's attributes by name.
        column: the name of a column that gets all candidates, as ``ARRAY<ROW<...>>``.
        gives: what the task gives, for messages.
        top_k: the number of candidates that the user set, or None.

    Raises:
        ColumnsError: OUTPUT does not fit.
    """
    columns = columns_of(schema)
    names = match_outputs(columns, {**types, column: _ROWS}, schema, gives)
    getters: list[Callable[[Sequence[Entity]], Any]] = []
    for name, found in zip(names, columns, strict=True):
        if name == column:
            fields = match_outputs(found.type.children[0].type.children, types, schema, gives)
            getters.append(_all_of(fields))
        else:
            getters.append(_best_of(name))
    if top_k is not None and column not in names:
        raise ColumnsError(
            f"option 'properties.top-k' is for the column {column} ARRAY<ROW<...>>; the model's "
            f"OUTPUT is ({schema})"
        )
    return lambda candidates: tuple(get(candidates) for get in getters)


def _all_of(fields: Sequence[str]) -> Callable[[Sequence[Entity]], Any]:
    return lambda items: [tuple(item[name] for name in fields) for item in items]


def _best_of(name: str) -> Callable[[Sequence[Entity]], Any]:
    return lambda items: items[0][name]


def map_items(
    schema: Schema, types: Mapping[str, str], column: str, gives: str
) -> tuple[Callable[[Sequence[Entity]], list[tuple[Any, ...]]], bool]:
    """Returns the function that converts the items of a text to rows of OUTPUT.

    Args:
        schema: the model's OUTPUT.
        types: the types of an item's attributes by name.
        column: the name of a column that has all items of a text as ``ARRAY<ROW<...>>``.
        gives: what the task gives, for messages.

    Returns:
        The function, and whether it returns a row for each item instead of one for each text.

    Raises:
        ColumnsError: OUTPUT does not fit.
    """
    columns = columns_of(schema)
    in_one_column = (
        len(columns) == 1
        and columns[0].name.casefold() == column
        and _kind(columns[0].type) == _ROWS
    )
    fields = columns[0].type.children[0].type.children if in_one_column else columns
    names = match_outputs(fields, types, schema, gives)

    rows = _all_of(names)
    if in_one_column:
        return lambda items: [(rows(items),)], False
    return rows, True


def check_vector(schema: Schema, task: str) -> None:
    """Checks that OUTPUT is one column with a vector, or with a vector for each token.

    Raises:
        ColumnsError: OUTPUT does not fit.
    """
    wanted = _MATRIX if task == "feature-extraction" else _NUMBERS
    if [_kind(field.sql_type) for field in schema] != [wanted]:
        raise ColumnsError(
            f"the model's OUTPUT is ({schema}); the task {task} gives one column "
            f"{wanted.replace('DOUBLE', 'FLOAT')}"
        )


def columns_of(schema: Schema) -> list[Child]:
    """Returns the names and types of columns."""
    return [Child(field.name, field.sql_type) for field in schema]


def columns_text(types: Mapping[str, str]) -> str:
    """Returns columns as in SQL."""
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _kind(sql_type: SqlType) -> str:
    """Returns a type's name without width, length and NOT NULL, which the tasks ignore."""
    if sql_type.root == "ARRAY":
        return f"ARRAY<{_kind(sql_type.children[0].type)}>"
    return _KINDS.get(sql_type.root, sql_type.root)


def _listed(names: Sequence[str]) -> str:
    most = 20
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
