# SPDX-License-Identifier: Apache-2.0
"""Rows of INPUT become the tensors of a signature."""

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.models import ModelSignature
from mlflow.types import Schema as MlflowSchema
from mlflow.types import TensorSpec
from sklearn.linear_model import LinearRegression

from .models import Echo, failure, opened, predicted, save_python, save_sklearn


def test_matrix_is_given_to_a_tensor(tmp_path):
    """All columns become one matrix of the tensor's dtype."""
    model = LinearRegression().fit(np.array([[1, 2], [3, 5], [4, 4]], np.float32), [1, 2, 3])
    signature = ModelSignature(MlflowSchema([TensorSpec(np.dtype("float32"), (-1, 2))]))
    save_sklearn(tmp_path / "m", model, signature=signature)
    data = np.array([[1.5, 2], [0.1, 7]])
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(data.astype(np.float32))
    inputs = "a DOUBLE, b BIGINT"
    function = opened(tmp_path / "m", inputs, "y DOUBLE")
    rows = [(1.5, 2), (0.1, 7)]
    assert [y for (y,) in predicted(function, rows)] == pytest.approx(expected.tolist(), rel=1e-6)
    assert "column 'b': the value cannot be converted exactly to float32" in failure(
        function, rows[0], (1.0, 2**24 + 1)
    )


def test_array_is_given_to_a_tensor_in_its_shape(tmp_path):
    """The pixels of an image, for example, are one ARRAY."""
    compute = lambda data, _: [f"{data.dtype}{image.tolist()}" for image in data]  # noqa: E731
    save_python(tmp_path / "m", Echo(compute), [TensorSpec(np.dtype("uint8"), (-1, 2, 2))])
    function = opened(tmp_path / "m", "pixels ARRAY<INT>", "y STRING")
    assert predicted(function, [([1, 2, 3, 255],), ([0, 0, 0, 9],)]) == [
        ("uint8[[1, 2], [3, 255]]",),
        ("uint8[[0, 0], [0, 9]]",),
    ]
    assert "the length of the ARRAY does not fit" in failure(function, ([1, 2, 3, 4],), ([1, 2],))
    assert "column 'pixels': the value cannot" in failure(function, ([1] * 4,), ([256] * 4,))
    assert "column 'pixels': NULL cannot be" in failure(function, ([1] * 4,), (None,))


def test_named_tensors_are_given_as_dict(tmp_path):
    """Deep learning models take a dict of tensors."""

    def compute(data, _):
        data["x"] += 0  # tensors belong to the model
        return {
            "sum": data["x"].sum(axis=1),
            "length": np.array([[len(text)] for text in data["t"]]),
        }

    specs = [TensorSpec(np.dtype("float32"), (-1, 3), "x"), TensorSpec(np.dtype("O"), (-1,), "t")]
    save_python(tmp_path / "m", Echo(compute), specs)
    function = opened(tmp_path / "m", "t STRING, x ARRAY<FLOAT>", "length BIGINT, sum DOUBLE")
    rows = [("abc", [1.0, 2.0, 3.0]), ("", [0.0, 0.5, 0.0])]
    assert predicted(function, rows) == [(3, 6.0), (0, 0.5)]


def shown(data):
    """Returns the shape and the values of a tensor for each row."""
    return [f"{data.dtype.kind}{data.shape[1:]} {row.tolist()}" for row in data]


def test_arrays_of_different_lengths_are_predicted_in_groups(tmp_path):
    """A tensor has one length, so rows of each length are one call, in the order of the batch."""
    compute = lambda data, _: [f"{len(data)} {row}" for row in shown(data)]  # noqa: E731
    save_python(tmp_path / "m", Echo(compute), [TensorSpec(np.dtype("int64"), (-1, -1))])
    function = opened(tmp_path / "m", "ids ARRAY<INT>", "y STRING")
    batch = pa.RecordBatch.from_pydict(
        {"ids": [[1], [2, 3], [4], [], [5, 6]]}, pa.schema({"ids": pa.list_(pa.int32())})
    )
    assert function.predict_batch(batch)["y"] == [
        "2 i(1,) [1]",
        "2 i(2,) [2, 3]",
        "2 i(1,) [4]",
        "1 i(0,) []",
        "2 i(2,) [5, 6]",
    ]


