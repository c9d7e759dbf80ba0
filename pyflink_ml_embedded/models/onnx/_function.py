"""A predict function for an ONNX file, run by onnxruntime in the calling thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..._context import PredictContext
from ..._function import BatchPredictFunction, PredictFunction
from ..._native import Row
from ..._properties import check_properties
from ._batches import BatchPredictor
from ._rows import RowPredictor
from ._session import find_file, load_session
from ._tensors import map_inputs, map_outputs

if TYPE_CHECKING:
    import pyarrow as pa

_PROPERTIES = ("graph-optimization", "intra-op-threads", "onnx-file", "providers", "spinning")


class OnnxPredictFunction(PredictFunction, BatchPredictFunction):
    """Predicts with an ONNX file of the model directory.

    The columns of INPUT are given to the file's inputs by name where both have the same names, in
    any order; inputs with a default may be left out. Else they are given by position: all columns
    to one input of shape [N, columns], or one column to each input of shape [N] or [N, 1]. An
    ARRAY fills one dimension more with each level: [N, L] or [N, L, D]. NULL becomes NaN where an
    input's elements are floating-point numbers, and fails the job elsewhere.

    The columns of OUTPUT are the outputs of the same names, or else by position all outputs, where
    one of shape [N, C] gives C columns, or one ARRAY. A ZipMap gives its probabilities in the order
    of the classes, or one MAP.

    A file that takes a fixed number of rows gets copies of the last row for those that are missing.

    Properties:
        onnx-file: the file in the model directory; needed where there are several ``*.onnx``.
        graph-optimization: ``disabled``, ``basic``, ``extended`` or ``all``, the default.
        intra-op-threads: how many threads one prediction uses; 1 by default.
        spinning: whether these threads wait for the next prediction by spinning; false by default.
        providers: onnxruntime's execution providers, separated by commas;
            ``CPUExecutionProvider`` by default.
    """

    array_format: ClassVar[Literal["list", "numpy"]] = "numpy"

    def open(self, context: PredictContext) -> None:
        """Loads the file and maps the columns to its inputs and outputs.

        Raises:
            ModelError: a property is wrong, or the file is missing or does not fit the columns.
        """
        check_properties(context.properties, _PROPERTIES, "OnnxPredictFunction")
        file = find_file(context.model_directory, context.properties.get("onnx-file"))
        session = load_session(file, context)
        inputs, rows = map_inputs(
            session.get_inputs(),
            session.get_overridable_initializers(),
            context.input_schema,
            file,
        )
        outputs = map_outputs(session.get_outputs(), rows, context.output_schema, file)
        self._inputs = inputs
        self._rows = RowPredictor(session, inputs, outputs, context.input_schema.names, rows or 1)
        self._batches = BatchPredictor(
            session, inputs, outputs, context.input_schema, context.output_schema.names, rows
        )

    def predict(self, data: Row) -> list[Sequence[Any]]:
        """Returns one row: the values of the outputs."""
        return [self._rows.predict(data)]

    def predict_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Returns an array for each column of OUTPUT, by name."""
        return self._batches.predict(batch, self.feature_matrix)

    def warm_up_row(self) -> Sequence[Any] | None:
        """Returns a row with ARRAYs of the lengths that the file takes."""
        values = super().warm_up_row()
        if values is None:
            return None
        made = list(values)
        for tensor in self._inputs:
            if tensor.depth > 0:
                column = tensor.columns.start
                made[column] = _with_lengths(made[column], tensor.shape or ())
        return made


def _with_lengths(array: Any, lengths: Sequence[int | None]) -> Any:
    """Returns an ARRAY of these lengths, 1 where they are open, of an ARRAY's first elements."""
    if not lengths:
        return array
    element = _with_lengths(array[0], lengths[1:])
    return [element] * (1 if lengths[0] is None else lengths[0])
