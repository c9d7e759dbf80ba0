# SPDX-License-Identifier: Apache-2.0
"""Predict functions that never return. Python cannot end one that is in C."""

import ctypes
import os
import time
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


class Sleeping(PredictFunction):
    """Notes that it was called, then sleeps in C without the GIL."""

    def open(self, context):
        self._called = Path(context.properties["called"])

    def predict(self, data):
        self._called.touch()
        time.sleep(1e6)
        return [data.x]


class Exiting(PredictFunction):
    """Ends the process, unless the file ``called`` says that it has done so before."""

    def open(self, context):
        self._called = Path(context.properties["called"])

    def predict(self, data):
        if not self._called.exists():
            self._called.touch()
            os._exit(1)
        return [data.x * 2]
