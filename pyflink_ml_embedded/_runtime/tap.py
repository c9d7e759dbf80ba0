# SPDX-License-Identifier: Apache-2.0
"""Writes a sample of inputs and outputs to Parquet files (``tap-directory``)."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from .._native import Columns
from .atomic_files import AtomicFiles

_log = logging.getLogger(__name__)

# A file is written when its rows have one of these numbers, bytes or seconds.
_MAX_ROWS = 10_000
_MAX_BYTES = 16 << 20
_MAX_SECONDS = 300.0

_NEVER = 1 << 62

# The only row of a call, which is that of nearly all calls on the row path.
_FIRST = pa.array([0], pa.int32())

_KEYS = (
    pa.field("time", pa.timestamp("us", "UTC")),
    pa.field("model_version", pa.string()),
    pa.field("row_number", pa.int64()),
    pa.field("result_number", pa.int32()),
)


class Tap:
    """The sample of one open function: what ``OpenFunction.set_tap`` takes.

    Rows wait in memory until there are enough for a file.

    Args:
        model: the model's name.
        path: of the files, without their number and suffix.
        ratio: the part of the rows to write, above 0 and at most 1.
        version: the version of the model's files, or None.
    """

    def __init__(self, model: str, path: str, ratio: float, version: str | None) -> None:
        self._model = model
        self._path = path
        self._version = version
        self._skips = _Skips(ratio)
        self._file = AtomicFiles(f"Model '{model}': the sample of rows", "tap-directory")
        self._files = 0
        self._schemas: tuple[pa.Schema, pa.Schema, pa.Schema] | None = None
        self._clear()

    def rows_to_first(self) -> int:
        """Returns the number of the first row of the sample, from 1."""
        return self._skips.next()

    def __call__(
        self,
        inputs: Columns,
        start: int,
        count: int,
        first: int,
        outputs: Columns,
        offsets: bytes,
        row_number: int,
    ) -> int:
        """Takes rows and their results. Raises nothing."""
        rows = [first]
        while (row := rows[-1] + self._skips.next()) < count:
            rows.append(row)
        try:
            self._add(inputs, start, count, rows, outputs, offsets, row_number)
        except Exception as error:
            _log.warning(
                "Model '%s': a row for 'tap-directory' cannot be copied: %s: %s. No more rows "
                "are written. The job goes on",
                self._model,
                type(error).__name__,
                error,
            )
            return _NEVER
        return row - count + 1

    def write(self) -> None:
        """Writes the rows that wait, and forgets them in any case."""
        if not self._keys:
            return
        keys, batches = self._keys, self._batches
        self._clear()
        self._files += 1

        def fill(target: object) -> None:
            columns = [
                pa.array(values, field.type)
                for field, values in zip(_KEYS, zip(*keys, strict=True), strict=True)
            ]
            values = pa.Table.from_batches(batches)
            schema = pa.schema([*_KEYS, *values.schema])
            pq.write_table(pa.Table.from_arrays([*columns, *values.columns], schema=schema), target)

        self._file.write(f"{self._path}-{self._files:06}.parquet", fill)

    def _add(
        self,
        inputs: Columns,
        start: int,
        count: int,
        rows: list[int],
        outputs: Columns,
        offsets: bytes,
        row_number: int,
    ) -> None:
        if self._schemas is None:
            self._schemas = _schemas(pa.schema(inputs), pa.schema(outputs))
        of_inputs, of_outputs, of_both = self._schemas
        now = time.time_ns() // 1000
        input_rows: list[int] = []
        output_rows: list[int | None] = []
        for row, result, number in _results_of(rows, memoryview(offsets).cast("i")):
            input_rows.append(row)
            output_rows.append(result)
            self._keys.append((now, self._version, row_number + row, number))
        taken = _copy(inputs, start, count, of_inputs, input_rows)
        results = _copy(outputs, 0, len(outputs), of_outputs, output_rows)
        both = pa.RecordBatch.from_arrays([*taken.columns, *results.columns], schema=of_both)
        self._batches.append(both)
        self._bytes += both.nbytes
        if (
            len(self._keys) >= _MAX_ROWS
            or self._bytes >= _MAX_BYTES
            or time.monotonic() - self._begun >= _MAX_SECONDS
        ):
            self.write()

    def _clear(self) -> None:
        self._begun = time.monotonic()
        self._bytes = 0
        self._keys: list[tuple[int, str | None, int, int | None]] = []
        self._batches: list[pa.RecordBatch] = []


class _Skips:
    """The distances between the rows of a sample in which each row is with the same chance."""

    def __init__(self, ratio: float) -> None:
        self._scale = None if ratio >= 1 else math.log1p(-ratio)

    def next(self) -> int:
        if self._scale is None:
            return 1
        return 1 + int(math.log(1.0 - random.random()) / self._scale)


def _results_of(
    rows: list[int], ends: memoryview[int]
) -> Iterator[tuple[int, int | None, int | None]]:
    """Yields each row with each of its results and the number of the result, or with none."""
    for row in rows:
        first, end = ends[row - 1] if row else 0, ends[row]
        if first == end:
            yield row, None, None
        for result in range(first, end):
            yield row, result, result - first


def _schemas(inputs: pa.Schema, outputs: pa.Schema) -> tuple[pa.Schema, pa.Schema, pa.Schema]:
    """Returns both schemas, and that of both sides in a file."""
    fields = [
        pa.field(prefix + field.name, field.type)
        for prefix, schema in (("input_", inputs), ("output_", outputs))
        for field in schema
    ]
    return inputs, outputs, pa.schema(fields)


def _copy(
    columns: Columns, start: int, count: int, schema: pa.Schema, rows: Sequence[int | None]
) -> pa.RecordBatch:
    batch = pa.RecordBatch._import_from_c(columns.export(start, count), schema)
    return batch.take(_FIRST if rows == [0] else pa.array(rows, pa.int32()))
