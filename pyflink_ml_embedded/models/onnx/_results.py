# SPDX-License-Identifier: Apache-2.0
"""Results of an ONNX file, checked against the columns of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._exceptions import ModelError
from ..._names import NamesMismatch
from ._calls import as_rows
from ._matching import class_order
from ._tensors import Tensor
from ._values import Array


def checked_rows(tensor: Tensor, result: Any, rows: int) -> Any:
    """Returns a result of the file with the rows as its first dimension.

    Raises:
        ModelError: the number of rows or of dimensions is wrong.
    """
    shape = (len(result),) if tensor.is_zip_map else result.shape
    if not _fits(tensor, shape, rows):
        raise ModelError(
            f"the file's output '{tensor.name}' has the shape {list(shape)} for {rows} rows; "
            + _needed(tensor, rows)
        )
    return as_rows(tensor, result)


def _fits(tensor: Tensor, shape: tuple[int, ...], rows: int) -> bool:
    if tensor.axis is None:
        rank = tensor.depth + len(tensor.units)
        return len(shape) == rank and all(shape[index] == 1 for index in tensor.units)
    ranks = (1, 2) if tensor.depth == 0 else (tensor.depth + 1,)
    return len(shape) in ranks and shape[tensor.axis] == rows


def _needed(tensor: Tensor, rows: int) -> str:
    if tensor.axis is None:
        ones = f", and length 1 in {list(tensor.units)}" if tensor.units else ""
        return f"its column needs {tensor.depth + len(tensor.units)} dimensions{ones}"
    dimensions = "1 or 2 dimensions" if tensor.depth == 0 else f"{tensor.depth + 1} dimensions"
    return f"its columns need {rows} rows and {dimensions}"


def as_matrix(tensor: Tensor, rows: Any) -> Array:
    """Returns the columns of an output of depth 0; shape (rows, columns).

    Raises:
        ModelError: the number of columns is not that of the model's OUTPUT, or their names
            contradict the classes of a ZipMap.
    """
    if tensor.is_zip_map:
        return _class_columns(tensor, rows)
    matrix: Array = rows.reshape(len(rows), -1)
    _check_width(tensor, matrix.shape[1])
    return matrix


def _class_columns(tensor: Tensor, rows: Sequence[dict[str | int, Any]]) -> Array:
    classes = tuple(rows[0])
    _check_width(tensor, len(classes))
    try:
        order = class_order(tensor.column_names, classes)
    except NamesMismatch as mismatch:
        raise ModelError(
            f"the model's OUTPUT does not fit the classes of the file's output '{tensor.name}': "
            f"{mismatch}"
        ) from mismatch
    named = [classes[index] for index in order]
    return np.array([[row[name] for name in named] for row in rows], tensor.element.dtype)


def _check_width(tensor: Tensor, width: int) -> None:
    if width != len(tensor.columns):
        raise ModelError(
            f"the file's output '{tensor.name}' has {width} columns; the model's OUTPUT "
            f"has {len(tensor.columns)} for it"
        )


def row_values(tensors: Sequence[Tensor], results: Sequence[Any], rows: int) -> list[Any]:
    """Returns the values of the first row, in the order of the columns.

    Raises:
        ModelError: a result does not fit its columns.
    """
    values: list[Any] = []
    for tensor, result in zip(tensors, results, strict=True):
        checked = checked_rows(tensor, result, rows)
        if tensor.is_map or tensor.depth > 0:
            values.append(checked[0])
        else:
            values.extend(as_matrix(tensor, checked[:1])[0].tolist())
    return values
