# SPDX-License-Identifier: Apache-2.0
"""The matrix has every number of the batch in its place, and NaN for what is missing."""

from __future__ import annotations

import gc
import itertools
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyflink_ml_embedded._batch.feature_matrix import feature_matrix
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._native import Columns

from .columns import column
from .test_types import patient

INTEGERS = [f"{kind}int{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)]
TYPES = [*INTEGERS, "halffloat", "float", "double"]


def expected(arrays: list[list[Any]], dtype: str) -> Any:
    """Returns the matrix of columns of numbers and None."""
    doubles = [[np.nan if value is None else float(value) for value in array] for array in arrays]
    with np.errstate(over="ignore"):
        return np.array(doubles, "f8").T.astype(dtype).reshape(len(arrays[0]), len(arrays))


@st.composite
def arrays(draw: Any, rows: int) -> tuple[Any, list[Any]]:
    """Draws an array of numbers, and its values."""
    name = draw(st.sampled_from([*TYPES, "decimal"]))
    if name in INTEGERS:
        bits = int(name.rpartition("int")[2])
        low, high = (
            (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        )
        values = st.integers(low, high)
    elif name == "decimal":
        values = st.integers(-(10**12), 10**12).map(lambda number: Decimal(number).scaleb(-3))
    else:
        width = {"halffloat": 16, "float": 32, "double": 64}[name]
        values = st.floats(width=width)
    if draw(st.booleans()):
        values = st.none() | values
    drawn = draw(st.lists(values, min_size=rows, max_size=rows))
    if name == "halffloat":
        half = np.array([0 if value is None else value for value in drawn], "f2")
        return pa.array(half, mask=np.array([value is None for value in drawn], bool)), drawn
    arrow_type = pa.decimal128(20, 3) if name == "decimal" else pa.type_for_alias(name)
    return pa.array(drawn, arrow_type), drawn


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@patient
@given(data=st.data())
def test_matrix_has_all_numbers_of_a_batch(dtype: str, data: Any) -> None:
    """Every width, nulls, slices, and any number of columns and rows beside the loops' blocks."""
    rows = data.draw(st.integers(0, 5) | st.integers(60, 70))
    drawn = data.draw(st.lists(arrays(rows), min_size=1, max_size=19))
    batch = pa.RecordBatch.from_arrays(
        [array for array, _ in drawn], names=[f"c{i}" for i in range(len(drawn))]
    )
    start = data.draw(st.integers(0, rows))
    matrix = feature_matrix(batch.slice(start), dtype)
    assert matrix.flags.c_contiguous
    assert matrix.dtype == dtype
    assert np.array_equal(matrix, expected([v[start:] for _, v in drawn], dtype), equal_nan=True)


@pytest.mark.parametrize("width", [1, 3, 4, 5, 32])
@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 1024])
def test_blocks_and_stripes_leave_no_cell_out(rows: int, width: int) -> None:
    """The loops go by 64 rows and 4 columns."""
    cells = np.random.default_rng(0).random((rows, width))
    batch = pa.RecordBatch.from_arrays(list(cells.T), names=[f"c{i}" for i in range(width)])
    assert np.array_equal(feature_matrix(batch, "float64"), cells)
    assert np.array_equal(feature_matrix(batch), cells.astype("f4"))


def test_columns_that_are_no_numbers_are_left_out() -> None:
    """Their order is that of the batch."""
    batch = pa.record_batch(
        {
            "text": ["a", "b"],
            "x": [1, None],
            "flag": [True, False],
            "day": pa.array([1, 2], pa.date32()),
            "code": pa.array(["a", "b"]).dictionary_encode(),
            "y": [Decimal("0.25"), Decimal("-12.50")],
            "time": pa.array([1, 2], pa.timestamp("us")),
            "list": [[1], [2]],
        }
    )
    for part in (batch, pa.Table.from_batches([batch])):
        assert np.array_equal(feature_matrix(part), [[1, 0.25], [np.nan, -12.5]], equal_nan=True)


def test_matrix_of_the_columns_of_a_model() -> None:
    """What Java has written, with the offsets of fields and bitmaps that are its own."""
    columns = Columns([column("a", "INT"), column("s", "STRING"), column("d", "DECIMAL(10, 2)")])
    columns.write([(1, "x", Decimal("0.25")), (None, "y", None), (3, None, Decimal("-7"))])
    matrix = feature_matrix(columns, "float64")
    assert np.array_equal(matrix, [[1, 0.25], [np.nan, np.nan], [3, -7]], equal_nan=True)
    sliced = pa.record_batch(columns).to_struct_array().slice(1, 2)
    assert np.array_equal(feature_matrix(sliced, "float64"), matrix[1:], equal_nan=True)


