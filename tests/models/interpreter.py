# SPDX-License-Identifier: Apache-2.0
"""A predict function that reports which Python runs it."""

import sys

from pyflink_ml_embedded import PredictFunction, Row


class Interpreter(PredictFunction):
    """Answers with the executable, its prefix, and sys.path as lines."""

    def predict(self, data):
        return [Row(sys.executable, sys.prefix, "\n".join(sys.path))]
