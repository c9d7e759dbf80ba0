# SPDX-License-Identifier: Apache-2.0
"""Rows as JSON objects, one a line; or one array of objects when they are read."""

from __future__ import annotations

import base64
import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy
import pyarrow as pa

from ..._batch.arrow_casts import with_dicts
from ..._exceptions import ConversionError
from ..._local.model import input_columns
from ..._local.tables import find_columns
from ..._schema import Schema
from ..._types import SqlType
from ..output import CommandError

_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)\Z")

_Convert = Callable[[Any], Any]


class _Number(float):
    """A number with a fraction or an exponent, and its digits, of which DECIMAL has more."""

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def read_json(path: Path, inputs: Schema, rows: int) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a file, as ``read_batches``. A name that an object lacks is NULL.

    The other columns have the types of their values in the first part.
    """
    with path.open(encoding="utf-8") as file:
        objects = _objects(path, file)
        part = list(islice(objects, rows))
        if not part:
            return
        names = list(dict.fromkeys(name for each in part for name in each))
        indices = find_columns(inputs.names, names)
        reader = _PartReader(path, inputs, [names[index] for index in indices])
        others = [name for name in names if name not in reader.names]
        first, schema = 1, None
        while part:
            batch = reader.read(part, first)
            kept = [{name: each.get(name) for name in others} for each in part]
            try:
                table = pa.Table.from_pylist(kept, schema)
            except pa.ArrowException as error:
                raise CommandError(
                    f"'{path}', rows {first} to {first + len(part) - 1}: a column that is not in "
                    f"INPUT has values of several types: {error}"
                ) from None
            schema = table.schema
            both = dict(zip(reader.names, batch.columns, strict=True))
            both.update(zip(others, map(_one_array, table.columns), strict=True))
            yield pa.RecordBatch.from_pydict({name: both[name] for name in names})
            first += len(part)
            part = list(islice(objects, rows))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _objects(path: Path, file: TextIO) -> Iterator[dict[str, Any]]:
    position = file.tell()
    is_array = file.readline().lstrip().startswith("[")
    file.seek(position)
    texts: Iterable[tuple[str, str]]
    if is_array:
        parsed = _parsed(file.read(), f"'{path}'")
        numbered = ((f"element {number}", each) for number, each in enumerate(parsed, 1))
    else:
        texts = ((f"line {number}", line) for number, line in enumerate(file, 1) if line.strip())
        numbered = ((where, _parsed(line, f"'{path}', {where}")) for where, line in texts)
    for where, each in numbered:
        if not isinstance(each, dict):
            raise CommandError(f"'{path}', {where}: expected an object, got {type(each).__name__}")
        yield each


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_float=_Number)
    except ValueError as error:
        raise CommandError(f"{where}: not JSON: {error}") from None


class _PartReader:
    """Reads the columns of INPUT of JSON objects."""

    def __init__(self, path: Path, inputs: Schema, names: list[str]) -> None:
        self.names = names
        self._path = path
        self._columns = input_columns(inputs)
        self._converters = [_converter(field.sql_type) for field in inputs]

    def read(self, objects: list[dict[str, Any]], first: int) -> pa.RecordBatch:
        rows = [self._row(each, first + index) for index, each in enumerate(objects)]
        try:
            self._columns.write_rows(rows, len(rows))
        except ConversionError:
            for number, row in enumerate(rows, first):
                self._check(row, number)
            raise
        return pa.record_batch(self._columns)

    def _row(self, given: Mapping[str, Any], number: int) -> tuple[Any, ...]:
        values = []
        for name, convert in zip(self.names, self._converters, strict=True):
            try:
                value = given.get(name)
                values.append(None if value is None else convert(value))
            except (ValueError, TypeError, ArithmeticError, AttributeError):
                column = self._columns.names[self.names.index(name)]
                raise CommandError(
                    f"'{self._path}', row {number}: column '{column}': the value cannot be read "
                    "as one of its type"
                ) from None
        return tuple(values)

    def _check(self, row: tuple[Any, ...], number: int) -> None:
        try:
            self._columns.write([row])
        except ConversionError as error:
            raise CommandError(f"'{self._path}', row {number}: {error}") from None


def _converter(sql_type: SqlType) -> _Convert:
    """Returns what makes a value of the type from one of JSON that is not null."""
    if sql_type.root == "ROW":
        fields = [(name, _nullable(_converter(child))) for name, child in sql_type.children]
        return lambda value: {name: convert(value.get(name)) for name, convert in fields}
    if sql_type.root == "ARRAY":
        convert_item = _nullable(_converter(sql_type.children[0].type))
        return lambda value: [convert_item(item) for item in _checked(value, list)]
    if sql_type.root in ("MAP", "MULTISET"):
        convert_key = _converter(sql_type.children[0].type)
        convert_value = (
            _nullable(_converter(sql_type.children[1].type)) if sql_type.root == "MAP" else _as_is
        )
        return lambda value: {convert_key(k): convert_value(v) for k, v in value.items()}
    return _SIMPLE.get(sql_type.root, _as_is)


def _nullable(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _as_is(value: Any) -> Any:
    return value


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _decimal(value: Any) -> Decimal:
    return Decimal(getattr(value, "text", value))


def _timestamp(text: str) -> numpy.datetime64:
    zone = _ZONE.search(text)
    time = numpy.datetime64(_ZONE.sub("", text).replace(" ", "T"))
    if zone is None or zone[1] == "Z":
        return time
    offset = datetime.datetime.strptime(zone[1], "%z").utcoffset() or datetime.timedelta()
    return time - numpy.timedelta64(offset)


_SIMPLE: Mapping[str, _Convert] = {
    "BINARY": base64.b64decode,
    "VARBINARY": base64.b64decode,
    "DATE": datetime.date.fromisoformat,
    "TIME": datetime.time.fromisoformat,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_LTZ": _timestamp,
    "DECIMAL": _decimal,
}


def write_json(file: TextIO, batch: pa.RecordBatch) -> None:
    """Writes rows as JSON objects, one a line."""
    columns = [
        [_value(with_dicts(value, column.type)) for value in column.to_pylist()]
        for column in batch.columns
    ]
    for values in zip(*columns, strict=True):
        file.write(json.dumps(dict(zip(batch.schema.names, values, strict=True))) + "\n")


def _value(value: Any) -> Any:
    """Returns a value as JSON has it, in the form that ``read_json`` reads."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else str(_value(key)): _value(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
