# SPDX-License-Identifier: Apache-2.0
"""Scores payments, many in one call."""

from pyflink_ml_embedded import BatchPredictFunction


class Model(BatchPredictFunction):
    """Scores payments from 0 (usual) to 1 (unusual)."""

    batch_format = "pandas"

    def open(self, context):
        """Is called once in each parallel subtask: load files of self.model_directory here."""
        self.default = float(self.init_properties.get("usual-amount", "50"))
        self.usual_amount = {"DE": 80.0, "FR": 75.0, "US": 120.0}

    def predict_batch(self, batch):
        """Is called with a DataFrame of INPUT. Returns the columns of OUTPUT, in the same order."""
        usual = batch["country"].map(self.usual_amount).fillna(self.default)
        return {"score": batch["amount"] / (batch["amount"] + usual)}
