# SPDX-License-Identifier: Apache-2.0
"""The function of the differential test."""

from pyflink_ml_embedded import PredictFunction


class Identity(PredictFunction):
    """Gives all values of the row back, each as the Python object that it came as."""

    def predict(self, data):
        return [tuple(data)]
