# SPDX-License-Identifier: Apache-2.0
"""Fills the templates of reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["render", "render_page"]

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, kind: str, folders: Sequence[Path] = (), **values: Any) -> str:
    """Returns the text of a report file.

    Args:
        template: the template of the content, which is the same for all kinds.
        kind: ``html`` or ``md``.
        folders: folders of more templates.
        values: the values for the template.
    """
    titles: list[str] = []
    values |= {"macros": f"macros.{kind}.j2", "titles": titles}
    environment = _environment(kind, folders)
    body = environment.get_template(template).render(values)
    page = environment.get_template(f"page.{kind}.j2").render(values, body=body)
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def render(template: str, folders: Sequence[Path] = (), **values: Any) -> str:
    """Returns a piece of Markdown."""
    text = _environment("md", folders).get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _environment(kind: str, folders: Sequence[Path]) -> Environment:
    environment = Environment(
        autoescape=kind == "html",
        extensions=["jinja2.ext.do"],
        keep_trailing_newline=True,
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "anchor": lambda title: "-".join(title.lower().split()),
        "cells": _cells,
        "md_cell": lambda text: " ".join(text.replace("|", r"\|").split()),
        "one_line": lambda text: type(text)(" ".join(text.split())),
        "widths": lambda rows: [max(3, *map(len, column)) for column in zip(*rows, strict=True)],
    }
    return environment


def _cells(table: pd.DataFrame) -> list[list[str]]:
    """Returns header and rows as texts, with '-' for missing values."""
    flat = table.reset_index()
    rows = flat.astype(object).where(flat.notna(), "-").to_numpy().tolist()
    return [list(map(str, flat.columns)), *(list(map(str, row)) for row in rows)]
