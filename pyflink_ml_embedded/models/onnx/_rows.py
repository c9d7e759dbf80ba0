# SPDX-License-Identifier: Apache-2.0
"""Predicts rows with an ONNX file, one at a time."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._native import Row
from ._calls import Call, as_in_file
from ._mapping import Mapping
from ._results import row_values
from ._tensors import Tensor
from ._values import Array, array_of, element_error

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


class RowPredictor:
    """Predicts rows. It must not be used by two threads at a time.

    Args:
        session: the session of the file in Python; None if there is none.
        call: calls the file.
        mapping: the inputs and outputs. A file that takes several rows gets copies of the row.
        names: the names of the columns of INPUT.
    """

    def __init__(
        self, session: InferenceSession | None, call: Call, mapping: Mapping, names: Sequence[str]
    ) -> None:
        self._call = call
        self._rows = mapping.rows or 1
        self._inputs = _Inputs(mapping.inputs, names, self._rows)
        self._outputs = mapping.outputs
        self._run: Callable[[], None] | None = None
        tensors = (*mapping.inputs, *mapping.outputs)
        if session is not None and all(_can_bind(tensor) for tensor in tensors):
            self._bind(session, mapping.inputs, mapping.outputs)

    def _bind(
        self, session: InferenceSession, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
    ) -> None:
        """Binds onnxruntime to memory that every row uses."""
        numbers = [tensor for tensor in outputs if tensor.depth == 0]
        self._arrays = [tensor for tensor in outputs if tensor.depth > 0]
        self._numbers = _Numbers(numbers, [tensor.element.unpack for tensor in numbers], self._rows)
        self._results = self._numbers.arrays | _empty(self._arrays, self._rows)
        binding = _bind(
            session,
            {tensor.name: as_in_file(tensor, self._inputs.feed[tensor.name]) for tensor in inputs},
            {tensor.name: as_in_file(tensor, self._results[tensor.name]) for tensor in outputs},
        )
        self._run = partial(session.run_with_iobinding, binding)

    def predict(self, row: Row) -> Sequence[Any]:
        """Returns the values of the outputs.

        Raises:
            ConversionError: a value does not fit its input.
            ModelError: a result does not fit its columns.
        """
        self._inputs.fill(row[:])
        if self._run is None:
            return row_values(self._outputs, self._call(self._inputs.feed), self._rows)
        self._run()
        if not self._arrays:
            return self._numbers.unpack()
        return self._with_arrays()

    def _with_arrays(self) -> list[Any]:
        numbers = iter(self._numbers.unpack())
        values: list[Any] = []
        for tensor in self._outputs:
            if tensor.depth > 0:
                values.append(self._results[tensor.name][0].astype(tensor.element.result_dtype))
            else:
                values.extend(next(numbers) for _ in tensor.columns)
        return values


class _Numbers:
    """Tensors of numbers in one block of memory, whose first row is packed and unpacked.

    onnxruntime reads and writes this memory, so predicting a row creates no array.

    Attributes:
        arrays: the tensors by name, as views of the memory.
        pack: writes the numbers of the first row. Raises struct.error, TypeError or OverflowError.
        unpack: reads the numbers of the first row.
    """

    def __init__(self, tensors: Sequence[Tensor], codes: Sequence[str | None], rows: int) -> None:
        layout = "="  # rejects a number that becomes infinite in 32 bits
        size = 0
        offsets = []
        for tensor, code in zip(tensors, codes, strict=True):
            width, item = len(tensor.columns), struct.calcsize(f"={code}")
            gap = -size % item
            offsets.append(size + gap)
            layout += f"{gap}x{width}{code}{(rows - 1) * width * item}x"
            size += gap + rows * width * item
        form = struct.Struct(layout)
        memory = bytearray(form.size)
        self.pack: Callable[..., None] = partial(form.pack_into, memory, 0)
        self.unpack: Callable[[], tuple[Any, ...]] = partial(form.unpack_from, memory)
        self.arrays: dict[str, Array] = {
            tensor.name: np.ndarray(
                (rows, *(tensor.fixed_shape or ())), tensor.element.dtype, memory, offset
            )
            for tensor, offset in zip(tensors, offsets, strict=True)
        }


class _Inputs:
    """The arrays that receive the values of a row.

    Attributes:
        feed: the arrays by the names of the inputs.
    """

    def __init__(self, tensors: Sequence[Tensor], names: Sequence[str], rows: int) -> None:
        # In the order of the columns, so that a row of numbers is packed without a copy.
        ordered = sorted(tensors, key=lambda tensor: tensor.columns.start)
        numbers = [tensor for tensor in ordered if tensor.depth == 0 and tensor.element.pack]
        self._names = names
        self._rows = rows
        self._slots = [(column, tensor) for tensor in numbers for column in tensor.columns]
        self._numbers = _Numbers(numbers, [tensor.element.pack for tensor in numbers], rows)
        self._texts = [t for t in ordered if t.depth == 0 and not t.element.pack]
        self._arrays = [tensor for tensor in ordered if tensor.depth > 0]
        fixed = [tensor for tensor in self._arrays if tensor.fixed_shape is not None]
        self.feed: dict[str, Array] = self._numbers.arrays | _empty([*self._texts, *fixed], rows)

    def fill(self, values: list[Any]) -> None:
        """Writes the values of a row.

        Raises:
            ConversionError: a value does not fit the element type of its input.
        """
        numbers = values
        if self._texts or self._arrays:
            self._fill_texts(values)
            self._fill_arrays(values)
            numbers = [values[column] for column, _ in self._slots]
        try:
            self._numbers.pack(*numbers)
        except (struct.error, TypeError, OverflowError):
            pairs = zip(numbers, self._slots, strict=True)
            self._numbers.pack(*[self._number(value, *slot) for value, slot in pairs])
        if self._rows > 1:
            for array in self.feed.values():
                array[1:] = array[0]

    def _fill_texts(self, values: Sequence[Any]) -> None:
        for tensor in self._texts:
            array = self.feed[tensor.name][:1]
            for position, column in enumerate(tensor.columns):
                if values[column] is None:
                    raise element_error(self._names[column], tensor, "NULL")
                array.flat[position] = values[column]

    def _fill_arrays(self, values: Sequence[Any]) -> None:
        for tensor in self._arrays:
            column = tensor.columns.start
            array = array_of(values[column], tensor, self._names[column])
            if tensor.fixed_shape is None:
                self.feed[tensor.name] = np.broadcast_to(array, (self._rows, *array.shape)).copy()
            else:
                self.feed[tensor.name][0] = array

    def _number(self, value: Any, column: int, tensor: Tensor) -> Any:
        """Returns the value, or NaN for NULL; raises ConversionError if it cannot be packed."""
        name = self._names[column]
        if value is None:
            if tensor.element.is_float:
                return math.nan
            raise element_error(name, tensor, "NULL")
        try:
            struct.pack(f"={tensor.element.pack}", value)
        except (struct.error, TypeError, OverflowError) as error:
            raise element_error(name, tensor, f"this {type(value).__name__}") from error
        return value


def _can_bind(tensor: Tensor) -> bool:
    """Returns whether onnxruntime can read or write the tensor in memory of ours."""
    element = tensor.element
    is_fixed = tensor.axis is not None and tensor.fixed_shape is not None
    return is_fixed and element.pack is not None and not element.is_bfloat16


def _empty(tensors: Sequence[Tensor], rows: int) -> dict[str, Array]:
    return {
        tensor.name: np.empty((rows, *(tensor.fixed_shape or ())), tensor.element.dtype)
        for tensor in tensors
    }


def _bind(session: InferenceSession, inputs: dict[str, Array], outputs: dict[str, Array]) -> Any:
    """Returns a binding to the arrays, which must outlive it."""
    binding = session.io_binding()
    for bind, arrays in ((binding.bind_input, inputs), (binding.bind_output, outputs)):
        for name, array in arrays.items():
            bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
    return binding