@pytest.mark.parametrize(
    "form",
    [
        lambda sums: sums,
        lambda sums: pd.Series(sums),
        lambda sums: {"y": list(sums)},
        lambda sums: sums if len(sums) > 1 else sums.astype("float32"),
        lambda sums: sums.reshape(-1, 1),
    ],
)
def test_results_of_groups_have_the_order_of_the_rows(tmp_path, form):
    """Each row gets its own result, whatever form the model returns."""
    save_python(
        tmp_path / "m",
        Echo(lambda data, _: form(data.sum(axis=1))),
        [TensorSpec(np.dtype("float64"), (-1, -1))],
    )
    function = opened(tmp_path / "m", "v ARRAY<DOUBLE>", "y DOUBLE")
    rows = [([1.0],), ([2.0, 3.0],), ([4.0],), ([5.0, 6.0, 7.0],), ([8.0, 9.0],)]
    assert predicted(function, rows) == [(1.0,), (5.0,), (4.0,), (18.0,), (17.0,)]


def test_named_tensors_of_different_lengths_are_grouped_together(tmp_path):
    """Tokens and their mask have the same length in each row, but not in all rows."""
    compute = lambda data, _: (data["ids"] * data["mask"]).sum(axis=1)  # noqa: E731
    specs = [TensorSpec(np.dtype("int64"), (-1, -1), name) for name in ("ids", "mask")]
    save_python(tmp_path / "m", Echo(compute), specs)
    function = opened(tmp_path / "m", "mask ARRAY<INT>, ids ARRAY<INT>", "y BIGINT")
    rows = [([1, 0], [5, 6]), ([1], [7]), ([0, 1], [8, 9])]
    assert predicted(function, rows) == [(5,), (7,), (9,)]


def test_nested_arrays_have_the_shape_of_the_tensor(tmp_path):
    """An image of another shape with as many pixels is not rearranged."""
    save_python(
        tmp_path / "m",
        Echo(lambda data, _: shown(data)),
        [TensorSpec(np.dtype("int32"), (-1, -1, 2))],
    )
    function = opened(tmp_path / "m", "image ARRAY<ARRAY<INT>>", "y STRING")
    assert predicted(function, [([[1, 2]],), ([[1, 2], [3, 4], [5, 6]],)]) == [
        ("i(1, 2) [[1, 2]]",),
        ("i(3, 2) [[1, 2], [3, 4], [5, 6]]",),
    ]
    wrong = ([[1, 2, 3], [4, 5, 6]],)
    assert "the length of the ARRAY does not fit" in failure(function, ([[1, 2]],), wrong)
    assert "the length of the ARRAY" in failure(function, ([[1, 2]],), ([[1, 2], [3]],))


def test_tensor_for_one_row_gets_one_row(tmp_path):
    """Some models are saved with a batch of one, and MLflow refuses more."""
    save_python(
        tmp_path / "m",
        Echo(lambda data, _: data.sum(axis=1) * len(data)),
        [TensorSpec(np.dtype("float32"), (1, 2))],
    )
    function = opened(tmp_path / "m", "a FLOAT, b FLOAT", "y DOUBLE")
    assert predicted(function, [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]) == [(3.0,), (7.0,), (11.0,)]


@pytest.mark.parametrize(
    ("dtype", "shape", "inputs", "row", "expected"),
    [
        ("S", (-1,), "a BYTES", (b"\0\xff",), "S() b'\\x00\\xff'"),
        ("S", (-1, 1), "a BYTES", (b"x",), "S(1,) [b'x']"),
        ("U", (-1, 1), "a STRING", ("x",), "U(1,) ['x']"),
        ("U", (-1, 2), "a STRING, b STRING", ("x", "yz"), "U(2,) ['x', 'yz']"),
        ("U", (-1, -1), "a ARRAY<STRING>", (["x", "yz"],), "U(2,) ['x', 'yz']"),
        ("O", (-1, 2), "a STRING, b STRING", ("x", None), "O(2,) ['x', None]"),
    ],
)
def test_tensor_may_have_texts_and_bytes(tmp_path, dtype, shape, inputs, row, expected):
    """Models of TensorFlow take them; the reference is what MLflow accepts."""
    save_python(tmp_path / "m", Echo(lambda d, _: shown(d)), [TensorSpec(np.dtype(dtype), shape)])
    function = opened(tmp_path / "m", inputs, "y STRING")
    assert predicted(function, [row, row]) == [(expected,)] * 2


@pytest.mark.parametrize(
    ("dtype", "inputs", "good", "bad"),
    [("S", "a BYTES", b"x", b"x\0"), ("U", "a STRING", "x", "x\0")],
)
def test_text_that_numpy_would_cut_is_refused(tmp_path, dtype, inputs, good, bad):
    """numpy drops zeros at the end of texts and bytes."""
    save_python(tmp_path / "m", Echo(lambda d, _: shown(d)), [TensorSpec(np.dtype(dtype), (-1,))])
    function = opened(tmp_path / "m", inputs, "y STRING")
    assert "cannot be converted exactly" in failure(function, (good,), (bad,))
    assert "NULL cannot be converted" in failure(function, (good,), (None,))
