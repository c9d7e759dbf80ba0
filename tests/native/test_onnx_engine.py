# SPDX-License-Identifier: Apache-2.0
"""OnnxEngine predicts with ONNX Runtime's C library, and leaves to Python what it cannot."""

from __future__ import annotations

import contextvars
import glob
import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from pyflink_ml_embedded._native import OnnxEngine, OnnxSession, OpenFunction

from .allocations import assert_survives_failed_allocations
from .columns import column

DECLINED = "Python was asked"
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "bool": TensorProto.BOOL,
    **{name: TensorProto.DataType.Value(name.upper()) for name in INTEGERS},
}
SQL_TYPES = {"float32": "FLOAT", "float64": "DOUBLE", "bool": "BOOLEAN"}


def library():
    """Returns the path of the C library, without importing onnxruntime."""
    spec = importlib.util.find_spec("onnxruntime")
    (found,) = glob.glob(f"{spec.submodule_search_locations[0]}/capi/libonnxruntime.so.*")
    return found


class Declining:
    """A function that shows that the engine declined."""

    def predict(self, data):
        raise LookupError(DECLINED)

    def predict_all(self, columns, start, count):
        raise LookupError(DECLINED)


class Model:
    """A file whose outputs are its inputs, and a function for its columns.

    Args:
        directory: where the file is written.
        tensors: {name: (dtype, shape of one row)}, with None for an open size.
        inputs: {name: (SQL type, name of the tensor)}; columns of a tensor are beside each other.
        batch_size: the size of a batch, or 0 to predict row by row.
        rows: how many rows the file takes in one call, or 0 for any number.
    """

    def __init__(self, directory, tensors, inputs, outputs=None, batch_size=0, rows=0):
        self.session = load(directory, tensors, rows)
        outputs = outputs or inputs
        sides = [self._described(tensors, side, prefix) for side, prefix in
                 ((inputs, ""), (outputs, "y_"))]  # fmt: skip
        self.engine = OnnxEngine(self.session, *sides, rows)
        python = Declining()
        self.opened = OpenFunction(
            python,
            "m",
            [column(name, sql_type) for name, (sql_type, _) in inputs.items()],
            [column(name, sql_type) for name, (sql_type, _) in outputs.items()],
            contextvars.Context(),
            True,
            batch_size,
            (lambda output: python.predict_all) if batch_size else None,
            None,
            self.engine,
        )

    def _described(self, tensors, columns, prefix):
        names = [name for _, name in columns.values()]
        described = []
        for name in dict.fromkeys(names):
            dtype, shape = tensors[name]
            sql_type = next(given for given, tensor in columns.values() if tensor == name)
            depth = sql_type.count("ARRAY")
            sizes = tuple(-1 if size is None else size for size in shape)
            first, count = names.index(name), names.count(name)
            described.append((prefix + name, dtype, first, count, depth, sizes, False, ()))
        return tuple(described)

    def row(self, *values):
        """Returns the values of the one result."""
        ((result),) = self.opened(values)
        return list(result)

    def batch(self, *rows):
        """Returns the values of the result of each row."""
        return [list(result) for (result,) in self.opened.predict_batch(rows)]


def load(directory, tensors, rows=0):
    """Writes a file whose outputs y_NAME are its inputs, and loads it."""
    first = rows or "N"
    infos = [
        [helper.make_tensor_value_info(prefix + name, TYPES[dtype], [first, *shape])
         for name, (dtype, shape) in tensors.items()]
        for prefix in ("", "y_")
    ]  # fmt: skip
    nodes = [helper.make_node("Identity", [name], [f"y_{name}"]) for name in tensors]
    graph = helper.make_graph(nodes, "g", *infos)
    opsets = [helper.make_opsetid("", 17)]
    path = Path(directory) / "model.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    )
    return OnnxSession(library(), str(path), 99, 1, False)


NUMBERS = {"TINYINT": -7, "SMALLINT": -300, "INT": 70_000, "BIGINT": 2**53 + 1, "BOOLEAN": True,
           "FLOAT": 0.5, "DOUBLE": 0.1}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sql_type", NUMBERS)
def test_numbers_become_floats_as_in_numpy(tmp_path, dtype, sql_type):
    """Integers become doubles first, and null is NaN."""
    model = Model(
        tmp_path,
        {"x": (dtype, [2])},
        {"a": (sql_type, "x"), "b": (sql_type, "x")},
        {"p": ("DOUBLE", "x"), "q": ("DOUBLE", "x")},
    )
    number = NUMBERS[sql_type]
    expected = float(np.float64(number).astype(dtype))
    if sql_type == "FLOAT":
        expected = float(np.float32(number))
    first, second = model.row(number, None)
    assert first == expected
    assert math.isnan(second)


