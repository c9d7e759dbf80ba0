# SPDX-License-Identifier: Apache-2.0
"""Calls an ONNX file with rows."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..._exceptions import ModelError
from ..._native import OnnxSession
from ._tensors import Tensor
from ._values import Array, element_error

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, OrtValue, RunOptions

# The type of elements in ONNX's TensorProto.
_BFLOAT16 = 16
_INFINITE = 0x7F80
_FATAL = 4

# The error codes of ONNX Runtime, with the exceptions of onnxruntime.
_ERRORS = {
    1: "Fail",
    2: "InvalidArgument",
    3: "NoSuchFile",
    4: "NoModel",
    5: "EngineError",
    6: "RuntimeException",
    7: "InvalidProtobuf",
    8: "ModelLoaded",
    9: "NotImplemented",
    10: "InvalidGraph",
    11: "EPFail",
}

# Makes one result of the file for each output from rows, which are the first dimension.
Call: TypeAlias = Callable[[Mapping[str, Array]], list[Any]]


def make_call(
    session: InferenceSession,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    options: RunOptions | None = None,
) -> Call:
    """Returns a function that calls the file.

    Its argument has the rows of each input as the first dimension. Its results are as the file
    makes them.

    Raises:
        ModelError: the installed onnxruntime cannot pass the tensors.
    """
    names = [tensor.name for tensor in outputs]
    tensors = (*inputs, *outputs)
    if not any(tensor.element.is_bfloat16 for tensor in tensors):
        if all(tensor.axis == 0 for tensor in inputs):
            return lambda rows: session.run(names, rows, options)
        return lambda rows: session.run(names, arranged(inputs, rows), options)
    import onnxruntime

    if not hasattr(onnxruntime.OrtValue, "ortvalue_from_numpy_with_onnx_type"):
        raise ModelError(
            f"onnxruntime {onnxruntime.__version__} cannot pass tensors of bfloat16 from Python; "
            "install a newer one"
        )
    others = [t.name for t in tensors if t.element.pack is None or t.is_zip_map]
    if others:
        raise ModelError(
            f"onnxruntime cannot pass '{others[0]}', which is text or a ZipMap, together with "
            "tensors of bfloat16; convert these to float in the file"
        )

    def call(rows: Mapping[str, Array]) -> list[Any]:
        arrays = arranged(inputs, rows)
        feed = {tensor.name: _ort_value(tensor, arrays[tensor.name]) for tensor in inputs}
        results = session.run_with_ort_values(names, feed, options)
        return [_from_ort_value(*pair) for pair in zip(outputs, results, strict=True)]

    return call


def make_native_call(
    session: OnnxSession, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> Call:
    """Returns a function that calls the file by a session in C, as ``make_call`` does.

    It raises onnxruntime's exceptions.
    """
    names = tuple(tensor.name for tensor in outputs)

    def call(rows: Mapping[str, Array]) -> list[Any]:
        arrays = arranged(inputs, rows)
        given = tuple(
            (tensor.name, tensor.element.dtype, np.asarray(arrays[tensor.name], order="C"))
            for tensor in inputs
        )
        try:
            results = session.run(names, given)
        except RuntimeError as error:
            raise _onnxruntime_error(*error.args) from None
        return [np.frombuffer(data, dtype).reshape(shape) for dtype, shape, data in results]

    return call


def quiet_options() -> RunOptions:
    """Returns options with which onnxruntime does not print errors, for calls that may fail."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL
    return options


def arranged(inputs: Sequence[Tensor], rows: Mapping[str, Array]) -> dict[str, Array]:
    """Returns the inputs of a call from arrays whose first dimension is the rows, by name."""
    return {tensor.name: as_in_file(tensor, rows[tensor.name]) for tensor in inputs}


def as_in_file(tensor: Tensor, rows: Array) -> Array:
    """Returns rows as the file has them, from an array whose first dimension is the rows."""
    if tensor.axis is None:
        return np.expand_dims(rows.reshape(rows.shape[1:]), tensor.units)
    return np.moveaxis(rows, 0, tensor.axis) if tensor.axis else rows


def as_rows(tensor: Tensor, result: Any) -> Any:
    """Returns a result of the file with the rows as its first dimension, in a type for columns.

    A ZipMap, which is a list of dicts, is returned unchanged.
    """
    if tensor.is_zip_map:
        return result
    if tensor.element.result_dtype != tensor.element.dtype:
        result = result.astype(tensor.element.result_dtype)
    if tensor.axis is None:
        return result.squeeze(tensor.units)[None]
    return np.moveaxis(result, tensor.axis, 0) if 0 < tensor.axis < result.ndim else result


def _onnxruntime_error(code: int, message: str) -> Exception:
    """Returns the exception that onnxruntime raises for an error code of its C library."""
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    kind = _ERRORS.get(code, "Fail")
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).upper()
    text = f"[ONNXRuntimeError] : {code} : {name} : {message}"
    error: Exception = getattr(errors, kind)(text)
    return error


def _ort_value(tensor: Tensor, array: Array) -> OrtValue:
    import onnxruntime

    if not tensor.element.is_bfloat16:
        return onnxruntime.OrtValue.ortvalue_from_numpy(np.asarray(array, order="C"))
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(
        _to_bfloat16(array, tensor), _BFLOAT16
    )


def _from_ort_value(tensor: Tensor, value: OrtValue) -> Any:
    if not tensor.element.is_bfloat16:
        return value.numpy()
    shape = tuple(value.shape())
    memory = (ctypes.c_uint16 * math.prod(shape)).from_address(value.data_ptr())
    bits = np.frombuffer(memory, np.uint16).astype(np.uint32) << 16
    return bits.view(np.float32).reshape(shape)


def _to_bfloat16(values: Array, tensor: Tensor) -> Array:
    """Rounds float32 to the nearest bfloat16, and to even between two.

    Raises:
        ConversionError: a finite number becomes infinite.
    """
    bits = np.ascontiguousarray(values).view(np.uint32)
    high = bits >> 16
    rounded = ((bits.astype(np.uint64) + 0x7FFF + (high & 1)) >> 16).astype(np.uint16)
    overflows = np.argwhere(np.isfinite(values) & ((rounded & _INFINITE) == _INFINITE))
    if len(overflows) > 0:
        column = tensor.column_names[0] + "[]" * tensor.depth
        if len(tensor.columns) > 1:
            column = tensor.column_names[overflows[0][1 - (tensor.axis or 0)]]
        raise element_error(column, tensor, "this float")
    return np.where(np.isnan(values), np.uint16(_INFINITE | 0x40), rounded).reshape(values.shape)
