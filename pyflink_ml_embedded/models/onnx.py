"""A predict function for an ONNX file, run by onnxruntime in the calling thread."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._function import ModelError, PredictContext, PredictFunction
from .._native import ConversionError, Row
from .._schema import Schema
from ._tensors import Tensor, map_inputs, map_outputs

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_PROPERTIES = ("intra-op-threads", "onnx-file", "providers")


class OnnxPredictFunction(PredictFunction):
    """Predicts with an ONNX file of the model directory.

    The columns of INPUT are given to the file's inputs by name where both have the same names, in
    any order. Else they are given by position: all columns to one input of shape [N, columns], or
    one column to each input of shape [N] or [N, 1]. NULL becomes NaN where an input's elements are
    floating-point numbers, and fails the job elsewhere.

    The columns of OUTPUT are the outputs of the same names, or else by position all outputs, where
    one of shape [N, C] gives C columns. A ZipMap gives its probabilities in the order of the
    classes.

    Properties:
        onnx-file: the file in the model directory; needed where there are several ``*.onnx``.
        intra-op-threads: how many threads one prediction uses; 1 by default.
        providers: onnxruntime's execution providers, separated by commas;
            ``CPUExecutionProvider`` by default.
    """

    def open(self, context: PredictContext) -> None:
        """Loads the file and maps the columns to its inputs and outputs.

        Raises:
            ModelError: a property is wrong, or the file is missing or does not fit the columns.
        """
        _check_properties(context.properties)
        file = _find_file(context.model_directory, context.properties.get("onnx-file"))
        self._session = _load(file, context.properties)
        inputs = map_inputs(self._session.get_inputs(), context.input_schema, file)
        outputs = map_outputs(self._session.get_outputs(), context.output_schema, file)
        self._inputs = _Inputs(inputs, context.input_schema)
        self._outputs = [tensor.name for tensor in outputs]
        self._numbers = None
        if _are_numbers(inputs) and _are_numbers(outputs):
            self._numbers = _Block(outputs, [tensor.element.unpack for tensor in outputs])
            self._binding = _bind(self._session, self._inputs.feed, self._numbers.arrays)

    def predict(self, data: Row) -> list[Sequence[Any]]:
        """Returns one row: the values of the outputs."""
        self._inputs.fill(data)
        if self._numbers is None:
            return [self._run()]
        self._session.run_with_iobinding(self._binding)
        return [self._numbers.unpack()]

    def _run(self) -> list[Any]:
        values: list[Any] = []
        for result in self._session.run(self._outputs, self._inputs.feed):
            is_zip_map = isinstance(result, list)
            values.extend(result[0].values() if is_zip_map else result.ravel().tolist())
        return values


class _Block:
    """Tensors of numbers, one after the other, packed and unpacked all at once.

    onnxruntime reads and writes this memory, so that no array is made for a row.

    Attributes:
        arrays: the tensors by name; views of the memory.
    """

    def __init__(self, tensors: Sequence[Tensor], codes: Sequence[str | None]) -> None:
        layout = "@"
        offsets = []
        for tensor, code in zip(tensors, codes, strict=True):
            layout += f"0{code}"  # aligns what follows
            offsets.append(struct.calcsize(layout))
            layout += f"{len(tensor.columns)}{code}"
        self._struct = struct.Struct(layout)
        self._memory = bytearray(self._struct.size)
        self.arrays: dict[str, npt.NDArray[Any]] = {
            tensor.name: np.ndarray(tensor.shape or (), tensor.element.dtype, self._memory, offset)
            for tensor, offset in zip(tensors, offsets, strict=True)
        }

    def pack(self, values: Sequence[Any]) -> None:
        """Writes the numbers. Raises struct.error, TypeError or OverflowError."""
        self._struct.pack_into(self._memory, 0, *values)

    def unpack(self) -> tuple[Any, ...]:
        """Reads the numbers."""
        return self._struct.unpack_from(self._memory)


class _Inputs:
    """The arrays that a row is written to.

    Attributes:
        feed: the arrays by the names of the inputs.
    """

    def __init__(self, tensors: Sequence[Tensor], schema: Schema) -> None:
        # In the order of the columns, so that a row without text is packed as it is.
        ordered = sorted(tensors, key=lambda tensor: tensor.columns.start)
        numbers = [tensor for tensor in ordered if tensor.element.pack]
        texts = [tensor for tensor in ordered if not tensor.element.pack]
        self._schema = schema
        self._slots = [(column, tensor) for tensor in numbers for column in tensor.columns]
        self._block = _Block(numbers, [tensor.element.pack for tensor in numbers])
        self._texts = [(tensor, np.empty(tensor.shape or (), object)) for tensor in texts]
        self.feed: dict[str, npt.NDArray[Any]] = dict(self._block.arrays)
        self.feed.update((tensor.name, array) for tensor, array in self._texts)

    def fill(self, row: Row) -> None:
        """Writes the row.

        Raises:
            ConversionError: a value does not fit the elements of its input.
        """
        values = row[:]
        if self._texts:
            self._fill_texts(values)
            values = [values[column] for column, _ in self._slots]
        try:
            self._block.pack(values)
        except (struct.error, TypeError, OverflowError):
            pairs = zip(values, self._slots, strict=True)
            self._block.pack([self._number(value, *slot) for value, slot in pairs])

    def _fill_texts(self, values: Sequence[Any]) -> None:
        for tensor, array in self._texts:
            for position, column in enumerate(tensor.columns):
                if values[column] is None:
                    raise self._error(column, tensor, "NULL")
                array.flat[position] = values[column]

    def _number(self, value: Any, column: int, tensor: Tensor) -> Any:
        """Returns what can be packed for the value."""
        element = tensor.element
        if value is None:
            if element.dtype.startswith("float"):
                return math.nan
            raise self._error(column, tensor, "NULL")
        try:
            struct.pack(f"@{element.pack}", value)
        except (struct.error, TypeError, OverflowError) as error:
            raise self._error(column, tensor, f"this {type(value).__name__}") from error
        return value

    def _error(self, column: int, tensor: Tensor, given: str) -> ConversionError:
        name = self._schema.names[column]
        error = ConversionError(
            f"column '{name}': {given} cannot be an element of the file's input '{tensor.name}' "
            f"({tensor.element.dtype})"
        )
        error.column = name
        return error


def _are_numbers(tensors: Sequence[Tensor]) -> bool:
    """Says whether all are tensors of numbers of a known shape."""
    return all(tensor.element.pack and tensor.shape is not None for tensor in tensors)


def _check_properties(properties: Mapping[str, str]) -> None:
    unknown = sorted(properties.keys() - set(_PROPERTIES))
    if unknown:
        raise ModelError(
            f"unknown option {_options(unknown)}; OnnxPredictFunction has {_options(_PROPERTIES)}"
        )


def _options(properties: Sequence[str]) -> str:
    return ", ".join(f"'properties.{name}'" for name in properties)


def _find_file(directory: str | None, name: str | None) -> str:
    if directory is None:
        raise ModelError("OnnxPredictFunction needs the option 'model-directory-path'")
    files = sorted(entry for entry in os.listdir(directory) if entry.endswith(".onnx"))
    if name is None and len(files) == 1:
        name = files[0]
    has = f"'{directory}' has: {', '.join(files) or 'no *.onnx file'}"
    if name is None:
        raise ModelError(f"set the option 'properties.onnx-file' to a file in the directory; {has}")
    path = os.path.join(directory, name)
    if not os.path.isfile(path):
        raise ModelError(f"option 'properties.onnx-file': there is no file '{name}'; {has}")
    return path


def _load(file: str, properties: Mapping[str, str]) -> InferenceSession:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise ModelError(
            "onnxruntime is not installed: pip install 'pyflink-ml-embedded[onnx]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads(properties.get("intra-op-threads", "1"))
    # A thread that spins between rows takes a core from Flink.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    given = properties.get("providers", "CPUExecutionProvider")
    providers = [provider.strip() for provider in given.split(",")]
    available = onnxruntime.get_available_providers()
    if not set(providers) <= set(available):
        raise ModelError(
            f"option 'properties.providers' is '{given}'; onnxruntime has: {', '.join(available)}"
        )
    return onnxruntime.InferenceSession(file, options, providers=providers)


def _threads(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise ModelError(f"option 'properties.intra-op-threads' is '{given}'; it must be 1 or more")
    return int(given)


def _bind(
    session: InferenceSession,
    inputs: Mapping[str, npt.NDArray[Any]],
    outputs: Mapping[str, npt.NDArray[Any]],
) -> Any:
    """Binds the arrays, which must live as long as the binding."""
    binding = session.io_binding()
    for bind, arrays in ((binding.bind_input, inputs), (binding.bind_output, outputs)):
        for name, array in arrays.items():
            bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
    return binding
