# SPDX-License-Identifier: Apache-2.0
"""Predict functions of ``(x DOUBLE)`` that answer ``(y DOUBLE)``: x, and are watched or log."""

import logging
import os
import sys
import time

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

_rules = logging.getLogger("fraud.rules")


class Sleeps(PredictFunction):
    """Sleeps for x seconds."""

    def predict(self, data):
        self.sleep_here(data.x)
        return [data.x]

    def sleep_here(self, seconds):
        time.sleep(seconds)


class Counts(PredictFunction):
    """Works for some microseconds."""

    def predict(self, data):
        return [self.count_here(data.x)]

    def count_here(self, x):
        return x + sum(range(1000)) - sum(range(1000))


class CountsInBatch(BatchPredictFunction):
    """The same, in batches."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        return [self.count_here(batch["x"])]

    def count_here(self, x):
        return x + sum(range(100_000)) - sum(range(100_000))


class Logs(PredictFunction):
    """Logs and prints in ways that a log must bear."""

    def predict(self, data):
        _rules.debug("debug %s", data.x)
        _rules.warning("warning \x1b[2J")
        logging.getLogger("fraud").error("no %s", "rule")
        try:
            raise ValueError("bad rule")
        except ValueError:
            _rules.exception("failed")
        print("printed", data.x)
        print("in two", end=" ")
        print("pieces", file=sys.stdout)
        sys.stderr.write("colored \x1b[31m\n")
        return [data.x]


class Floods(PredictFunction):
    """Logs and prints for x = 0, until there is a file ``stop``."""

    def predict(self, data):
        while data.x == 0 and not os.path.exists(self.init_properties["stop"]):
            _rules.warning("flood")
            print("flood")
        return [data.x]
