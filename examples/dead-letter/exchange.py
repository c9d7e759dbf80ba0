# SPDX-License-Identifier: Apache-2.0
"""A model that asks a service, of which some calls fail for a while and some for good."""

from pyflink_ml_embedded import PredictFunction, Row

RATES = {"EUR": 1.0, "USD": 0.9, "GBP": 1.2}


class RateService:
    """Stands for a service in the network: for GBP it is busy twice, and for JPY always."""

    def __init__(self):
        self.busy = {"GBP": 2, "JPY": 1_000_000}

    def rate(self, currency):
        """Returns the price of a currency in EUR."""
        if self.busy.get(currency, 0) > 0:
            self.busy[currency] -= 1
            raise ConnectionError("the service is busy")
        if currency not in RATES:
            raise LookupError("the service does not know the currency")
        return RATES[currency]


class Exchange(PredictFunction):
    """Converts an amount to EUR."""

    def open(self, context):
        """Is called once in each parallel subtask, before the first row."""
        self.service = RateService()

    def predict(self, data: Row) -> list[Row]:
        """Has no code for errors: the options of the model say what happens to such a row."""
        return [Row(data.amount * self.service.rate(data.currency))]
