"""An ONNX file with one matrix in and one out."""

from typing import Any

from pyflink_ml_embedded import BatchPredictFunction, PredictContext
from pyflink_ml_embedded.models.onnx import OnnxPredictFunction


class OnnxMatrix(OnnxPredictFunction, BatchPredictFunction):
    """Predicts row by row as its base does, and a batch as one matrix."""

    def open(self, context: PredictContext) -> None:
        super().open(context)
        self._input = self._session.get_inputs()[0].name

    def predict_batch(self, batch: Any) -> Any:
        """Returns (rows, outputs)."""
        return self._session.run(None, {self._input: self.feature_matrix(batch)})[0]
