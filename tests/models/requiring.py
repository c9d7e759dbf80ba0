# SPDX-License-Identifier: Apache-2.0
"""A predict function that needs a package of the job's requirements."""

import sys

import greeting

from pyflink_ml_embedded import PredictFunction, Row


class Requiring(PredictFunction):
    """Returns the version of the package, and whether the whole process has it."""

    def predict(self, data):
        import greeting as late

        assert late is greeting
        return [Row(greeting.VERSION, "greeting" in sys.modules)]
