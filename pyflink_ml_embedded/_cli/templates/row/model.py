# SPDX-License-Identifier: Apache-2.0
"""Scores payments."""

from pyflink_ml_embedded import PredictFunction


class Model(PredictFunction):
    """Scores a payment from 0 (usual) to 1 (unusual)."""

    def open(self, context):
        """Is called once in each parallel subtask: load files of self.model_directory here."""
        self.default = float(self.init_properties.get("usual-amount", "50"))
        self.usual_amount = {"DE": 80.0, "FR": 75.0, "US": 120.0}

    def predict(self, data):
        """Is called for each row. Returns a list of results, each with the columns of OUTPUT."""
        if data.amount is None:
            return [(None,)]
        usual = self.usual_amount.get(data.country, self.default)
        return [(data.amount / (data.amount + usual),)]
