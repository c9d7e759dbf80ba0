# SPDX-License-Identifier: Apache-2.0
"""Results of an ONNX file, checked against the columns of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._exceptions import ModelError
from ._tensors import Tensor
from ._values import Array


def check_rows(tensor: Tensor, result: Any, rows: int) -> None:
    """Checks the number of rows of a result, and its number of dimensions.

    Raises:
        ModelError: one of them is wrong.
    """
    if tensor.is_zip_map:
        shape: tuple[int, ...] = (len(result),)
        fits = True
    else:
        shape = result.shape
        fits = len(shape) == tensor.depth + 1 or (tensor.depth == 0 and len(shape) == 2)
    if not fits or shape[0] != rows:
        dimensions = "1 or 2 dimensions" if tensor.depth == 0 else f"{tensor.depth + 1} dimensions"
        raise ModelError(
            f"the file's output '{tensor.name}' has the shape {list(shape)} for {rows} rows; its "
            f"columns need {rows} rows and {dimensions}"
        )


def as_matrix(tensor: Tensor, result: Any) -> Array:
    """Returns the columns of an output of depth 0; shape (rows, columns).

    Raises:
        ModelError: the number of columns is not that of the model's OUTPUT.
    """
    if tensor.is_zip_map:
        result = np.array([list(classes.values()) for classes in result], tensor.element.dtype)
    matrix: Array = result.reshape(len(result), -1)
    if matrix.shape[1] != len(tensor.columns):
        raise ModelError(
            f"the file's output '{tensor.name}' has {matrix.shape[1]} columns; the model's OUTPUT "
            f"has {len(tensor.columns)} for it"
        )
    return matrix


def row_values(tensors: Sequence[Tensor], results: Sequence[Any], rows: int) -> list[Any]:
    """Returns the values of the first row, in the order of the columns.

    Raises:
        ModelError: a result does not fit its columns.
    """
    values: list[Any] = []
    for tensor, result in zip(tensors, results, strict=True):
        check_rows(tensor, result, rows)
        if tensor.is_map or tensor.depth > 0:
            values.append(result[0])
        else:
            values.extend(as_matrix(tensor, result[:1])[0].tolist())
    return values
