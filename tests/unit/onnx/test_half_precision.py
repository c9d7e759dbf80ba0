# SPDX-License-Identifier: Apache-2.0
"""OnnxPredictFunction converts float16 and bfloat16, for which SQL has no type."""

import math

import ml_dtypes
import numpy as np
import pytest

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import ModelError

from .models import by_batch, by_row, identity

BOTH = pytest.mark.parametrize("predict", [by_row, by_batch])
HALVES = pytest.mark.parametrize(
    ("element", "dtype"), [("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)]
)
VALUES = [0.1, -0.0, 1 / 3, 1.0 + 2**-8, 1.0 + 3 * 2**-8, 1.0 + 2**-11, 6e-8, 60000.0]


@BOTH
@HALVES
@pytest.mark.parametrize("length", [len(VALUES) + 4, None])
def test_values_are_rounded_to_the_nearest(opened, predict, element, dtype, length):
    """NaN and infinity stay what they are, and a tie is rounded to even."""
    function = opened(identity(x=(element, ["N", length])), "x ARRAY<FLOAT>", "y ARRAY<FLOAT>")
    given = np.array([*VALUES, math.inf, -math.inf, math.nan, 2.0**-126], np.float32)
    for (found,) in predict(function, [(given,), (given,)]):
        np.testing.assert_array_equal(found, given.astype(dtype).astype(np.float32))


@BOTH
@HALVES
@pytest.mark.parametrize("sql_type", ["FLOAT", "DOUBLE", "INT"])
def test_single_values_are_rounded_too(opened, predict, element, dtype, sql_type):
    """NULL becomes NaN, as it does for other floating-point numbers."""
    model = identity(x=(element, ["N", 2]), z=(element, ["N"]))
    columns = f"x ARRAY<{sql_type}>, z {sql_type}"
    function = opened(model, columns, "p FLOAT, q FLOAT, r DOUBLE")
    number = 257 if sql_type == "INT" else 1 / 3
    rows = [([number, 2], number), ([3, 4], None)]
    rounded = float(np.array(number).astype(dtype))
    first, second = predict(function, rows)
    assert first == (rounded, 2.0, rounded)
    assert second[:2] == (3.0, 4.0)
    assert math.isnan(second[2])


@BOTH
@HALVES
@pytest.mark.parametrize(
    "sizes", [{"x": ["N"], "z": ["N"]}, {"x": ["N", 2]}, {"x": ["width", "batch"]}]
)
def test_number_that_would_become_infinite_names_its_column(opened, predict, element, dtype, sizes):
    """The limits are those of numpy, and infinity itself is a valid number."""
    model = identity(**{name: (element, shape) for name, shape in sizes.items()})
    function = opened(model, "x DOUBLE, z DOUBLE", "a FLOAT, b FLOAT")
    largest = float(ml_dtypes.finfo(dtype).max)
    assert predict(function, [(largest, math.inf)]) == [(largest, math.inf)]
    beyond = 65520.0 if element == "float16" else 3.4e38
    with pytest.raises(
        ConversionError, match=rf"column 'z': this float\d* cannot .* \({element}\)"
    ):
        predict(function, [(1.0, 2.0), (largest, beyond)])


@BOTH
def test_integers_beside_bfloat16_go_through(opened, predict):
    """Tensors of bfloat16 take another way into onnxruntime than others."""
    model = identity(x=("bfloat16", ["N"]), i=("int64", ["N", None]))
    function = opened(model, "x FLOAT, i ARRAY<INT>", "x1 FLOAT, i1 ARRAY<INT>")
    rows = [(1.5, [1]), (2.5, [2, 3]), (3.5, [])]
    assert [(x, list(i)) for x, i in predict(function, rows)] == rows


def test_text_beside_bfloat16_is_refused(opened):
    """onnxruntime cannot take both from Python."""
    with pytest.raises(ModelError, match="cannot pass 's', which is text"):
        opened(
            identity(x=("bfloat16", ["N"]), s=("string", ["N"])), "x FLOAT, s STRING", "y_x FLOAT"
        )