def test_table_of_many_chunks_is_one_matrix() -> None:
    """As it comes from a file, or from nowhere."""
    table = pa.concat_tables([pa.table({"a": [1, 2], "b": [0.5, None]})] * 3)
    rows = [[1, 0.5], [2, np.nan]] * 3
    assert np.array_equal(feature_matrix(table), rows, equal_nan=True)
    assert feature_matrix(table.schema.empty_table()).shape == (0, 2)
    assert feature_matrix(pa.Table.from_batches([], table.schema)).shape == (0, 2)


NAN = float("nan")
SAME = [[1, NAN, 0.5], [NAN, 2, 1.5]]


@pytest.mark.parametrize(
    "batch",
    [
        pd.DataFrame({"a": [1, None], "s": ["x", "y"], "b": pd.array([None, 2], "Int64"),
                      "t": pd.to_datetime([0, 1]), "f": [True, False], "c": [0.5, 1.5]}),
        pd.DataFrame({"a": [1, None], "b": pd.array([None, 2], "Float32"),
                      "c": [Decimal("0.5"), Decimal("1.5")]}, index=[5, 6]),
        {"a": np.ma.array([1, 7], mask=[False, True]), "b": np.array([None, 2], object),
         "s": np.array(["x", "y"]), "o": np.array(["x", None], object), "c": [0.5, 1.5]},
        {"a": [1, None], "b": pa.array([None, 2]), "f": [True, None],
         "c": np.array([0.5, 1.5], "f2")},
        {"a": pd.Series([1, None]), "b": [NAN, Decimal(2)], "c": (0.5, 1.5)},
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_frame_and_dict_give_the_same_matrix(batch: Any, dtype: str) -> None:
    """Every form of a missing value becomes NaN."""
    matrix = feature_matrix(batch, dtype)
    assert np.array_equal(matrix, SAME, equal_nan=True)
    assert (matrix.dtype, matrix.flags.c_contiguous) == (dtype, True)


@pytest.mark.parametrize("dtype", ["int32", "float16", np.int64])
def test_other_dtype_is_refused(dtype: Any) -> None:
    """The message says which are valid."""
    with pytest.raises(ValueError, match="dtype must be float32 or float64, not"):
        feature_matrix(pa.record_batch({"a": [1.0]}), dtype)


@pytest.mark.parametrize(
    "batch",
    [
        pa.record_batch({"a": ["x"]}),
        pa.table({"a": ["x"]}),
        pa.table({"a": pa.array([], pa.string())}),
        pd.DataFrame({"a": ["x"]}),
        {"a": ["x"]},
        {},
    ],
)
def test_batch_without_numbers_is_an_error(batch: Any) -> None:
    """A model would fail later, and less clearly."""
    with pytest.raises(ModelError, match="no numeric column"):
        feature_matrix(batch)


@pytest.mark.parametrize("batch", [None, [[1.0]], np.ones((2, 2)), 5])
def test_non_batch_is_refused(batch: Any) -> None:
    """The message lists the types that are batches."""
    with pytest.raises(TypeError, match=r"expected a pyarrow.RecordBatch, .* got "):
        feature_matrix(batch)


def test_single_arrow_array_is_no_batch() -> None:
    """It has no columns."""
    with pytest.raises(TypeError, match="expected an Arrow batch"):
        feature_matrix(pa.array([1.0]))


@pytest.mark.parametrize("batch", [{"a": [1, 2], "b": [1]}, {"a": np.ones((2, 2))}])
def test_arrays_of_another_shape_are_refused(batch: Any) -> None:
    """numpy would repeat the one value in each row."""
    with pytest.raises(ValueError, match="one dimension and one length"):
        feature_matrix(batch)


def test_matrices_leave_no_references_and_no_memory_behind() -> None:
    """A matrix is created for each batch, so a leak would grow with the job."""
    batch = pa.record_batch({"a": [1.0, None], "s": ["x", "y"]})
    bad = pa.record_batch({"s": ["x", "y"]})
    calls = 300

    def work() -> list[int]:
        for _ in range(calls):
            feature_matrix(batch)
            with pytest.raises(ModelError):
                feature_matrix(bad)
        gc.collect()
        return [sys.getrefcount(batch), len(gc.get_objects()), pa.total_allocated_bytes()]

    work()
    rounds = [work() for _ in range(4)]
    for counts in zip(*rounds, strict=True):
        assert min(abs(b - a) for a, b in itertools.pairwise(counts)) < calls / 2, counts
