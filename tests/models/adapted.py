# SPDX-License-Identifier: Apache-2.0
"""Code for Spark and Ray as models."""

import asyncio

import numpy as np

from pyflink_ml_embedded.adapters import (
    from_batch_callable,
    from_make_predict_fn,
    from_row_callable,
)


def make_sum():
    """Takes one array for all columns."""

    def predict(inputs: np.ndarray) -> np.ndarray:
        return np.sum(inputs, axis=1)

    return predict


def make_product():
    """Takes an array for each column, and returns a dict."""

    def predict(x1: np.ndarray, x2: np.ndarray) -> dict[str, np.ndarray]:
        return {"product": x1 * x2, "rows": np.full(len(x1), len(x1))}

    return predict


def make_rows():
    """Returns a list of dicts."""

    def predict(*columns):
        return [{"product": a * b, "rows": 1} for a, b in zip(*columns, strict=True)]

    return predict


def make_image():
    """Takes tensors, and returns a matrix."""

    def predict(images, factor):
        assert images.shape[1:] == (2, 3)
        return images.sum(axis=1) * factor[:, np.newaxis]

    return predict


def make_column():
    """Returns a column as neural networks do."""
    return lambda x: np.asarray(x).reshape(-1, 1)


def make_nothing():
    """Has no return."""


Sum = from_make_predict_fn(make_sum)
Product = from_make_predict_fn(make_product, batch_size=2)
Rows = from_make_predict_fn(make_rows, batch_size=2)
Image = from_make_predict_fn(make_image, input_tensor_shapes=[[2, 3], None])
SparseImage = from_make_predict_fn(make_image, input_tensor_shapes={0: [2, 3]})
UnshapedImage = from_make_predict_fn(make_image)
BatchShape = from_make_predict_fn(make_image, input_tensor_shapes=[[-1, 2, 3], None])
ScalarShape = from_make_predict_fn(make_image, input_tensor_shapes=[[2, 3], [1]])
Column = from_make_predict_fn(make_column, batch_size=1)
Nothing = from_make_predict_fn(make_nothing)


class Scale:
    """Loads in ``__init__`` and predicts in ``__call__``."""

    def __init__(self, factor, offset=0.0):
        self.factor, self.offset = factor, offset

    def __call__(self, batch):
        return {"y": batch["x"] * self.factor + self.offset}


class ScaleTable(Scale):
    def __call__(self, table):
        return {"y": [x * self.factor + self.offset for x in table["x"].to_pylist()]}


class AwaitedScale(Scale):
    async def __call__(self, batch):
        await asyncio.sleep(0)
        return super().__call__(batch)


class Repeat:
    def __call__(self, row):
        return [{"y": row["x"]}] * 2


ARGUMENTS = {"fn_constructor_args": (2.0,), "fn_constructor_kwargs": {"offset": 1.0}}
Numpy = from_batch_callable(Scale, **ARGUMENTS)
Pandas = from_batch_callable(Scale, batch_format="pandas", **ARGUMENTS)
Arrow = from_batch_callable(ScaleTable, batch_format="pyarrow", **ARGUMENTS)
Awaited = from_batch_callable(AwaitedScale, **ARGUMENTS)
ByRow = from_row_callable(Scale, **ARGUMENTS)
AwaitedByRow = from_row_callable(AwaitedScale, **ARGUMENTS)
TwoRows = from_row_callable(Repeat)
