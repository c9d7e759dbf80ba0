# SPDX-License-Identifier: Apache-2.0
"""Writes files of rows, which appear when they are complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ..output import CommandError, UsageError
from .json_rows import write_json

Write = Callable[[pa.RecordBatch], Any]

_SUFFIXES = (".csv", ".json", ".jsonl", ".ndjson", ".parquet")


def check_output(path: Path) -> None:
    """Checks that a file can be written.

    Raises:
        UsageError: its name does not say its format.
        CommandError: its directory does not exist.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"'{path}': the name of the file ends in none of {', '.join(_SUFFIXES)}, which say its "
            "format"
        )
    if not path.resolve().parent.is_dir():
        raise CommandError(f"'{path.resolve().parent}' is not a directory")


@contextmanager
def open_output(path: Path, schema: pa.Schema) -> Iterator[Write]:
    """Yields a function that writes batches of rows.

    The rows are in a file with another name until the block ends, which replaces the file.

    Raises:
        CommandError: the format of the file has no form for a column.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with _WRITERS.get(path.suffix.lower(), _json_writer)(partial, schema) as write:
            yield write
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _csv_writer(path: Path, schema: pa.Schema) -> Iterator[Write]:
    for field in schema:
        if pa.types.is_nested(field.type):
            raise CommandError(
                f"CSV has no form for column '{field.name}' of type {field.type}. Write a .jsonl "
                "or .parquet file"
            )
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        yield writer.write_batch


@contextmanager
def _parquet_writer(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        yield writer.write_batch


@contextmanager
def _json_writer(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda batch: write_json(file, batch)


_WRITERS = {".csv": _csv_writer, ".parquet": _parquet_writer}
