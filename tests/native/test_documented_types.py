# SPDX-License-Identifier: Apache-2.0
"""The C extension accepts exactly the types that docs/types.md documents."""

from __future__ import annotations

import array
import dataclasses
import datetime as dt
import re
import types
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyflink.common
import pytest

from pyflink_ml_embedded import ConversionError, Row

from .columns import column, result_of

DOCUMENT = Path(__file__).parents[2] / "docs/types.md"
ROWS = [
    [cell.strip().replace("`", "") for cell in line.strip("|\n").split("|")]
    for line in DOCUMENT.read_text().splitlines()
    if re.match(r"\| [A-Z]+[ (<_]", line) and line.count("|") == 6
]


class Index:
    def __index__(self) -> int:
        return 1


class Float:
    def __float__(self) -> float:
        return 1.5


NOW = dt.datetime(2024, 2, 29, 12)
# One value for each name in the table; ARRAYs and ROWs in it have INT elements, MAPs STRING keys.
SAMPLES: dict[str, Any] = {
    "bool": True,
    "int": 1,
    "float": 1.5,
    "Decimal": Decimal("1.5"),
    "str": "text",
    "bytes": b"bytes",
    "bytearray": bytearray(b"bytes"),
    "memoryview": memoryview(b"bytes"),
    "date": NOW.date(),
    "time": NOW.time(),
    "datetime": NOW,
    "aware datetime": NOW.replace(tzinfo=dt.timezone.utc),
    "list": [1],
    "tuple": (1,),
    "dict": {"a": 1},
    "set": {1},
    "Row": Row(a=1),
    "pyflink.common.Row": pyflink.common.Row(a=1),
    "Mapping": types.MappingProxyType({"a": 1}),
    "dataclass": dataclasses.make_dataclass("Data", ["a"])(1),
    "numpy.bool": np.True_,
    "numpy.integer": np.int16(1),
    "numpy.floating": np.float32(1.5),
    "numpy.complexfloating": np.complex128(1 + 2j),
    "numpy.datetime64": np.datetime64("2024-02-29"),
    "numpy.timedelta64": np.timedelta64(1, "ns"),
    "numpy.str_": np.str_("text"),
    "numpy.bytes_": np.bytes_(b"bytes"),
    "numpy.ndarray": np.array([1]),
    "array.array": array.array("i", [1]),
    "pyarrow.Array": pa.array([1]),
    "pandas.Series": pd.Series([1]),
    "__index__": Index(),
    "__float__": Float(),
}
# What numpy and pandas convert, but warn that they will not always.
DEPRECATED = {
    ("numpy.bool", "int"),
    ("numpy.bool", "Decimal"),
    ("numpy.ndarray", "float"),
    ("pandas.Series", "float"),
}
# What predict gets for a result that is accepted, by its name in the table.
INPUTS: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "Decimal": Decimal,
    "str": str,
    "bytes": bytes,
    "date": dt.date,
    "time": dt.time,
    "datetime": dt.datetime,
    "aware datetime": dt.datetime,
    "list": list,
    "dict": dict,
    "Row": Row,
}


def test_table_names_every_type_of_the_extension() -> None:
    """A type that is added must be documented."""
    assert len(ROWS) == 26
    assert {name for row in ROWS for name in row[4].split(", ")} <= SAMPLES.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_format_is_the_documented_one(row: list[str]) -> None:
    """The batch path exports the columns to pyarrow under this type."""
    sql_type, arrow_type, arrow_format, _, _ = row
    field = column("x", sql_type)
    assert field["arrow"] == arrow_format
    exported = pa.schema(_Schema(field)).field("x").type
    assert arrow_name(exported) == arrow_type


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_result_is_accepted_where_the_table_says_so(row: list[str], sample: str) -> None:
    """A value is never converted in a way that could lose information."""
    sql_type, _, _, given, accepted = row
    output = column("y", sql_type)
    if sample in accepted.split(", "):
        value = result_of(SAMPLES[sample], output)
        assert type(value) is INPUTS[given]
        assert (getattr(value, "tzinfo", None) is not None) == (given == "aware datetime")
    elif (sample, given) not in DEPRECATED:
        with pytest.raises(ConversionError, match="column 'y"):
            result_of(SAMPLES[sample], output)


class _Schema:
    """Has the schema of one column, for pyarrow."""

    def __init__(self, field: dict[str, Any]) -> None:
        from pyflink_ml_embedded._native import Columns

        self._columns = Columns([field])

    def __arrow_c_schema__(self) -> object:
        return self._columns.__arrow_c_schema__()


def arrow_name(arrow_type: pa.DataType) -> str:
    """Returns the type as the table names it."""
    aliases = {"string": "utf8", "float": "float32", "double": "float64"}
    text = re.sub(r"\[\w+\]|[(<].*", "", str(arrow_type))
    name = aliases.get(text, text)
    if pa.types.is_timestamp(arrow_type):
        return f"timestamp{' in UTC' if arrow_type.tz == 'UTC' else ''}, {arrow_type.unit}"
    return f"{name}, {arrow_type.unit}" if pa.types.is_time(arrow_type) else name
