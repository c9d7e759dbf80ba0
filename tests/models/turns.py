# SPDX-License-Identifier: Apache-2.0
"""Models for threads that call Python at the same time."""

import threading
import time

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

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


class IncrementsBatches(BatchPredictFunction):
    """Adds 1 to the numbers of a batch."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        return batch["x"] + 1


class CountsBeside(PredictFunction):
    """Returns how far a thread has counted that the function has started."""

    def open(self, context):
        self._count = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._count_on)
        self._thread.start()

    def _count_on(self):
        while not self._closed.wait(0.001):
            self._count += 1

    def predict(self, data):
        return [(self._count,)]

    def close(self):
        self._closed.set()
        self._thread.join()
