# SPDX-License-Identifier: Apache-2.0
"""A predict function for an ONNX file, run by onnxruntime in the calling thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..._context import PredictContext
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Row
from ..._properties import check_properties
from ._args import args_of
from ._axes import batch_axis_of
from ._batches import BatchPredictor
from ._calls import make_call, quiet_options
from ._mapping import File, map_columns, unclear_rows
from ._rows import RowPredictor
from ._samples import Feed, check_rows, check_samples, observed_outputs
from ._session import find_file, load_session

if TYPE_CHECKING:
    import pyarrow as pa

_PROPERTIES = (
    "batch-axis",
    "graph-optimization",
    "intra-op-threads",
    "onnx-file",
    "providers",
    "spinning",
)


class OnnxPredictFunction(PredictFunction, BatchPredictFunction):
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
        session = load_session(path, context)
        file = File(
            path,
            args_of(session.get_inputs()),
            args_of(session.get_overridable_initializers()),
            args_of(session.get_outputs()),
        )
        mapping = map_columns(
            file,
            context.input_schema,
            context.output_schema,
            batch_axis,
            partial(observed_outputs, session),
        )
        call = make_call(session, mapping.inputs, mapping.outputs)

        def check_once() -> bool:
            quiet = make_call(session, mapping.inputs, mapping.outputs, quiet_options())
            with unclear_rows(file):
                return check_samples(mapping, quiet, batch_axis)

        columns = (str(context.input_schema), str(context.output_schema))
        is_checked = context.shared(("onnx-check", path, *columns), check_once)

        def check(rows: Feed) -> None:
            with unclear_rows(file):
                check_rows(mapping, call, batch_axis, rows)

        self._inputs = mapping.inputs
        self._rows = RowPredictor(session, call, mapping, context.input_schema.names)
        self._batches = BatchPredictor(
            call,
            mapping,
            context.input_schema,
            context.output_schema.names,
            None if is_checked or mapping.is_proven or mapping.rows is not None else check,
        )

    def predict(self, data: Row) -> list[Sequence[Any]]:
        """Returns the one row that the file predicts."""
        return [self._rows.predict(data)]

    def predict_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name."""
        return self._batches.predict(batch, self.feature_matrix)

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a sample row whose ARRAYs have the lengths that the file takes."""
        values = super().warm_up_row()
        if values is None:
            return None
        row = list(values)
        for tensor in self._inputs:
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
