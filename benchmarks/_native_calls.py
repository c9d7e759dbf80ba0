# SPDX-License-Identifier: Apache-2.0
"""Runs under callgrind: counts the instructions of calls of the C extension that is imported."""

from __future__ import annotations

import contextvars
import ctypes
import gc
import importlib.util
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_CALLS = 64  # a multiple of the numbers after which the extension does something once
_ROWS = 64
_FLOATS = 64
_TENSOR = 32

_VALUES: dict[str, Callable[[random.Random], Any]] = {
    "BOOLEAN": lambda dice: dice.random() < 0.5,
    "INT": lambda dice: dice.randrange(-(2**31), 2**31),
    "BIGINT": lambda dice: dice.randrange(-(2**63), 2**63),
    "DOUBLE": random.Random.random,
    "STRING": lambda dice: dice.randbytes(8).hex(),
    "DATE": lambda dice: date(1970, 1, 1) + timedelta(dice.randrange(36500)),
    "TIMESTAMP(6)": lambda dice: datetime(1970, 1, 1) + timedelta(dice.random() * 36500),
    "DECIMAL(10, 2)": lambda dice: Decimal(dice.randrange(10**9, 10**10)).scaleb(-2),
    "ARRAY<FLOAT>": lambda dice: [dice.randrange(1000) / 8 for _ in range(_FLOATS)],
}

_COLUMNS = {
    "1 DOUBLE": ["DOUBLE"],
    "32 DOUBLEs": ["DOUBLE"] * 32,
    "4 STRINGs": ["STRING"] * 4,
    "10 mixed columns": [
        *("BIGINT", "INT", "DOUBLE", "DOUBLE", "STRING", "STRING"),
        *("BOOLEAN", "DATE", "TIMESTAMP(6)", "DECIMAL(10, 2)"),
    ],
    f"ARRAY<FLOAT> of {_FLOATS}": ["ARRAY<FLOAT>"],
}


def _describe(types: Sequence[str]) -> list[dict[str, Any]]:
    from pyflink_ml_embedded.bench.measure.workload import describe_columns

    return describe_columns(", ".join(f"x{index} {name}" for index, name in enumerate(types)))


def _rows(types: Sequence[str], count: int) -> list[tuple[Any, ...]]:
    dice = random.Random(1)
    return [tuple(_VALUES[name](dice) for name in types) for _ in range(count)]


def _columns(types: Sequence[str]) -> Any:
    from pyflink_ml_embedded._native import Columns

    columns = Columns(_describe(types))
    columns.write(_rows(types, _ROWS))
    return columns


def _open(types: Sequence[str], batch_size: int, **options: Any) -> Any:
    """Returns an open function that predicts its input."""
    from pyflink_ml_embedded._native import OpenFunction

    function = SimpleNamespace(predict=lambda row: [tuple(row)])
    columns = _describe(types)
    context = contextvars.Context()
    return OpenFunction(function, "m", columns, columns, context, batch_size=batch_size, **options)


def _predict_row(types: Sequence[str]) -> Callable[[], Any]:
    return partial(_open(types, 0), *_rows(types, 1))


def _predict_rows(types: Sequence[str]) -> Callable[[], Any]:
    return partial(_open(types, _ROWS).predict_batch, _rows(types, _ROWS))


def _export(types: Sequence[str]) -> Callable[[], Any]:
    export: Callable[[], Any] = _columns(types).__arrow_c_array__
    return export


def _import(types: Sequence[str]) -> Callable[[], Any]:
    import pyarrow

    columns = _columns(types)
    arrays = pyarrow.record_batch(columns).columns
    return partial(_columns(types).write_columns, arrays, _ROWS)


def _read(types: Sequence[str]) -> Callable[[], Any]:
    read: Callable[[], Any] = _columns(types).rows
    return read


def _write(types: Sequence[str]) -> Callable[[], Any]:
    return partial(_columns(types).write, _rows(types, _ROWS))


def _matrix(types: Sequence[str]) -> Callable[[], Any]:
    import numpy

    return partial(_columns(types).feature_matrix, 0, _ROWS, numpy.empty, "float32")


def _engine(batch_size: int) -> Any:
    """Returns a function that C predicts with an ONNX file, which returns its 32 numbers."""
    from onnx import TensorProto, helper

    from pyflink_ml_embedded._native import OnnxEngine, OnnxSession

    spec = importlib.util.find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    (library,) = Path(spec.origin).parent.glob("capi/libonnxruntime.so.*")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", _TENSOR]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    file = Path(sys.argv[1], "model.onnx")
    file.write_bytes(model.SerializeToString())
    inputs, outputs = (((name, "float32", 0, _TENSOR, 0, (_TENSOR,), False, ()),) for name in "xy")
    engine = OnnxEngine(OnnxSession(str(library), str(file), 99, 1, False), inputs, outputs, 0)
    return _open(["DOUBLE"] * _TENSOR, batch_size, engine=engine)


def _predict_row_by_engine() -> Callable[[], Any]:
    return partial(_engine(0), *_rows(["DOUBLE"] * _TENSOR, 1))


def _predict_rows_by_engine() -> Callable[[], Any]:
    return partial(_engine(_ROWS).predict_batch, _rows(["DOUBLE"] * _TENSOR, _ROWS))


CASES: dict[str, Callable[[], Callable[[], Any]]] = {
    **{
        f"{step}, {title}": partial(make, types)
        for step, make in (
            ("predict a row", _predict_row),
            (f"predict {_ROWS} rows", _predict_rows),
            (f"{_ROWS} rows from Arrow", _read),
            (f"{_ROWS} rows to Arrow", _write),
            (f"export {_ROWS} rows", _export),
            (f"import {_ROWS} rows", _import),
        )
        for title, types in _COLUMNS.items()
    },
    f"matrix of {_ROWS} rows, 32 DOUBLEs": partial(_matrix, _COLUMNS["32 DOUBLEs"]),
    "ONNX engine, a row": _predict_row_by_engine,
    f"ONNX engine, {_ROWS} rows": _predict_rows_by_engine,
}
"""Title of a case -> makes the function that is called."""


def main() -> None:
    """Counts the given cases, and writes for each the number of calls, or why it failed.

    Arguments: a directory for files, which has the library ``marks.so``, and titles of cases.
    """
    import pyflink_ml_embedded._native

    tree, extension = os.environ["PYTHONPATH"], pyflink_ml_embedded._native.__file__
    if not Path(extension).is_relative_to(tree):
        sys.exit(f"the C extension was imported from {extension}, not from {tree}")
    directory = Path(sys.argv[1])
    marks = ctypes.PyDLL(str(directory / "marks.so"))
    outcomes: dict[str, int | str] = {}
    gc.disable()
    for title in sys.argv[2:]:
        try:
            call = CASES[title]()
            for _ in repeat(None, _CALLS):
                call()
        except Exception as error:
            outcomes[title] = f"{type(error).__name__}: {error}"
            continue
        marks.begin_count()
        for _ in repeat(None, _CALLS):
            call()
        marks.end_count(title.encode())
        outcomes[title] = _CALLS
    (directory / "outcomes.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main()
