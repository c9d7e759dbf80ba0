# SPDX-License-Identifier: Apache-2.0
"""Predict functions that write down what they do, so that metrics can be compared with it.

What a row does depends on its number, see ``Act``.
"""

import os
import time
from pathlib import Path

import pyarrow as pa

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


class Act:
    """What numbers below 0 do; others are predicted."""

    RAISE = -1
    WRONG_RESULT = -2
    TIME_OUT = -3
    TWO_RESULTS = -4
    KILL = -5
    WAIT = -9  # until a file exists, whose name ends with the number of the version


class PredictTimeoutError(BaseException):
    """Has the name of the package's error for a call that takes too long."""


class _Measured:
    def open(self, context):
        self._directory = Path(context.properties["directory"])
        self._version = (Path(context.model_directory) / "version.txt").read_text()
        metrics = context.metrics
        self._calls = metrics.counter("calls")
        self._events = metrics.add_group("kind", "good").meter("events", 10)
        self._values = metrics.distribution("values")
        self._largest = 0
        metrics.gauge("largest", lambda: self._largest)
        for key in "ab":
            context.shared(key, object)
        with (self._directory / "opened").open("a") as file:
            file.write(f"{self._version}\n")

    def _note(self, rows):
        self._calls.inc()
        with (self._directory / "calls").open("a") as file:
            file.write(f"{rows}\n")

    def _measure(self, x):
        self._events.mark_event()
        self._values.update(x / 2)
        self._largest = max(x, self._largest)

    def _wait(self):
        (self._directory / f"waits-{self._version}").touch()
        while not (self._directory / f"go-on-{self._version}").exists():
            time.sleep(0.01)


class Rows(_Measured, PredictFunction):
    """Predicts single rows, each in 2 ms."""

    def predict(self, data):
        x = data.x
        self._note(1)
        time.sleep(0.002)
        if x == Act.RAISE:
            raise ValueError("a row that fails")
        if x == Act.WRONG_RESULT:
            return [("no number",)]
        if x == Act.TIME_OUT:
            raise PredictTimeoutError
        if x == Act.WAIT:
            self._wait()
        if x >= 0:
            self._measure(x)
        return [(x,), (x,)] if x == Act.TWO_RESULTS else [(x,)]


class Batches(_Measured, BatchPredictFunction):
    """Predicts batches, each in 5 ms."""

    def predict_batch(self, batch):
        rows = batch.column("x").to_pylist()
        self._note(-len(rows) if Act.KILL in rows else len(rows))
        time.sleep(0.005)
        if Act.KILL in rows:
            os.kill(os.getpid(), 9)
        if Act.WAIT in rows:
            self._wait()
        for x in rows:
            self._measure(x)
        return {"y": pa.array(rows)}