@pytest.mark.parametrize("dtype", [*INTEGERS, "bool"])
def test_integers_reach_each_type_up_to_its_limits(tmp_path, dtype):
    """A number that does not fit, or null, is left to Python."""
    sql_type = "BOOLEAN" if dtype == "bool" else "BIGINT"
    model = Model(tmp_path, {"x": (dtype, [1])}, {"a": (sql_type, "x")})
    if dtype == "bool":
        limits, beyond = [False, True], [None]
    else:
        info = np.iinfo(dtype)
        limits = [int(info.min), min(int(info.max), 2**63 - 1)]
        beyond = [value for value in (info.min - 1, info.max + 1) if -(2**63) <= value < 2**63]
    for value in limits:
        assert model.row(value) == [value]
    for value in [*beyond, None]:
        with pytest.raises(LookupError, match=DECLINED):
            model.row(value)


def test_number_that_becomes_infinite_is_declined(tmp_path):
    """The memory of a null may hold an old number, which must not count."""
    model = Model(tmp_path, {"x": ("float32", [2])}, {"a": ("DOUBLE", "x"), "b": ("DOUBLE", "x")})
    with pytest.raises(LookupError, match=DECLINED):
        model.row(1e300, 1.0)
    assert repr(model.row(None, 1.0)) == "[nan, 1.0]"
    assert model.row(math.inf, -math.inf) == [math.inf, -math.inf]


def test_result_that_does_not_fit_its_column_is_declined(tmp_path):
    """Python's error names the column."""
    model = Model(tmp_path, {"x": ("int64", [1])}, {"a": ("BIGINT", "x")}, {"y": ("INT", "x")})
    assert model.row(2**31 - 1) == [2**31 - 1]
    with pytest.raises(LookupError, match=DECLINED):
        model.row(2**31)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32"])
@pytest.mark.parametrize("sql_type", ["BIGINT", "INT", "BOOLEAN"])
def test_arrays_have_their_lengths(tmp_path, dtype, sql_type):
    """Elements of the same type are read where they are, others are converted."""
    model = Model(
        tmp_path,
        {"x": (dtype, [None]), "m": (dtype, [2, None])},
        {"a": (f"ARRAY<{sql_type}>", "x"), "b": (f"ARRAY<ARRAY<{sql_type}>>", "m")},
        {"p": ("ARRAY<DOUBLE>", "x"), "q": ("ARRAY<ARRAY<DOUBLE>>", "m")},
        batch_size=64,
    )
    zero, one = (False, True) if sql_type == "BOOLEAN" else (0, 1)
    rows = [
        ([(zero, one)[i % 2]] * (1 + i % 3), [[one] * (1 + i % 2), [zero] * (1 + i % 2)])
        for i in range(40)
    ]
    assert model.batch(*rows) == [list(row) for row in rows]
    assert model.batch(*rows[:1] * 5) == [list(rows[0])] * 5


def test_null_among_booleans_of_an_array_is_nan(tmp_path):
    """As in Python: only a null among integers is an error."""
    model = Model(
        tmp_path,
        {"x": ("float32", [None])},
        {"a": ("ARRAY<BOOLEAN>", "x")},
        {"y": ("ARRAY<FLOAT>", "x")},
        batch_size=8,
    )
    assert repr(model.batch(([True, None, False],))) == "[[[1.0, nan, 0.0]]]"


@pytest.mark.parametrize(
    "value",
    [None, [], [None, 1], [[1], [1, 2]], [[1, 2], None], [[1, 2]], [[None, 1], [1, 2]], [[], []]],
)
def test_unusual_arrays_are_declined(tmp_path, value):
    """Nulls among integers, ragged and empty ARRAYs, and wrong lengths."""
    nested = isinstance(value, list) and any(isinstance(part, list) for part in value)
    model = Model(
        tmp_path,
        {"x": ("float32", [2, 2] if nested else [None])},
        {"a": ("ARRAY<ARRAY<INT>>" if nested else "ARRAY<INT>", "x")},
        {"y": ("ARRAY<ARRAY<FLOAT>>" if nested else "ARRAY<FLOAT>", "x")},
        batch_size=8,
    )
    with pytest.raises(LookupError, match=DECLINED):
        model.batch((value,))
    assert model.batch(([[1, 2], [3, 4]] if nested else [1],))


