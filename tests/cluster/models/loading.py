# SPDX-License-Identifier: Apache-2.0
"""A model that takes long to load, in native code that holds the GIL."""

import ctypes

from pyflink_ml_embedded import PredictFunction


class Loading(PredictFunction):
    """Opens in as many ``seconds``, and doubles x."""

    def open(self, context):
        ctypes.PyDLL(None).usleep(int(float(context.properties["seconds"]) * 1e6))

    def predict(self, data):
        return [data.x * 2]
