# SPDX-License-Identifier: Apache-2.0
"""A predict function that tells what it does."""

import logging
import os

from pyflink_ml_embedded import PredictFunction, Row


class Announcer(PredictFunction):
    """Prints and logs that it has a row, and then answers with its process, or fails for 0."""

    def predict(self, data):
        print("printed by the model")
        logging.getLogger("model.announcer").warning("logged by the model")
        return [Row(1 / data.x, os.getpid())]
