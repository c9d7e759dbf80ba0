# SPDX-License-Identifier: Apache-2.0
"""The function of the differential test."""

from pyflink_ml_embedded import PredictFunction


class Identity(PredictFunction):
    """Returns all values of the row, each as the Python object that it received."""

    def predict(self, data):
        return [tuple(data)]
