# SPDX-License-Identifier: Apache-2.0
"""A predict function that is slow by a fixed time per row."""

import time

from pace import Pace

from pyflink_ml_embedded import PredictFunction


class Squares(PredictFunction):
    """Squares a number about as slowly as a small model predicts."""

    def open(self, context):
        self._pace = Pace(context.properties["go-on"])

    def predict(self, data):
        time.sleep(self._pace.seconds(1))
        return [data.x * data.x]
