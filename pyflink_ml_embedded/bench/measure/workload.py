# SPDX-License-Identifier: Apache-2.0
"""A workload: rows, and a model that predicts one result for each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..._native import Columns
from ..._schema import Schema, describe_column

__all__ = [
    "Workload",
    "batch_of",
    "describe_columns",
    "load",
    "save_expected",
    "to_tuples",
    "write",
]

_WORKLOAD = "workload.json"
_ROWS = "rows.arrow"
_EXPECTED = "expected.arrow"


@dataclass(frozen=True)
class Workload:
    """A model and its rows, in a directory.

    Attributes:
        name: name on the command line and in results.
        title: description in reports.
        input: the model's INPUT, as a column list of SQL.
        output: the model's OUTPUT, as a column list; its names differ from those of INPUT.
        model_directory: the directory of the class, or of the files that it loads.
        python_class: ``module.Class``.
        properties: the properties of the model.
        onnx_file: the file, if the model only runs it on a matrix of the columns.
        directory: the directory that ``write`` created.
    """

    name: str
    title: str
    input: str
    output: str
    model_directory: str
    python_class: str
    properties: Mapping[str, str] = field(default_factory=dict)
    onnx_file: str | None = None
    directory: str = ""

    @property
    def inputs(self) -> Schema:
        """The columns of INPUT."""
        return Schema.parse(self.input)

    @property
    def outputs(self) -> Schema:
        """The columns of OUTPUT."""
        return Schema.parse(self.output)

    @property
    def rows_file(self) -> Path:
        """The rows in Flink's JSON format, a line for each."""
        return Path(self.directory, "rows.jsonl")

    @property
    def result_file(self) -> Path:
        """The result of the first row in the same format."""
        return Path(self.directory, "result.jsonl")

    def rows(self) -> pa.RecordBatch:
        """Returns the rows."""
        return _read(Path(self.directory, _ROWS))

    def tuples(self) -> list[tuple[Any, ...]]:
        """Returns the rows as Python objects."""
        return to_tuples(self.rows())

    def expected(self) -> list[tuple[Any, ...]]:
        """Returns the expected result of each row."""
        return to_tuples(_read(Path(self.directory, _EXPECTED)))

    def describe(self) -> dict[str, Any]:
        """Returns the description for a report."""
        lines = self.rows_file.read_bytes().splitlines()
        return {
            "name": self.name,
            "title": self.title,
            "input": self.input,
            "output": self.output,
            "columns": len(self.inputs),
            "row_bytes": round(sum(map(len, lines)) / len(lines), 1),
        }


def write(workload: Workload, rows: pa.RecordBatch, directory: Path) -> Workload:
    """Writes the workload for all processes that run it; returns it with its directory."""
    directory.mkdir(parents=True, exist_ok=True)
    written = replace(workload, directory=str(directory))
    (directory / _WORKLOAD).write_text(json.dumps(asdict(written)))
    _write_batch(rows, directory / _ROWS)
    _write_lines(rows, written.rows_file)
    return written


def load(directory: str) -> Workload:
    """Reads a workload that ``write`` wrote."""
    return Workload(**json.loads(Path(directory, _WORKLOAD).read_text()))


def save_expected(workload: Workload, results: Sequence[Sequence[Any]]) -> None:
    """Saves the expected result of each row.

    Raises:
        ConversionError: a result does not fit the OUTPUT.
    """
    batch = batch_of(results, workload.output)
    _write_batch(batch, Path(workload.directory, _EXPECTED))
    _write_lines(batch.slice(0, 1), workload.result_file)


def describe_columns(columns: str) -> list[dict[str, Any]]:
    """Returns a SQL column list in the form that the C extension accepts."""
    return [describe_column(field.name, field.type) for field in Schema.parse(columns)]


def batch_of(rows: Sequence[Sequence[Any]], columns: str) -> pa.RecordBatch:
    """Returns rows of Python objects as a batch.

    Raises:
        ConversionError: a value does not fit its column; the message names row and column.
    """
    written = Columns(describe_columns(columns))
    written.write(rows)
    return pa.record_batch(written)


def to_tuples(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """Returns the rows of a batch as Python objects."""
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _write_batch(batch: pa.RecordBatch, file: Path) -> None:
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _read(file: Path) -> pa.RecordBatch:
    with pa.OSFile(str(file), "rb") as source:
        return pa.ipc.open_file(source).get_batch(0)


def _write_lines(batch: pa.RecordBatch, file: Path) -> None:
    names = batch.schema.names
    with file.open("w", encoding="utf-8") as lines:
        for values in to_tuples(batch):
            row = {name: _to_json(value) for name, value in zip(names, values, strict=True)}
            json.dump(row, lines, ensure_ascii=False, allow_nan=False)
            lines.write("\n")


_TO_JSON: dict[type, Callable[[Any], Any]] = {
    Decimal: str,
    bytes: lambda value: base64.b64encode(value).decode(),
    datetime: lambda value: value.isoformat(" ").replace("+00:00", "Z"),
    date: str,
    time: str,
    list: lambda value: [_to_json(item) for item in value],
    dict: lambda value: {name: _to_json(item) for name, item in value.items()},
}


def _to_json(value: Any) -> Any:
    """Returns a value in the form that Flink's JSON format reads."""
    convert = _TO_JSON.get(type(value))
    return value if convert is None else convert(value)
