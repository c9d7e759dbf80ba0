# SPDX-License-Identifier: Apache-2.0
"""A model of plain Python code, without training or files, to show the calls that Flink makes."""

from pyflink_ml_embedded import PredictFunction, Row


class FraudModel(PredictFunction):
    """Scores a payment from 0 (usual) to 1 (not usual)."""

    def open(self, context):
        """Is called once in each parallel subtask, before the first row."""
        self.threshold = float(self.init_properties["threshold"])
        self.usual_amount = {"DE": 80.0, "FR": 75.0, "US": 120.0}

    def predict(self, data: Row) -> list[Row]:
        """Is called for each row; the fields have the names of the model's INPUT."""
        usual = self.usual_amount.get(data.country, 50.0)
        score = data.amount / (data.amount + usual)
        return [Row(score, score > self.threshold)]
