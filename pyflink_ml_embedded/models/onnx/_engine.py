# SPDX-License-Identifier: Apache-2.0
"""Runs an ONNX file by the C library of ONNX Runtime, without Python between rows."""

from __future__ import annotations

import glob
import os

from ..._context import PredictContext
from ..._engine import choose_engine
from ..._native import OnnxEngine, OnnxSession
from ..._schema import Schema
from ._elements import ColumnType
from ._mapping import Mapping
from ._session import CPU_PROVIDER, LoadedFile
from ._tensors import Tensor

# The most levels of ARRAY, which fill dimensions beside those of the rows and of length 1.
_MAX_DEPTH = 6


def open_session(
    loaded: LoadedFile, mapping: Mapping, context: PredictContext, *, is_known: bool
) -> OnnxSession | None:
    """Returns the session in C, shared with other subtasks, or None if Python runs the file.

    Args:
        loaded: the file.
        mapping: the inputs and outputs.
        context: the context of the function, with the property ``engine``.
        is_known: whether it is known where results have the rows.

    Raises:
        ModelError: the property is ``c``, and C cannot run the file.
    """
    refusal = _refusal(loaded, mapping, context.input_schema, is_known=is_known)

    def find() -> OnnxSession | str:
        return refusal or context.shared(("onnx-c", loaded.path), lambda: _load(loaded))

    return choose_engine(context, loaded.path, find)


def make_engine(session: OnnxSession, mapping: Mapping) -> OnnxEngine:
    """Returns an engine for one function."""
    return OnnxEngine(
        session,
        tuple(_described(tensor) for tensor in mapping.inputs),
        tuple(_described(tensor) for tensor in mapping.outputs),
        mapping.rows or 0,
    )


def _described(
    tensor: Tensor,
) -> tuple[str, str, int, int, int, tuple[int, ...], bool, tuple[int, ...]]:
    open_shape = (None,) * (tensor.depth or 1)
    sizes = open_shape if tensor.shape is None else tensor.shape
    return (
        tensor.name,
        tensor.element.dtype,
        tensor.columns.start,
        len(tensor.columns),
        tensor.depth,
        tuple(-1 if size is None else size for size in sizes),
        tensor.axis is None,
        tensor.units,
    )


def _refusal(loaded: LoadedFile, mapping: Mapping, inputs: Schema, *, is_known: bool) -> str | None:
    """Returns why C cannot run a file, or None if it can."""
    if loaded.settings.providers != (CPU_PROVIDER,):
        return "it uses other execution providers than the CPU's"
    for tensor in (*mapping.inputs, *mapping.outputs):
        if tensor.is_zip_map or tensor.element.pack in (None, "e") or tensor.element.is_bfloat16:
            return f"'{tensor.name}' is text, a ZipMap, or of float16 or bfloat16"
        if tensor.axis not in (None, 0):
            return f"the first dimension of '{tensor.name}' is not the rows"
        if tensor.depth > _MAX_DEPTH:
            return f"'{tensor.name}' has more than {_MAX_DEPTH} levels of ARRAY"
    for field in inputs:
        if ColumnType.of(field.sql_type).value == "DECIMAL":
            return f"column '{field.name}' is a DECIMAL"
    return None if is_known else "only results show which dimension is the rows"


def _load(loaded: LoadedFile) -> OnnxSession | str:
    """Returns the session in C, or why there is none."""
    import onnxruntime

    directory = os.path.join(os.path.dirname(onnxruntime.__file__), "capi")
    libraries = glob.glob(os.path.join(glob.escape(directory), "libonnxruntime.so.*"))
    if len(libraries) != 1:
        return f"onnxruntime {onnxruntime.__version__} has no C library"
    settings = loaded.settings
    try:
        return OnnxSession(
            libraries[0],
            loaded.path,
            settings.graph_optimization,
            settings.intra_op_threads,
            settings.spinning,
        )
    except (ImportError, RuntimeError) as error:
        return str(error)
