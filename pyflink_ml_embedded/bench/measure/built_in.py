# SPDX-License-Identifier: Apache-2.0
"""The built-in workloads."""

from __future__ import annotations

import json
import random
import shutil
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from .workload import Workload, batch_of, write

__all__ = ["WORKLOADS", "write_built_in"]

_MODELS = Path(__file__).parents[1] / "models"
_FEATURES = 32
_MOST_ROWS = 1024
_MOST_BYTES = 16 << 20  # of all rows of a workload together
_SEED = 7

_MakeRow = Callable[[random.Random], Sequence[Any]]


@dataclass(frozen=True)
class _Definition:
    """The definition of a workload.

    Attributes:
        title: a description for people.
        input: the types of INPUT.
        output: the types of OUTPUT.
        python_class: ``module.Class`` in ``_MODELS``.
        make_row: returns the values of a row.
        row_bytes: the approximate size of a row, if it is large.
        model: the model's file, which the function ``write_<model>`` of ``onnx_models`` writes.
        is_matrix: whether the class only runs the file on a matrix of the columns.
    """

    title: str
    input: Sequence[str]
    output: Sequence[str]
    python_class: str
    make_row: _MakeRow
    row_bytes: int = 1
    model: str | None = None
    is_matrix: bool = False


def _doubles(count: int) -> _Definition:
    types = ["DOUBLE"] * count
    title = "1 DOUBLE" if count == 1 else f"{count} DOUBLEs"
    return _Definition(
        f"identity, {title}",
        types,
        types,
        "identity.Identity",
        lambda dice: [dice.gauss(0, 1000) for _ in types],
    )


def _text(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(string.ascii_letters, k=length))


def _strings(length: int) -> _Definition:
    types = ["STRING"] * 4
    return _Definition(
        f"identity, 4 STRINGs of {length:,} bytes",
        types,
        types,
        "identity.Identity",
        lambda dice: [_text(dice, length) for _ in types],
        row_bytes=4 * length,
    )


_MIXED: Mapping[str, Callable[[random.Random], Any]] = {
    "BIGINT": lambda dice: dice.randrange(-(2**63), 2**63),
    "INT": lambda dice: dice.randrange(-(2**31), 2**31),
    "BOOLEAN": lambda dice: dice.random() < 0.5,
    "FLOAT": lambda dice: dice.randrange(1 << 24) / 1024,
    "DOUBLE": lambda dice: dice.gauss(0, 1000),
    "STRING": lambda dice: _text(dice, dice.randint(10, 20)),
    "DECIMAL(10, 2)": lambda dice: Decimal(dice.randrange(10**10)).scaleb(-2),
    "DECIMAL(38, 18)": lambda dice: Decimal(
        f"{dice.randrange(10**20)}.{dice.randrange(10**18):018}"
    ),
    "DATE": lambda dice: date(1970, 1, 1) + timedelta(days=dice.randrange(36500)),
    # PyFlink has 31 bits for the seconds.
    "TIMESTAMP(3)": lambda dice: (
        datetime(1970, 1, 1) + timedelta(milliseconds=dice.randrange(2_000_000_000_000))
    ),
}


def _onnx(title: str, model: str, outputs: int) -> _Definition:
    return _Definition(
        f"ONNX, {title}, {_FEATURES} features",
        ["DOUBLE"] * _FEATURES,
        ["DOUBLE"] * outputs,
        "onnx_matrix.OnnxMatrix",
        # 20 bits, which a FLOAT can also represent.
        lambda dice: [dice.getrandbits(20) / (1 << 20) for _ in range(_FEATURES)],
        model=model,
        is_matrix=True,
    )


def _json(size: int) -> _Definition:
    def make_row(dice: random.Random) -> Sequence[Any]:
        record = {"id": dice.randrange(10**6), "value": dice.randrange(10**9), "text": ""}
        record["text"] = _text(dice, size - len(json.dumps(record)))
        return [json.dumps(record)]

    return _Definition(
        f"a field of a JSON object of {size:,} bytes",
        ["STRING"],
        ["BIGINT"],
        "json_field.JsonField",
        make_row,
        row_bytes=size,
    )


_REVIEW = """
The flight was late again and the crew was friendly but the food was very bad because we never get
good service on this slow airline. A great seat, not awful, always early, and they will fly again.
"""
_WORDS = _REVIEW.split()

_DEFINITIONS: Mapping[str, _Definition] = {
    **{f"doubles_{count}": _doubles(count) for count in (1, 8, 32, 128)},
    **{f"strings_{length}": _strings(length) for length in (10, 100, 1000, 10_000)},
    "mixed": _Definition(
        "identity, 10 columns of different types",
        list(_MIXED),
        list(_MIXED),
        "identity.Identity",
        lambda dice: [make(dice) for make in _MIXED.values()],
    ),
    "embedding": _Definition(
        "an embedding of 384 FLOATs for a BIGINT",
        ["BIGINT"],
        ["ARRAY<FLOAT>"],
        "embedding.Embedding",
        lambda dice: [dice.randrange(10**6)],
    ),
    "onnx_lr": _onnx("logistic regression", "linear", 2),
    "onnx_mlp": _onnx("layers of 64, 32 and 2", "mlp", 2),
    "onnx_boosted": _onnx("100 boosted trees", "boosted", 1),
    "transformer": _Definition(
        "ONNX, a transformer of 2 blocks on texts of 10 to 40 words",
        ["STRING"],
        ["DOUBLE", "DOUBLE"],
        "transformer.Transformer",
        lambda dice: [" ".join(dice.choices(_WORDS, k=dice.randint(10, 40)))],
        model="transformer",
    ),
    **{f"json_{size}": _json(size) for size in (100, 1000, 10_000, 100_000)},
}

WORKLOADS = {name: definition.title for name, definition in _DEFINITIONS.items()}


def write_built_in(name: str, directory: Path) -> Workload:
    """Writes a workload, which is the same each time.

    Args:
        name: a key of ``WORKLOADS``.
        directory: the directory of the workload.
    """
    definition = _DEFINITIONS[name]
    # PyFlink needs different names for the files of different jobs in a JVM.
    model_directory = directory / f"{name}_model"
    model_directory.mkdir(parents=True, exist_ok=True)
    module = definition.python_class.partition(".")[0]
    shutil.copy(_MODELS / f"{module}.py", model_directory)
    file = None
    if definition.model is not None:
        file = model_directory / f"{definition.model}.onnx"
        _write_model(definition.model, file)
    workload = Workload(
        name=name,
        title=definition.title,
        input=_columns("x", definition.input),
        output=_columns("y", definition.output),
        model_directory=str(model_directory),
        python_class=definition.python_class,
        onnx_file=str(file) if definition.is_matrix else None,
    )
    return write(workload, _make_rows(definition), directory)


def _columns(prefix: str, types: Sequence[str]) -> str:
    return ", ".join(f"{prefix}{index} {kind}" for index, kind in enumerate(types))


def _make_rows(definition: _Definition) -> pa.RecordBatch:
    count = min(_MOST_ROWS, _MOST_BYTES // definition.row_bytes)
    dice = random.Random(_SEED)
    rows = [definition.make_row(dice) for _ in range(count)]
    return batch_of(rows, _columns("x", definition.input))


def _write_model(name: str, file: Path) -> None:
    from . import onnx_models

    getattr(onnx_models, f"write_{name}")(file)
