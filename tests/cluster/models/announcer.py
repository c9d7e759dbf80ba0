# SPDX-License-Identifier: Apache-2.0
"""A predict function that prints and logs each call."""

import logging
import os

from pyflink_ml_embedded import PredictFunction, Row


class Announcer(PredictFunction):
    """Prints and logs a line for each row, then returns its process id, or fails for 0."""

    def predict(self, data):
        print("printed by the model")
        logging.getLogger("model.announcer").warning("logged by the model")
        return [Row(1 / data.x, os.getpid())]
