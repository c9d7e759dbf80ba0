# SPDX-License-Identifier: Apache-2.0
"""Models for threads that call Python at the same time."""

import threading
import time

from pyflink_ml_embedded import PredictFunction

_PAIR = threading.Barrier(2)


class Increments(PredictFunction):
    """Adds 1 to a number, in well below a microsecond."""

    def predict(self, data):
        return [(data[0] + 1,)]


class Meets(PredictFunction):
    """Returns when another function of this class is in ``predict`` too."""

    def predict(self, data):
        _PAIR.wait(timeout=30)
        return [(data[0] + 1,)]


class Sleeps(PredictFunction):
    """Leaves the GIL for a millisecond, as a model does that computes in C."""

    def predict(self, data):
        time.sleep(0.001)
        return [(data[0] + 1,)]
