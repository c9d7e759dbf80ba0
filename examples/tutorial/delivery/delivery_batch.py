# SPDX-License-Identifier: Apache-2.0
"""The model of delivery.py for many rows in one call."""

import json
from pathlib import Path

import numpy as np

from pyflink_ml_embedded import BatchPredictFunction


class DeliveryTimes(BatchPredictFunction):
    """Estimates the minutes of many deliveries."""

    def open(self, context):
        """Reads the weights that train.py wrote."""
        file = Path(context.model_directory) / "weights.json"
        weights = json.loads(file.read_text())
        self.base = weights["base"]
        self.weights = np.array([weights["km"], weights["item"]])

    def predict_batch(self, batch):
        """Is called with the rows that have gathered."""
        matrix = self.feature_matrix(batch, "float64")
        return {"minutes": self.base + matrix @ self.weights}
