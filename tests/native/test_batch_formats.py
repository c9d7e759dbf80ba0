# SPDX-License-Identifier: Apache-2.0
"""The dtypes of a batch follow from the declared types, never from the values of other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from pyflink_ml_embedded import BatchPredictFunction, ConversionError
from pyflink_ml_embedded._batch.batch_formats import make_converter
from pyflink_ml_embedded._batch.feature_matrix import feature_matrix
from pyflink_ml_embedded._native import Columns

from .columns import SCALAR_TYPES, column
from .test_batches import NESTED_TYPES, in_format, open_batches, values_of

LARGE = 2**53 + 1  # which no double holds
VALUES = {
    "ARRAY<INT>": [[1, 2], None, []],
    "ARRAY<BIGINT>": [[LARGE], None, []],
    "ARRAY<BOOLEAN>": [[True], None, []],
    "ARRAY<DOUBLE>": [[0.5, None], None, []],
    "ARRAY<ARRAY<BIGINT>>": [[[LARGE]], None, [[]]],
    "ROW<a BIGINT, b BOOLEAN>": [(LARGE, True), None, (None, None)],
    "MAP<STRING, BIGINT>": [{"a": LARGE}, None, {"b": None}],
    "ARRAY<ROW<a BIGINT>>": [[(LARGE,)], None, [(None,)]],
}
TYPES = [*SCALAR_TYPES, *NESTED_TYPES, *VALUES]


def converted(batch_format: str, sql_type: str, values: list[Any], nullable: bool = True) -> Any:
    """Returns the column of a batch in a format."""
    columns = Columns([column("x", sql_type, nullable)])
    columns.write([(value,) for value in values])
    return make_converter(in_format(batch_format))(pa.record_batch(columns))["x"]


def plain(value: Any) -> Any:
    """Returns a value with lists and dicts of Python for the containers of the libraries."""
    if isinstance(value, np.ndarray | list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else pd.Timestamp(value)
    is_missing = value is None or value is pd.NaT or value is pd.NA or value != value
    return None if is_missing else value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("sql_type", TYPES)
@pytest.mark.parametrize("batch_format", ["pandas", "numpy"])
def test_dtype_and_values_do_not_depend_on_a_null(batch_format: str, sql_type: str) -> None:
    """Otherwise a model that formats an id gives another key where a neighbour is NULL."""
    values = VALUES.get(sql_type) or values_of(sql_type)
    without = [value for value in values if value is not None]
    alone = converted(batch_format, sql_type, without[:1])
    assert converted(batch_format, sql_type, without).dtype == alone.dtype
    try:
        beside = converted(batch_format, sql_type, values)
    except ConversionError:
        assert batch_format == "numpy"
        return
    assert beside.dtype == alone.dtype
    assert plain(beside[0]) == plain(alone[0])
    assert type(beside[0]) is type(alone[0])
    assert plain(beside[1]) is None


@pytest.mark.parametrize("sql_type", TYPES)
def test_not_null_column_is_as_pyarrow_converts_it(sql_type: str) -> None:
    """A column without NULL needs no extension type, and numbers need no copy."""
    values = [value for value in VALUES.get(sql_type) or values_of(sql_type) if value is not None]
    columns = Columns([column("x", sql_type, nullable=False), column("n", "BIGINT")])
    columns.write([(value, 1) for value in values])
    batch = pa.record_batch(columns)
    frame = make_converter(in_format("pandas"))(batch)
    assert frame["x"].dtype == batch.to_pandas()["x"].dtype
    assert str(frame["n"].dtype) == "Int64"
    array = make_converter(in_format("numpy"))(batch)["x"]
    assert array.dtype == batch["x"].to_numpy(zero_copy_only=False).dtype
    if batch["x"].type in (pa.int32(), pa.float64()):
        assert array.ctypes.data == batch["x"].buffers()[1].address


@pytest.mark.parametrize(
    ("batch_format", "sql_type", "values", "path"),
    [
        ("numpy", "BIGINT", [LARGE, None], "x"),
        ("numpy", "BOOLEAN", [True, None], "x"),
        ("numpy", "ARRAY<BIGINT>", [[LARGE, None]], r"x\[\]"),
        ("pandas", "ARRAY<BIGINT>", [[LARGE], [None]], r"x\[\]"),
        ("pandas", "ARRAY<ARRAY<BOOLEAN>>", [[[None]]], r"x\[\]\[\]"),
    ],
)
def test_null_that_a_format_cannot_hold_is_refused(
    batch_format: str, sql_type: str, values: list[Any], path: str
) -> None:
    """numpy has no NULL for integers: as floats they would be rounded."""
    with pytest.raises(ConversionError, match=f"column '{path}': NULL in an array of numpy"):
        converted(batch_format, sql_type, values)


def test_key_of_a_row_is_the_same_beside_null() -> None:
    """A large id became a rounded float, and a small one '42.0'."""

    class Keys(BatchPredictFunction):
        batch_format = "pandas"

        def predict_batch(self, batch: pd.DataFrame) -> Any:
            return {"key": [None if pd.isna(i) else f"user-{i}" for i in batch["id"]]}

    opened = open_batches(Keys(), [column("id", "BIGINT")], [column("key", "STRING")])
    results = opened.predict_batch([(LARGE,), (42,), (None,)])
    assert [row.key for (row,) in results] == [f"user-{LARGE}", "user-42", None]


def test_sklearn_takes_frames_with_nullable_integers() -> None:
    """Most models that take DataFrames are of scikit-learn."""
    columns = Columns([column("n", "BIGINT"), column("b", "BOOLEAN"), column("x", "DOUBLE")])
    columns.write([(i, i % 2 == 0, i / 2) for i in range(40)])
    frame = make_converter(in_format("pandas"))(pa.record_batch(columns))
    same = pd.DataFrame({"n": range(40), "b": [i % 2 == 0 for i in range(40)],
                         "x": np.arange(40) / 2})  # fmt: skip
    linear = LinearRegression().fit(same, range(40))
    np.testing.assert_allclose(linear.predict(frame), linear.predict(same))
    trees = HistGradientBoostingRegressor().fit(same, range(40))
    np.testing.assert_array_equal(trees.predict(frame), trees.predict(same))
    columns.write([(None, True, 1.0)])
    missing = make_converter(in_format("pandas"))(pa.record_batch(columns))
    assert trees.predict(missing).shape == (1,)


@pytest.mark.parametrize(
    "values", [[(1, True, 0.5, 2)], [(1, True, 0.5, 2), (None, None, None, 3)]]
)
def test_matrix_of_a_frame_has_its_nullable_integers(values: list[Any]) -> None:
    """As that of the Arrow batch has; booleans do not count as numbers."""
    columns = Columns([column("n", "BIGINT"), column("b", "BOOLEAN"), column("x", "FLOAT"),
                       column("m", "INT", nullable=False)])  # fmt: skip
    columns.write(values)
    batch = pa.record_batch(columns)
    expected = feature_matrix(batch)
    assert expected.shape == (len(values), 3)
    frame = make_converter(in_format("pandas"))(batch)
    np.testing.assert_array_equal(feature_matrix(frame), expected)


def test_frame_owns_its_values() -> None:
    """User code may change a frame, and a retried row must be as Flink sent it."""
    columns = Columns([column("n", "BIGINT"), column("m", "INT", False), column("x", "DOUBLE")])
    columns.write([(1, 2, 0.5)])
    batch = pa.record_batch(columns)
    frame = make_converter(in_format("pandas"))(batch)
    frame.loc[0] = [7, 7, 7.0]
    frame["n"] += 1
    assert batch.to_pylist() == [{"n": 1, "m": 2, "x": 0.5}]
