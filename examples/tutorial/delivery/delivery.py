# SPDX-License-Identifier: Apache-2.0
"""A model that estimates how long a delivery takes."""

import json
from pathlib import Path

from pyflink_ml_embedded import PredictFunction


class DeliveryTime(PredictFunction):
    """Estimates the minutes of one delivery."""

    def open(self, context):
        """Reads the weights that train.py wrote."""
        file = Path(context.model_directory) / "weights.json"
        self.weights = json.loads(file.read_text())

    def predict(self, data):
        """Is called for each row."""
        minutes = (
            self.weights["base"]
            + self.weights["km"] * data.distance_km
            + self.weights["item"] * data.items
        )
        return [(minutes,)]
