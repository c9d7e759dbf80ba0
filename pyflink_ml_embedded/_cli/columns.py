# SPDX-License-Identifier: Apache-2.0
"""Reads the columns of CREATE MODEL."""

from __future__ import annotations

from .._schema import Schema
from .._type_parser import tokens_of

__all__ = ["parse_columns"]


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
