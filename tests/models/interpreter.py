# SPDX-License-Identifier: Apache-2.0
"""Predict functions that report which Python runs them."""

import json
import os
import sys

from pyflink_ml_embedded import PredictFunction, Row
from pyflink_ml_embedded._runtime.probe import environment, settings


class Interpreter(PredictFunction):
    """Answers with the executable, its prefix, and sys.path as lines."""

    def predict(self, data):
        return [Row(sys.executable, sys.prefix, "\n".join(sys.path))]


class Settings(PredictFunction):
    """Answers with the settings of this Python and its environment as JSON."""

    def predict(self, data):
        report = {**settings(), **environment(), "sys.path": sys.path}
        return [Row(json.dumps({**report, "FOR_TEST": os.environ.get("FOR_TEST")}))]
