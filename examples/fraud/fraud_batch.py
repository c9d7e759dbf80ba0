# SPDX-License-Identifier: Apache-2.0
"""The model of docs/write-a-model.md that scores many payments in one call."""

from pyflink_ml_embedded import BatchPredictFunction


class FraudBatchModel(BatchPredictFunction):
    """Scores payments from 0 (usual) to 1 (not usual)."""

    batch_format = "pandas"

    def open(self, context):
        """Is called once in each parallel subtask, before the first batch."""
        self.threshold = float(self.init_properties["threshold"])
        self.usual_amount = {"DE": 80.0, "FR": 75.0, "US": 120.0}

    def predict_batch(self, batch):
        """Is called with the rows that have gathered, as a DataFrame of the model's INPUT."""
        usual = batch["country"].map(self.usual_amount).fillna(50.0)
        score = batch["amount"] / (batch["amount"] + usual)
        return {"score": score, "suspicious": score > self.threshold}
