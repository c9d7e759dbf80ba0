# SPDX-License-Identifier: Apache-2.0
"""Predict functions that never return. Nothing in Python can end the first one."""

import ctypes
from pathlib import Path

from pyflink_ml_embedded import PredictFunction


class Hanging(PredictFunction):
    """Notes that it was called, then sleeps in C with the GIL."""

    def open(self, context):
        self._called = Path(context.properties["called"])

    def predict(self, data):
        self._called.touch()
        ctypes.PyDLL(None).sleep(3600)
        return [data.x]


class Looping(PredictFunction):
    """Notes that it was called, then loops in Python."""

    def open(self, context):
        self._called = Path(context.properties["called"])

    def predict(self, data):
        self._called.touch()
        while True:
            pass
