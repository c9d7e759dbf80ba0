# SPDX-License-Identifier: Apache-2.0
"""Checks by calls of an ONNX file where its results have the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._args import Arg, Misfit
from ._axes import BatchAxis
from ._calls import Call, arranged, quiet_options
from ._mapping import Mapping
from ._results import as_matrix, checked_rows
from ._tensors import Tensor
from ._values import Array

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# What is tried for open lengths, in two calls, for text, and for the integers of the rows beside
# the compared one. Some files reject short images, text that is not a number, or a 2.
_LENGTHS = ((5, 7), (32, 48), (224, 256))
_TEXTS = ("a", "0")
_INTEGERS = (2, 1)

# The largest part of its greatest result by which a row may change beside other rows. Sums in
# another order and quantization change less.
_TOLERANCE = 0.02

Feed: TypeAlias = dict[str, Array]


def check_samples(mapping: Mapping, call: Call, batch_axis: BatchAxis) -> bool:
    """Checks the results of sample rows.

    Args:
        mapping: the inputs and outputs.
        call: calls the file.
        batch_axis: the value of the property.

    Returns:
        False if sample rows cannot show it.

    Raises:
        Misfit: the rows are not where they are read.
        ModelError: a result does not fit its columns.
    """
    if batch_axis == "none" and not all(t.element.is_float for t in mapping.inputs):
        return False  # integers may be axes or sizes, on which the shapes of results depend
    error: Exception | None = None
    for feeds in _samples(mapping.inputs, mapping.rows):
        try:
            results = [call(feed) for feed in feeds]
        except Exception as raised:  # of any operator, on values that it does not accept
            error = error or raised
        else:
            _check(mapping, feeds[:2], results[:2], batch_axis)
            if batch_axis == "auto" and (mapping.rows or 0) > 1:
                _check_fixed_rows(mapping, results[0], results[2])
            return True
    if batch_axis == "auto" and mapping.rows is not None and not mapping.is_proven:
        raise Misfit(
            "the file does not declare where its outputs have the rows, and rejects sample rows "
            f"that would show it ({str(error).splitlines()[0]})"
        ) from error
    return False


def check_rows(mapping: Mapping, call: Call, batch_axis: BatchAxis, rows: Feed) -> None:
    """Checks the results of rows of a batch against that of one of them alone.

    Args:
        mapping: the inputs and outputs.
        call: calls the file.
        batch_axis: the value of the property.
        rows: at least two rows for each input.

    Raises:
        Misfit: the rows are not where they are read.
        ModelError: a result does not fit its columns.
    """
    feeds = [rows, _one_of(rows)]
    _check(mapping, feeds, [call(feed) for feed in feeds], batch_axis)


def _check(
    mapping: Mapping, feeds: Sequence[Feed], results: Sequence[list[Any]], batch_axis: BatchAxis
) -> None:
    """Checks two calls, which have different numbers of rows if the file takes any number."""
    sizes = [len(next(iter(feed.values()))) for feed in feeds]
    for tensor, *both in zip(mapping.outputs, *results, strict=True):
        _check_axis(tensor, both, sizes)
        rows = [checked_rows(tensor, *pair) for pair in zip(both, sizes, strict=True)]
        if tensor.depth == 0 and not tensor.is_map and _has_fixed_width(tensor, mapping):
            as_matrix(tensor, rows[0])
        if batch_axis == "auto" and mapping.rows is None and not mapping.is_named:
            beside, alone = rows[0][len(rows[0]) // 2], rows[1][0]
            _check_independence(tensor, rows[0], beside, alone)


def _check_fixed_rows(mapping: Mapping, results: list[Any], copies: list[Any]) -> None:
    """Checks that the middle row has the same result beside other rows as beside its copies."""
    rows = mapping.rows or 1
    for tensor, *both in zip(mapping.outputs, results, copies, strict=True):
        beside, alone = (checked_rows(tensor, result, rows) for result in both)
        _check_independence(tensor, beside, beside[rows // 2], alone[rows // 2])


def observed_outputs(
    session: InferenceSession, inputs: Sequence[Tensor], outputs: Sequence[Arg]
) -> Sequence[Arg]:
    """Returns the outputs of a file that takes one row in a call, as a sample row shows them.

    All dimensions are open.

    Args:
        session: the session of the file.
        inputs: the inputs that have columns.
        outputs: the outputs, which are returned unchanged if the file rejects all sample rows.
    """
    names = [arg.name for arg in outputs]
    for feed, *_ in _samples(inputs, 1):
        try:
            results = session.run(names, arranged(inputs, feed), quiet_options())
        except Exception:  # of any operator, or because numpy has no bfloat16
            continue
        return [
            arg if isinstance(result, list) else Arg(arg.name, arg.type, (None,) * result.ndim)
            for arg, result in zip(outputs, results, strict=True)
        ]
    return outputs


def _samples(inputs: Sequence[Tensor], rows: int | None) -> Iterator[list[Feed]]:
    """Yields the inputs of two calls, until a file accepts them.

    If the file takes several rows in a call and no other number, those of a third call follow: the
    middle row of the first call, repeated.

    Args:
        inputs: the inputs.
        rows: how many rows the file takes in one call; None for any number.
    """
    has_length = any(None in (tensor.shape or ()) for tensor in inputs)
    has_text = any(tensor.element.pack is None for tensor in inputs)
    has_integer = any(tensor.element.is_integer for tensor in inputs) and rows != 1
    for lengths, text, integer in product(
        _LENGTHS if has_length else _LENGTHS[:1],
        _TEXTS if has_text else _TEXTS[:1],
        _INTEGERS if has_integer else _INTEGERS[1:],
    ):
        first = _sample(inputs, rows or 3, lengths[0], text, integer)
        if rows is None:
            yield [first, _one_of(first)]
        else:
            copies = {name: np.repeat(row, rows, 0) for name, row in _one_of(first).items()}
            yield [first, _sample(inputs, rows, lengths[1], text, integer), copies]


def _one_of(rows: Feed) -> Feed:
    """Returns the middle row, so that a row before it or after it would be noticed."""
    return {name: array[len(array) // 2 :][:1] for name, array in rows.items()}


def _sample(inputs: Sequence[Tensor], rows: int, length: int, text: str, integer: int) -> Feed:
    random = np.random.default_rng(0)
    feed: Feed = {}
    for tensor in inputs:
        sizes = [length if size is None else size for size in tensor.shape or ()]
        if tensor.element.pack is None:
            feed[tensor.name] = np.full((rows, *sizes), text, object)
        elif tensor.element.is_float:
            feed[tensor.name] = random.random((rows, *sizes)).astype(tensor.element.dtype)
        else:
            feed[tensor.name] = np.ones((rows, *sizes), tensor.element.dtype)
            if tensor.element.is_integer:
                others = np.arange(rows) != rows // 2
                feed[tensor.name][others] = integer
    return feed


def _check_axis(tensor: Tensor, results: list[Any], sizes: list[int]) -> None:
    if tensor.axis is None:
        return
    shapes = [(len(r),) if tensor.is_zip_map else tuple(r.shape) for r in results]
    axes = [axis for axis, pair in enumerate(zip(*shapes, strict=False)) if [*pair] == sizes]
    ranks = {len(shape) for shape in shapes}
    if tensor.axis not in axes or len(ranks) > 1 or (sizes[0] != sizes[1] and len(axes) > 1):
        given = " and ".join(
            f"{list(shape)} for {size} row{'s' if size > 1 else ''}"
            for shape, size in zip(shapes, sizes, strict=True)
        )
        raise Misfit(f"the file's output '{tensor.name}' has the shape {given}")


def _has_fixed_width(tensor: Tensor, mapping: Mapping) -> bool:
    """Returns whether the number of columns does not follow from the length of an ARRAY."""
    return tensor.is_zip_map or all(t.fixed_shape is not None for t in mapping.inputs)


def _check_independence(tensor: Tensor, rows: Any, beside: Any, alone: Any) -> None:
    """Checks that a row has the same result in two calls.

    Args:
        tensor: the output.
        rows: all rows of the first call.
        beside: the result of the row in it.
        alone: the result of the row in the other call.

    Raises:
        Misfit: the results differ.
    """
    if tensor.is_zip_map or tensor.element.pack is None:
        return
    if beside.shape == alone.shape:
        if not tensor.element.is_float:
            is_same = np.array_equal(beside, alone)
        else:
            scale = np.max(np.abs(rows), initial=0, where=np.isfinite(rows))
            is_same = np.allclose(beside, alone, rtol=0, atol=_TOLERANCE * scale, equal_nan=True)
        if is_same:
            return
    raise Misfit(
        f"a row of the file's output '{tensor.name}' depends on the other rows of its call"
    )
