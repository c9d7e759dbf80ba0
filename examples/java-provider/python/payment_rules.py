# SPDX-License-Identifier: Apache-2.0
"""The Python side of the provider ``payment-rules``."""

from pyflink_ml_embedded import PredictFunction, Row


class PaymentRules(PredictFunction):
    """Scores a payment by the usual amount of its country."""

    def open(self, context):
        """Reads the properties that the Java side has checked."""
        self.threshold = float(self.init_properties["threshold"])
        self.usual = {
            name.removeprefix("usual."): float(amount)
            for name, amount in self.init_properties.items()
            if name.startswith("usual.")
        }

    def predict(self, data: Row) -> list[Row]:
        """Returns the score, and whether the payment is suspicious."""
        usual = self.usual.get(data.country, 50.0)
        score = data.amount / (data.amount + usual)
        return [Row(score, score >= self.threshold)]
