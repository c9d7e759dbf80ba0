# SPDX-License-Identifier: Apache-2.0
"""A predict function that takes its time for each row."""

import time

from pyflink_ml_embedded import PredictFunction


class Squares(PredictFunction):
    """Squares a number in the time that a small model takes."""

    def predict(self, data):
        time.sleep(0.0005)
        return [data.x * data.x]
