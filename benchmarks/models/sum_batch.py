"""The batch function of bench_threads.py that holds the GIL all the time."""

from typing import Any

import numpy as np

from pyflink_ml_embedded import BatchPredictFunction


class SumBatch(BatchPredictFunction):
    """Adds up each row in a Python loop."""

    def predict_batch(self, batch: Any) -> Any:
        """Returns (rows, 1)."""
        rows = self.feature_matrix(batch, "float64").tolist()
        return np.array([[sum(row)] for row in rows])
