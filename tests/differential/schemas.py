# SPDX-License-Identifier: Apache-2.0
"""The tested types."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from .sql_types import Column, parse

SCALARS = [
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(1, 0)",
    "DECIMAL(10, 2)",
    "DECIMAL(18, 0)",
    "DECIMAL(19, 0)",
    "DECIMAL(38, 0)",
    "DECIMAL(38, 18)",
    "DECIMAL(38, 38)",
    "CHAR(1)",
    "CHAR(5)",
    "VARCHAR(1)",
    "VARCHAR(10)",
    "STRING",
    "BINARY(1)",
    "BINARY(7)",
    "VARBINARY(1)",
    "VARBINARY(10)",
    "BYTES",
    "DATE",
    "TIME(0)",
    "TIME(3)",
    "TIME(9)",
    *(f"TIMESTAMP({precision})" for precision in (0, 3, 6, 9)),
    *(f"TIMESTAMP_LTZ({precision})" for precision in (0, 3, 6, 9)),
]

NESTED = [
    *(f"ARRAY<{element}>" for element in SCALARS),
    "ARRAY<BOOLEAN NOT NULL>",
    "ARRAY<TINYINT NOT NULL>",
    "ARRAY<BIGINT NOT NULL> NOT NULL",
    "ARRAY<FLOAT NOT NULL>",
    "ARRAY<STRING NOT NULL>",
    "ARRAY<ARRAY<INT>>",
    "ARRAY<ARRAY<ARRAY<STRING>>>",
    "ARRAY<ROW<a INT, b STRING>>",
    "ARRAY<ROW<a INT NOT NULL, b ARRAY<DOUBLE>> NOT NULL>",
    "ARRAY<MAP<STRING, INT>>",
    "ARRAY<MULTISET<INT>>",
    "MAP<STRING, STRING>",
    "MAP<STRING, INT NOT NULL> NOT NULL",
    "MAP<BOOLEAN, FLOAT>",
    "MAP<INT, TIMESTAMP(6)>",
    "MAP<BIGINT, ARRAY<STRING>>",
    "MAP<DOUBLE, BYTES>",
    "MAP<DECIMAL(38, 18), DATE>",
    "MAP<BYTES, DECIMAL(10, 2)>",
    "MAP<DATE, TIME(3)>",
    "MAP<TIMESTAMP_LTZ(6), CHAR(5)>",
    "MAP<ROW<a INT, b STRING>, ROW<a INT>>",
    "MAP<STRING, MAP<INT, MAP<STRING, DOUBLE>>>",
    "MULTISET<STRING>",
    "MULTISET<DECIMAL(10, 2) NOT NULL> NOT NULL",
    "MULTISET<ROW<a INT, b STRING>>",
    "ROW<a INT>",
    "ROW<a INT, b STRING, c DOUBLE NOT NULL> NOT NULL",
    "ROW<a INT, b ROW<a INT, b ROW<a STRING, b BOOLEAN>>>",
    "ROW<a ROW<a INT NOT NULL> NOT NULL>",
    "ROW<a ARRAY<MAP<STRING, ROW<a INT, b ARRAY<INT>>>>, b BIGINT>",
    "ROW<" + ", ".join(f"f{number} {name}" for number, name in enumerate(SCALARS)) + ">",
]


@st.composite
def drawn_types(draw: st.DrawFn, depth: int = 3) -> str:
    """Draws types that are nested up to a depth."""
    kind = draw(st.sampled_from(["scalar", "ARRAY", "MAP", "MULTISET", "ROW"][: 5 * depth or 1]))
    inner = drawn_types(max(depth - 1, 0))
    # A Python dict cannot have a list or a dict as a key.
    keys = st.sampled_from(SCALARS) | st.just("ROW<k INT, l STRING NOT NULL>")
    if kind == "scalar":
        text = draw(st.sampled_from(SCALARS))
    elif kind == "ARRAY":
        text = f"ARRAY<{draw(inner)}>"
    elif kind == "MAP":
        text = f"MAP<{draw(keys)}, {draw(inner)}>"
    elif kind == "MULTISET":
        text = f"MULTISET<{draw(keys)}>"
    else:
        fields = draw(st.lists(inner, min_size=1, max_size=4))
        text = f"ROW<{', '.join(f'f{number} {field}' for number, field in enumerate(fields))}>"
    return text + draw(st.sampled_from(["", " NOT NULL"]))


def columns_of(types: Sequence[str]) -> list[Column]:
    """Returns a column for each type, and one with recent timestamps if it has timestamps."""
    columns = []
    for number, text in enumerate(types):
        sql_type = parse(text)
        columns.append(Column(f"column{number}", text, sql_type))
        if sql_type.has("TIMESTAMP", "TIMESTAMP_LTZ"):
            columns.append(Column(f"recent{number}", text, sql_type.of_recent_times()))
    return columns
