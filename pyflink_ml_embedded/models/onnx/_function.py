# SPDX-License-Identifier: Apache-2.0
"""A predict function for an ONNX file, run by onnxruntime in the calling thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..._context import PredictContext
from ..._engine import EnginePredictFunction
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Engine, OnnxSession, Row
from ..._properties import check_properties
from ._axes import batch_axis_of
from ._batches import BatchPredictor
from ._calls import Call, make_call, make_native_call, quiet_options
from ._engine import make_engine, open_session
from ._mapping import File, map_columns, unclear_rows
from ._rows import RowPredictor
from ._samples import Feed, check_rows, check_samples, observed_outputs
from ._session import find_file, load_file

if TYPE_CHECKING:
    import pyarrow as pa

_PROPERTIES = (
    "batch-axis",
    "engine",
    "graph-optimization",
    "intra-op-threads",
    "onnx-file",
    "providers",
    "spinning",
)


class OnnxPredictFunction(EnginePredictFunction, PredictFunction, BatchPredictFunction):
    """Predicts with an ONNX file of the model directory.

    The columns of INPUT are matched with the file's inputs by name, in any order. Inputs with a
    default may be left out. If no name matches, columns are matched by position: all columns with
    one input of shape [N, columns], or each column with one input of shape [N] or [N, 1]. Each
    level of an ARRAY fills one more dimension: [N, L] or [N, L, D]. NULL becomes NaN in an input
    of floating-point numbers; in other inputs it fails the row.

    The columns of OUTPUT are filled by the outputs of the same names, or by all outputs in order
    if no name matches. An output of shape [N, C] fills C columns or one ARRAY. A ZipMap fills one
    column for each class, by the names of the classes or in their order, or one MAP.

    N is the number of rows. It is the first dimension of all inputs and outputs, or the one whose
    name they share. If the file takes a fixed number of rows, copies of the last row replace
    missing ones.

    Properties:
        onnx-file: the file in the model directory; required if there are several ``*.onnx`` files.
        batch-axis: which dimension the rows are: ``auto`` (default) decides by the file, ``0`` is
            the first, and with ``none`` each row is a call whose columns are whole tensors.
        engine: ``c`` runs the file without Python between rows, ``python`` by Python; ``auto``
            (default) is ``c`` where that can run the file.
        graph-optimization: ``disabled``, ``basic``, ``extended`` or ``all`` (default).
        intra-op-threads: how many threads one prediction uses; 1 by default.
        spinning: whether these threads spin while they wait for work; ``false`` by default.
        providers: execution providers of onnxruntime, separated by commas;
            ``CPUExecutionProvider`` by default.
    """

    array_format: ClassVar[Literal["list", "numpy"]] = "numpy"

    def open(self, context: PredictContext) -> None:
        """Loads the file, and maps the columns to its inputs and outputs.

        Raises:
            ModelError: a property is wrong, or the file is missing or does not fit the columns.
        """
        check_properties(context.properties, _PROPERTIES, "OnnxPredictFunction")
        path = find_file(context.model_directory, context.properties.get("onnx-file"))
        batch_axis = batch_axis_of(context.properties)
        self._file = load_file(path, context)
        file = File(path, self._file.inputs, self._file.optional, self._file.outputs)
        self._mapping = mapping = map_columns(
            file,
            context.input_schema,
            context.output_schema,
            batch_axis,
            lambda inputs, outputs: observed_outputs(self._file.session(), inputs, outputs),
        )

        def check_once() -> bool:
            session = self._file.session()
            quiet = make_call(session, mapping.inputs, mapping.outputs, quiet_options())
            with unclear_rows(file):
                return check_samples(mapping, quiet, batch_axis)

        def check(rows: Feed) -> None:
            with unclear_rows(file):
                check_rows(mapping, self._call, batch_axis, rows)

        columns = (str(context.input_schema), str(context.output_schema))
        is_known = context.shared(("onnx-check", path, *columns), check_once)
        is_known = is_known or mapping.is_proven or mapping.rows is not None
        self._check = None if is_known else check
        self._context = context
        self._native: OnnxSession | None = None

    def make_engine(self) -> Engine | None:
        """Returns an engine, unless only Python can run the file.

        If there is an engine, the session in Python is dropped.

        Raises:
            ModelError: the property ``engine`` is ``c``, and C cannot run the file.
        """
        is_known = self._check is None
        self._native = open_session(self._file, self._mapping, self._context, is_known=is_known)
        if self._native is None:
            return None
        self._file.release_session()
        return make_engine(self._native, self._mapping)

    def predict(self, data: Row) -> list[Sequence[Any]]:
        """Returns the one row that the file predicts."""
        return [self._rows.predict(data)]

    def predict_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name."""
        return self._batches.predict(batch, self.feature_matrix)

    @cached_property
    def _call(self) -> Call:
        inputs, outputs = self._mapping.inputs, self._mapping.outputs
        if self._native is not None:
            return make_native_call(self._native, inputs, outputs)
        return make_call(self._file.session(), inputs, outputs)

    @cached_property
    def _rows(self) -> RowPredictor:
        session = None if self._native else self._file.session()
        return RowPredictor(session, self._call, self._mapping, self._context.input_schema.names)

    @cached_property
    def _batches(self) -> BatchPredictor:
        schema, names = self._context.input_schema, self._context.output_schema.names
        return BatchPredictor(self._call, self._mapping, schema, names, self._check)

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row whose ARRAYs have the lengths that the file takes."""
        values = super().warm_up_row()
        if values is None:
            return None
        row = list(values)
        for tensor in self._mapping.inputs:
            if tensor.depth > 0:
                column = tensor.columns.start
                row[column] = _with_lengths(row[column], tensor.shape or ())
        return row


def _with_lengths(array: Any, lengths: Sequence[int | None]) -> Any:
    """Repeats the first element of an ARRAY to these lengths, with 1 for an open length."""
    if not lengths:
        return array
    element = _with_lengths(array[0], lengths[1:])
    return [element] * (1 if lengths[0] is None else lengths[0])
