# SPDX-License-Identifier: Apache-2.0
"""Reads files of rows in parts, with the types of a model's INPUT."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ..._local.model import input_columns
from ..._local.tables import find_columns
from ..._schema import Schema
from ..output import CommandError, UsageError
from .json_rows import read_json

_CSV_ERROR = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?")
# What pyarrow prints of a line with another number of columns.
_VALUES = re.compile(r"(?<=\d): (?!Expected).*", re.DOTALL)

_Reader = Callable[[Path, Schema, int], Iterator[pa.RecordBatch]]


def read_batches(path: Path, inputs: Schema, rows: int) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a file in parts of about this many rows.

    Args:
        path: a CSV file with a header; a JSON file with one object a line, or with one array of
            objects; or a Parquet file.
        inputs: the columns that the file must have. CSV and JSON values are read as their types;
            the other columns of a CSV file are texts.
        rows: the number of rows.

    Raises:
        UsageError: the name of the file does not say its format.
        CommandError: the file cannot be read.
        ModelError: the file does not have the columns.
    """
    if path.suffix.lower() not in _READERS:
        raise UsageError(
            f"'{path}': the name of the file ends in none of {', '.join(_READERS)}, which say its "
            "format"
        )
    if not path.is_file():
        raise CommandError(f"'{path}' is not a file")
    yield from _READERS[path.suffix.lower()](path, inputs, rows)


def _read_csv(path: Path, inputs: Schema, _: int) -> Iterator[pa.RecordBatch]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file), [])
    types = dict.fromkeys(names, pa.string())
    schema = pa.schema(input_columns(inputs))
    for index, field in zip(find_columns(inputs.names, names), schema, strict=True):
        if pa.types.is_nested(field.type):
            raise CommandError(
                f"'{path}': CSV has no form for column '{field.name}' of type "
                f"{inputs[field.name].type}. Use a JSON or Parquet file"
            )
        types[names[index]] = field.type
    options = pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    try:
        # With one thread messages have the number of the row.
        reading = pyarrow.csv.ReadOptions(use_threads=False)
        yield from pyarrow.csv.open_csv(path, reading, convert_options=options)
    except pa.ArrowInvalid as error:
        raise CommandError(f"'{path}': {_describe(error, names, types)}") from None


def _describe(error: Exception, names: Sequence[str], types: dict[str, Any]) -> str:
    found = _CSV_ERROR.match(str(error))
    if found is None:
        return _VALUES.sub("", str(error))
    name = names[int(found[1])]
    where = f"line {found[2]}, " if found[2] else ""
    return f"{where}column '{name}': the text is not a value of type {types[name]}"


def _read_parquet(path: Path, inputs: Schema, rows: int) -> Iterator[pa.RecordBatch]:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            find_columns(inputs.names, file.schema_arrow.names)
            yield from file.iter_batches(batch_size=rows)
    except pa.ArrowException as error:
        raise CommandError(f"'{path}': {error}") from None


_READERS: dict[str, _Reader] = {
    ".csv": _read_csv,
    ".json": read_json,
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".parquet": _read_parquet,
}
