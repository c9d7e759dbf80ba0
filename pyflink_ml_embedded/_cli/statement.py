# SPDX-License-Identifier: Apache-2.0
"""The columns and the statement of CREATE MODEL."""

from __future__ import annotations

from collections.abc import Mapping

from .._schema import Schema
from .._type_parser import tokens_of
from .._types import quote

__all__ = ["create_model", "parse_columns"]


def parse_columns(text: str) -> tuple[Schema, Schema]:
    """Reads ``INPUT (...) OUTPUT (...)``.

    Raises:
        ValueError: the text does not have this form, or a column list cannot be read.
    """
    lists = []
    rest = text
    for word in ("INPUT", "OUTPUT"):
        columns, rest = _in_parentheses(word, rest)
        lists.append(Schema.parse(columns))
        for field in lists[-1]:
            _ = field.sql_type  # raises ValueError
    if rest.strip(" \n;"):
        raise ValueError(f"'{rest.strip()}' behind the columns of OUTPUT")
    return lists[0], lists[1]


def _in_parentheses(word: str, text: str) -> tuple[str, str]:
    """Returns what is in the parentheses behind a word, and the text behind them."""
    tokens = tokens_of(text)
    if [token.text.upper() for token in tokens[:2]] == [word, "("]:
        depth = 0
        for token in tokens[1:]:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                return text[tokens[1].start + 1 : token.start], text[token.start + 1 :]
    raise ValueError(
        f"'{text.strip()}': expected {word} and columns in parentheses, as in "
        "'INPUT (amount DOUBLE) OUTPUT (score DOUBLE)'"
    )


def create_model(
    name: str, inputs: Schema, outputs: Schema, directory: str, options: Mapping[str, str]
) -> str:
    """Returns the statement that creates a model.

    Args:
        name: the model's name, without those of catalog and database.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        directory: the value of ``model-directory-path``.
        options: the other options, but for ``provider``.
    """
    given = {"provider": "generic-python", "model-directory-path": directory, **options}
    lines = [f"  {_literal(key)} = {_literal(value)}" for key, value in given.items()]
    return "\n".join(
        [
            f"CREATE MODEL {quote(name)}",
            f"INPUT ({inputs})",
            f"OUTPUT ({outputs})",
            "WITH (",
            ",\n".join(lines),
            ");",
        ]
    )


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
