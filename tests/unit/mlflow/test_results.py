# SPDX-License-Identifier: Apache-2.0
"""Results of MLflow models are read as rows or columns, and none is invented."""

import numpy as np
import pandas as pd
import pytest
from mlflow.types import ColSpec

from pyflink_ml_embedded import ConversionError, Row

from .models import Echo, opened, paths, predicted, save_python

RESULTS = [
    ("y BIGINT", lambda n: np.arange(n), lambda i: (i,)),
    ("y DOUBLE", lambda n: np.arange(n).reshape(n, 1) / 2, lambda i: (i / 2,)),
    ("y DOUBLE, z DOUBLE", lambda n: np.arange(2 * n).reshape(n, 2), lambda i: (2 * i, 2 * i + 1)),
    ("y ARRAY<FLOAT>", lambda n: np.ones((n, 2), np.float32) * 3, lambda i: ([3.0, 3.0],)),
    ("y BIGINT", lambda n: [[i] for i in range(n)], lambda i: (i,)),
    ("y BIGINT", lambda n: pd.Series(range(n), index=range(5, n + 5)), lambda i: (i,)),
    ("y BIGINT", lambda n: pd.Series([None, *range(1, n)], dtype="Int64"), lambda i: (i or None,)),
    ("y STRING", lambda n: pd.Series(["a"] * n, dtype="string"), lambda i: ("a",)),
    ("y STRING", lambda n: pd.Series(["a"] * n, dtype="category"), lambda i: ("a",)),
    ("y BOOLEAN", lambda n: pd.array([None] * n, dtype="boolean"), lambda i: (None,)),
    (
        "y BIGINT, z STRING",
        lambda n: pd.DataFrame({"z": ["s"] * n, "y": range(n)}),
        lambda i: (i, "s"),
    ),
    ("z STRING", lambda n: pd.DataFrame({"z": ["s"] * n, "y": range(n)}), lambda i: ("s",)),
    (
        "k STRING, l BIGINT",
        lambda n: pd.DataFrame({"z": ["s"] * n, "y": range(n)}),
        lambda i: ("s", i),
    ),
    ("y BIGINT", lambda n: list(range(n)), lambda i: (i,)),
    ("y STRING", lambda n: ["text"] * n, lambda i: ("text",)),
    ("y BIGINT, z STRING", lambda n: [{"z": "s", "y": i} for i in range(n)], lambda i: (i, "s")),
    ("k STRING, l BIGINT", lambda n: [{"z": "s", "y": i} for i in range(n)], lambda i: ("s", i)),
    ("z STRING", lambda n: [{"z": "s", "y": i} for i in range(n)], lambda i: ("s",)),
    ("y BIGINT, z STRING", lambda n: [(i, "s") for i in range(n)], lambda i: (i, "s")),
    ("y BIGINT, z BIGINT", lambda n: [[i, i + 1] for i in range(n)], lambda i: (i, i + 1)),
    ("y ARRAY<BIGINT>", lambda n: [[i, i] for i in range(n)], lambda i: ([i, i],)),
    ("y ARRAY<DOUBLE>", lambda n: [np.full(3, i / 2) for i in range(n)], lambda i: ([i / 2] * 3,)),
    ("y ROW<k BIGINT>", lambda n: [{"k": i} for i in range(n)], lambda i: (Row(k=i),)),
    ("y MAP<STRING, INT>", lambda n: [{"k": i} for i in range(n)], lambda i: ({"k": i},)),
    ("y BIGINT, z STRING", lambda n: {"z": ["s"] * n, "y": np.arange(n)}, lambda i: (i, "s")),
    ("k STRING, l BIGINT", lambda n: {"z": ["s"] * n, "y": np.arange(n)}, lambda i: ("s", i)),
    (
        "y BIGINT, z DOUBLE",
        lambda n: {"y": np.arange(n), "z": np.ones((n, 1)), "unused": np.ones((n, 9))},
        lambda i: (i, 1.0),
    ),
    (
        "a DOUBLE, b DOUBLE, c DOUBLE",
        lambda n: [np.ones((n, 1)), np.zeros((n, 2))],
        lambda i: (1.0, 0.0, 0.0),
    ),
]


@pytest.mark.parametrize(("outputs", "result", "expected"), RESULTS)
def test_results_of_any_shape_are_read(tmp_path, outputs, result, expected):
    """MLflow does not restrict what a model returns."""
    save_python(tmp_path / "m", Echo(lambda data, _: result(len(data))), [ColSpec("long", "a")])
    function = opened(tmp_path / "m", "a BIGINT", outputs)
    for count in (1, 2, 3):
        _, by_batch = paths(function)
        given = [tuple(row) for rows in by_batch.predict_batch([(0,)] * count) for row in rows]
        assert given == [expected(i) for i in range(count)]
    by_row, _ = paths(function)
    assert [tuple(row) for row in by_row((0,))] == [expected(0)]


@pytest.mark.parametrize(
    ("outputs", "value", "expected"),
    [
        ("y DOUBLE", 2.5, (2.5,)),
        ("y STRING", "text", ("text",)),
        ("y BIGINT", np.array(7), (7,)),
        ("y BIGINT, z STRING", {"z": "s", "y": 1}, (1, "s")),
        ("y BIGINT, z STRING", [1, "s"], (1, "s")),
        ("y DOUBLE, z DOUBLE", np.array([1.0, 2.0]), (1.0, 2.0)),
        ("y MAP<STRING, INT>", {"k": 1}, ({"k": 1},)),
    ],
)
def test_result_of_one_row_may_be_bare(tmp_path, outputs, value, expected):
    """Models written for single requests do not return a list."""
    save_python(tmp_path / "m", Echo(lambda data, _: value), [ColSpec("long", "a")])
    assert predicted(opened(tmp_path / "m", "a BIGINT", outputs), [(0,)]) == [expected]


@pytest.mark.parametrize(
    ("outputs", "value", "message"),
    [
        ("y DOUBLE, z DOUBLE", np.ones((2, 3)), "the model returned ndarray of shape (2, 3); exp"),
        (
            "y DOUBLE, z DOUBLE",
            {"a": [1.0, 2.0]},
            "the model returned 'a'; expected the columns 'y', 'z'",
        ),
        (
            "y DOUBLE, z DOUBLE",
            pd.DataFrame({"y": [1.0] * 2}),
            "the model returned the columns 'y', which do not fit the columns of OUTPUT: no name "
            "matches column 'z'",
        ),
        ("y DOUBLE, z DOUBLE", [{"y": 1.0, "z": 1.0}, {"y": 1.0}], "no name matches column 'z'"),
        ("y DOUBLE, z DOUBLE", [1.0, 2.0, 3.0], "the model returned a list of 3 values"),
        ("y DOUBLE", [1.0], "1 results for 2 rows, and each row must have one"),
        ("y DOUBLE", None, "the model returned None for 2 rows"),
        ("y DOUBLE", np.ones(3), "3 results for 2 rows"),
        ("y DOUBLE", 1.0, "the model returned one float for 2 rows"),
        ("y DOUBLE, z DOUBLE", {"y": 1.0, "z": 2.0}, "the values of one row for 2 rows"),
    ],
)
def test_result_of_another_shape_is_refused(tmp_path, outputs, value, message):
    """A missing row or column must not be invented."""
    save_python(tmp_path / "m", Echo(lambda data, _: value), [ColSpec("long", "a")])
    function = opened(tmp_path / "m", "a BIGINT", outputs)
    _, by_batch = paths(function)
    with pytest.raises(ConversionError) as caught:
        by_batch.predict_batch([(0,), (0,)])
    assert message in str(caught.value)
