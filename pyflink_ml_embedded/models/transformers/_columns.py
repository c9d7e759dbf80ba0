# SPDX-License-Identifier: Apache-2.0
"""Maps the columns of a model's INPUT and OUTPUT to the parameters and results of a text task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..._exceptions import ModelError
from ..._schema import Schema
from ..._types import Child, SqlType

# Labels and their scores, in descending order of the scores.
Ranking: TypeAlias = Sequence[tuple[str, float]]
Entity: TypeAlias = Mapping[str, Any]

LABELS_COLUMN = "candidate_labels"

_TEXT = "STRING"
_TEXTS = "ARRAY<STRING>"
_NUMBER = "DOUBLE"
_NUMBERS = "ARRAY<DOUBLE>"
_MATRIX = "ARRAY<ARRAY<DOUBLE>>"
_INTEGER = "INT"
_KINDS = {
    **dict.fromkeys(("CHAR", "VARCHAR"), _TEXT),
    **dict.fromkeys(("FLOAT", "DOUBLE"), _NUMBER),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT"), _INTEGER),
}
_RANKED = {"label": _TEXT, "score": _NUMBER, "labels": _TEXTS, "scores": _NUMBERS}
_ENTITY_FIELDS = {
    "entity": _TEXT,
    "entity_group": _TEXT,
    "score": _NUMBER,
    "index": _INTEGER,
    "word": _TEXT,
    "start": _INTEGER,
    "end": _INTEGER,
}


@dataclass(frozen=True)
class InputColumns:
    """The positions of the columns of INPUT.

    Attributes:
        text: the position of the text.
        pair: the position of the second text, or None.
        labels: the position of the candidate labels, or None.
    """

    text: int
    pair: int | None = None
    labels: int | None = None


def map_inputs(schema: Schema, task: str) -> InputColumns:
    """Finds the columns of a task.

    Raises:
        ModelError: INPUT does not fit.
    """
    names = schema.names
    kinds = [_kind(field.sql_type) for field in schema]
    if kinds == [_TEXT]:
        return InputColumns(0)
    if task == "text-classification" and kinds == [_TEXT, _TEXT]:
        if names == ["text_pair", "text"]:
            return InputColumns(1, pair=0)
        return InputColumns(0, pair=1)
    if task == "zero-shot-classification" and sorted(kinds) == sorted([_TEXT, _TEXTS]):
        labels = kinds.index(_TEXTS)
        if names[labels] == LABELS_COLUMN:
            return InputColumns(1 - labels, labels=labels)
    takes = {
        "text-classification": "one column STRING, or two: text STRING, text_pair STRING",
        "zero-shot-classification": f"one column STRING, or also {LABELS_COLUMN} {_TEXTS}",
    }.get(task, "one column STRING")
    raise ModelError(f"the model's INPUT is ({schema}); the task {task} takes {takes}")


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
    types = {**dict.fromkeys(labels, _NUMBER), **_RANKED}
    if any(types.get(field.name) != _kind(field.sql_type) for field in schema):
        named = f", and scores DOUBLE by the names of the labels: {_listed(labels)}"
        raise ModelError(
            f"the model's OUTPUT is ({schema}); the task {task} gives {_columns(_RANKED)}"
            + (named if labels else "")
        )
    if top_k is not None and not {"labels", "scores"} & set(schema.names):
        raise ModelError(
            "option 'properties.top-k' is for columns labels ARRAY<STRING> and scores "
            f"ARRAY<DOUBLE>; the model's OUTPUT is ({schema})"
        )
    getters = [_ranking_getter(name, top_k) for name in schema.names]
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


def map_entities(
    schema: Schema, given: Sequence[str], aggregation: str
) -> tuple[Callable[[Sequence[Entity]], list[tuple[Any, ...]]], bool]:
    """Returns the function that converts the entities of a text to rows of OUTPUT.

    Args:
        schema: the model's OUTPUT.
        given: the names of an entity's attributes in the pipeline's results.
        aggregation: the aggregation strategy, for messages.

    Returns:
        The function, and whether it returns a row for each entity instead of one for each text.

    Raises:
        ModelError: OUTPUT does not fit.
    """
    types = {name: _ENTITY_FIELDS[name] for name in given}
    columns = [Child(field.name, field.sql_type) for field in schema]
    in_one_column = schema.names == ["entities"] and _is_array_of_rows(columns[0].type)
    fields = columns[0].type.children[0].type.children if in_one_column else columns
    if any(types.get(field.name) != _kind(field.type) for field in fields):
        raise ModelError(
            f"the model's OUTPUT is ({schema}); with aggregation-strategy '{aggregation}' the task "
            f"token-classification gives {_columns(types)}: a row for each entity, or in one "
            "column entities ARRAY<ROW<...>>"
        )
    names = [field.name for field in fields]

    def rows(entities: Sequence[Entity]) -> list[tuple[Any, ...]]:
        return [tuple(entity[name] for name in names) for entity in entities]

    if in_one_column:
        return lambda entities: [(rows(entities),)], False
    return rows, True


def check_vector(schema: Schema, task: str) -> None:
    """Checks that OUTPUT is one column with a vector, or with a vector for each token.

    Raises:
        ModelError: OUTPUT does not fit.
    """
    wanted = _MATRIX if task == "feature-extraction" else _NUMBERS
    if [_kind(field.sql_type) for field in schema] != [wanted]:
        raise ModelError(
            f"the model's OUTPUT is ({schema}); the task {task} gives one column "
            f"{wanted.replace('DOUBLE', 'FLOAT')}"
        )


def _kind(sql_type: SqlType) -> str:
    """Returns a type's name without width, length and NOT NULL, which the tasks ignore."""
    if sql_type.root == "ARRAY":
        return f"ARRAY<{_kind(sql_type.children[0].type)}>"
    return _KINDS.get(sql_type.root, sql_type.root)


def _is_array_of_rows(sql_type: SqlType) -> bool:
    return sql_type.root == "ARRAY" and sql_type.children[0].type.root == "ROW"


def _columns(types: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _listed(names: Sequence[str]) -> str:
    most = 20
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
