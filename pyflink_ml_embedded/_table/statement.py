# SPDX-License-Identifier: Apache-2.0
"""The statement CREATE MODEL."""

from __future__ import annotations

from collections.abc import Mapping

from .._schema import Schema


def create_statement(
    path: str,
    inputs: Schema,
    outputs: Schema,
    options: Mapping[str, str],
    *,
    temporary: bool = False,
    if_not_exists: bool = False,
    comment: str | None = None,
) -> str:
    """Returns the statement that creates a model.

    Args:
        path: the model's name as SQL has it, in backquotes where it must be.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        options: the options of WITH.
        temporary: whether the model belongs to the session and not to the catalog.
        if_not_exists: whether an existing model is left as it is.
        comment: the model's comment.
    """
    kind = "TEMPORARY MODEL" if temporary else "MODEL"
    exists = "IF NOT EXISTS " if if_not_exists else ""
    lines = [f"CREATE {kind} {exists}{path}", f"INPUT ({inputs})", f"OUTPUT ({outputs})"]
    if comment:
        lines.append(f"COMMENT {_literal(comment)}")
    pairs = ",\n".join(f"  {_literal(name)} = {_literal(value)}" for name, value in options.items())
    return "\n".join([*lines, "WITH (", pairs, ")"])


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
