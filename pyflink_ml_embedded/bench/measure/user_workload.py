# SPDX-License-Identifier: Apache-2.0
"""Makes a workload from the user's model and rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from ..._exceptions import ModelError
from ..._runtime.formats import find_class
from .workload import Workload, batch_of, write

__all__ = ["OwnWorkloadError", "write_own"]

_SCHEMA = re.compile(
    r"\s*INPUT\s*\((?P<input>.*)\)\s*OUTPUT\s*\((?P<output>.*)\)\s*", re.IGNORECASE | re.DOTALL
)
_MOST_ROWS = 4096
_READERS = {
    ".csv": pyarrow.csv.read_csv,
    ".json": pyarrow.json.read_json,
    ".jsonl": pyarrow.json.read_json,
    ".parquet": pyarrow.parquet.read_table,
}


class OwnWorkloadError(ValueError):
    """The user's model or rows are unusable; the message names the remedy."""


def write_own(
    model: Path,
    python_class: str | None,
    properties: Mapping[str, str],
    schema: str,
    data: Path,
    directory: Path,
) -> Workload:
    """Writes the workload ``own``.

    Args:
        model: the option ``model-directory-path``.
        python_class: the option ``python-predict-class``; None to derive it from the directory.
        properties: the options ``properties.*``, without that prefix.
        schema: ``INPUT (...) OUTPUT (...)``, as in CREATE MODEL.
        data: the rows, with the columns of INPUT: a file .csv (with a header), .json or .jsonl
            (an object on each line) or .parquet. The first 4096 are used.
        directory: the directory to write.

    Raises:
        OwnWorkloadError: an argument is unusable.
    """
    match = _SCHEMA.fullmatch(schema)
    if match is None:
        raise OwnWorkloadError(
            "--schema: expected 'INPUT (...) OUTPUT (...)' as in CREATE MODEL, e.g. "
            "'INPUT (amount DOUBLE) OUTPUT (score DOUBLE)'"
        )
    if not model.is_dir():
        raise OwnWorkloadError(f"--model: there is no directory {model}")
    try:
        python_class = python_class or find_class(str(model))
    except ModelError as error:
        raise OwnWorkloadError(f"--model: {error}") from None
    workload = Workload(
        name="own",
        title=f"{python_class} of {model.name}",
        input=match["input"].strip(),
        output=match["output"].strip(),
        model_directory=str(model.resolve()),
        python_class=python_class,
        properties=dict(properties),
    )
    for part, columns in (("INPUT", workload.input), ("OUTPUT", workload.output)):
        try:
            batch_of([], columns)
        except ValueError as error:
            raise OwnWorkloadError(
                f"--schema: a type in {part} ({columns}) is unknown; write types as SHOW CREATE"
                " MODEL does, e.g. DECIMAL(10, 2), TIMESTAMP(3), STRING"
            ) from error
    if common := set(workload.inputs.names) & set(workload.outputs.names):
        raise OwnWorkloadError(
            f"--schema: {', '.join(sorted(common))} is in INPUT and in OUTPUT; use other names"
        )
    return write(workload, _read(data, workload), directory)


def _read(data: Path, workload: Workload) -> pa.RecordBatch:
    schema = batch_of([], workload.input).schema
    reader = _READERS.get(data.suffix)
    if reader is None:
        raise OwnWorkloadError(f"--data: expected a file {', '.join(_READERS)}, got {data.name}")
    try:
        table = reader(data).slice(0, _MOST_ROWS)
    except (OSError, pa.ArrowException) as error:
        raise OwnWorkloadError(f"--data: {data} cannot be read: {error}") from error
    if table.num_rows == 0:
        raise OwnWorkloadError(f"--data: {data} has no rows")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            raise OwnWorkloadError(
                f"--data: {data} has no column '{field.name}'; it has: "
                + ", ".join(table.column_names)
            )
        try:
            columns.append(table[field.name].cast(field.type).combine_chunks())
        except pa.ArrowException:
            raise OwnWorkloadError(
                f"--data: column '{field.name}' of {data} is {table[field.name].type}, which does "
                f"not fit {workload.inputs[field.name].type}"
            ) from None
    return pa.record_batch(columns, schema=schema)