def test_null_among_floats_is_nan(tmp_path):
    """As in a numpy array of them."""
    model = Model(tmp_path, {"x": ("float32", [None])}, {"a": ("ARRAY<FLOAT>", "x")})
    assert repr(model.row([1.0, None])) == "[[1.0, nan]]"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_fixed_rows_are_filled(tmp_path, count):
    """Results of the copies are dropped."""
    model = Model(
        tmp_path,
        {"x": ("float32", [1]), "v": ("int64", [2])},
        {"a": ("DOUBLE", "x"), "b": ("ARRAY<BIGINT>", "v")},
        batch_size=16,
        rows=3,
    )
    rows = [[float(i), [i, -i]] for i in range(count)]
    assert model.batch(*rows) == rows


def test_rows_of_many_batches_keep_their_results(tmp_path):
    """Memory of one call is used by the next."""
    model = Model(
        tmp_path, {"x": ("float64", [None])}, {"a": ("ARRAY<DOUBLE>", "x")}, batch_size=512
    )
    random = np.random.default_rng(0)
    for size in (1, 512, 3, 300):
        rows = [[random.random(random.integers(1, 9)).tolist()] for _ in range(size)]
        assert model.batch(*rows) == rows


@pytest.mark.parametrize(
    "description",
    [
        ("x", "object", 0, 1, 0, (1,), False, ()),
        ("x", "float32", 1, 1, 0, (1,), False, ()),
        ("x", "float32", 0, 2, 0, (2,), False, ()),
        ("x", "float32", 0, 1, 1, (-1,), False, ()),
        ("x", "float32", -1, 1, 0, (1,), False, ()),
        ("x", "float32", 0, 1, 0, (1,) * 8, False, ()),
        ("x", "float32", 0, 1, 0, (1,), False, (0,)),
        ("x", "float32", 0, 1, 0, (1,), True, (99,)),
        ("x", "bool", 0, 1, 0, (1,), False, ()),
    ],
)
@pytest.mark.parametrize("is_input", [True, False])
def test_tensor_that_does_not_fit_is_refused(tmp_path, description, is_input):
    """The engine never reads or writes beside the columns."""
    session = load(tmp_path, {"x": ("float32", [1])})
    right = ("x" if not is_input else "y_x", "float32", 0, 1, 0, (1,), False, ())
    sides = [(description,), (right,)] if is_input else [(right,), (description,)]
    with pytest.raises(ValueError, match=r"columns|dimension|supported"):
        OpenFunction(
            Declining(),
            "m",
            [column("a", "FLOAT")],
            [column("y", "FLOAT")],
            contextvars.Context(),
            engine=OnnxEngine(session, *sides, 0),
        )


def test_run_gives_arrays_and_errors(tmp_path):
    """Python predicts declined rows with the same weights."""
    session = load(tmp_path, {"x": ("float32", [2])})
    array = np.array([[1, 2], [3, 4]], np.float32)
    ((dtype, shape, data),) = session.run(("y_x",), (("x", "float32", array),))
    assert (dtype, shape) == ("float32", (2, 2))
    assert np.frombuffer(data, dtype).tolist() == [1, 2, 3, 4]
    with pytest.raises(RuntimeError, match="Got invalid dimensions") as caught:
        session.run(("y_x",), (("x", "float32", array[:, :1].copy()),))
    assert caught.value.args[0] == 2
    with pytest.raises(ValueError, match="another type"):
        session.run(("y_x",), (("x", "float64", array),))
    with pytest.raises(ValueError, match="C-contiguous"):
        session.run(("y_x",), (("x", "float32", array[:, :1]),))


def test_session_says_why_it_cannot_be_loaded(tmp_path):
    """The engine is then chosen to be Python."""
    load(tmp_path, {"x": ("float32", [1])})
    with pytest.raises(ImportError, match="another one"):
        OnnxSession("/absent.so", str(tmp_path / "model.onnx"), 99, 1, False)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(RuntimeError, match=r"model\.onnx"):
        OnnxSession(library(), str(tmp_path / "model.onnx"), 99, 1, False)


def case_failed_allocations():
    """Rows of two shapes, whose results are right even if the engine had no memory."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        model = Model(
            directory, {"x": ("float32", [None])}, {"a": ("ARRAY<DOUBLE>", "x")}, batch_size=4
        )
    rows = [([1.0],), ([2.0, 3.0],), ([4.0],)]

    def call():
        try:
            return model.batch(*rows)
        except LookupError:
            raise MemoryError from None

    return call, lambda found: found == [list(row) for row in rows]


def test_engine_survives_failed_allocations():
    """It declines then, and Python would predict or fail."""
    assert_survives_failed_allocations(case_failed_allocations)
