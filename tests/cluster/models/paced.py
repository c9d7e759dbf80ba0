# SPDX-License-Identifier: Apache-2.0
"""A predict function that is slow by a fixed time per row."""

import time

from pyflink_ml_embedded import PredictFunction


class Squares(PredictFunction):
    """Squares a number about as slowly as a small model predicts."""

    def predict(self, data):
        time.sleep(0.0005)
        return [data.x * data.x]
