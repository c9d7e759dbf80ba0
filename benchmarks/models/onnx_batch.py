"""The batch function of bench_batch.py."""

import json
from pathlib import Path
from typing import Any

from onnx_session import open_session

from pyflink_ml_embedded import BatchPredictFunction, PredictContext


class OnnxBatch(BatchPredictFunction):
    """Predicts with the ONNX file of the property ``file``.

    Counts batches and rows, and writes them to the file of the property ``report`` if there is one.
    """

    def open(self, context: PredictContext) -> None:
        self.session = open_session(context.properties["file"])
        self.input = self.session.get_inputs()[0].name
        self.report = context.properties.get("report")
        self.batches = self.rows = 0

    def predict_batch(self, batch: Any) -> Any:
        """Returns (rows, outputs)."""
        self.batches += 1
        self.rows += batch.num_rows
        return self.session.run(None, {self.input: self.feature_matrix(batch, "float32")})[0]

    def close(self) -> None:
        if self.report:
            Path(self.report).write_text(json.dumps({"batches": self.batches, "rows": self.rows}))
