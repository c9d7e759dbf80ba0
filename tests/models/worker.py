# SPDX-License-Identifier: Apache-2.0
"""Predict functions of ``(x DOUBLE)`` that end or block their process, or describe it."""

import ctypes
import os
import subprocess
import sys
import time

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


def _read_null():
    ctypes.string_at(0)


def _exit():
    os._exit(3)


def _sleep():
    time.sleep(1000)


def _block():
    """Blocks in native code that holds the GIL."""
    ctypes.PyDLL(None).pause()


_WAYS = {
    "segfault": _read_null,
    "exit": _exit,
    "abort": os.abort,
    "sleep": _sleep,
    "block": _block,
}


class _Dies:
    """Ends in a ``way`` if x is one of ``rows``; with a file ``once``, only the first time."""

    def open(self, context):
        self._end = _WAYS[self.init_properties["way"]]
        self._rows = [float(x) for x in self.init_properties["rows"].split(",")]
        self._once = self.init_properties.get("once")

    def _look_at(self, x):
        if x in self._rows and not (self._once and os.path.exists(self._once)):
            if self._once:
                with open(self._once, "w"):
                    pass
            self._end()


class Dies(_Dies, PredictFunction):
    """Answers ``(y DOUBLE)``: x."""

    def predict(self, data):
        self._look_at(data.x)
        return [data.x]


class DiesInBatch(_Dies, BatchPredictFunction):
    """Answers as Dies does, in batches."""

    def predict_batch(self, batch):
        for x in batch["x"].to_pylist():
            self._look_at(x)
        return {"y": batch["x"]}


class DiesInOpen(PredictFunction):
    """Ends its process before a row comes."""

    def open(self, context):
        _read_null()

    def predict(self, data):
        return [data.x]


class Process(PredictFunction):
    """Answers ``(process BIGINT, child BIGINT, shared BIGINT, mark STRING)``, its surroundings."""

    def open(self, context):
        self._child = subprocess.Popen(["sleep", "1000"])
        self._shared = context.shared("object", object)

    def predict(self, data):
        mark = os.environ.get("MARK")
        return [(os.getpid(), self._child.pid, id(self._shared), mark)]


class Prints(PredictFunction):
    """Answers ``(y DOUBLE)``: x, which it also prints, and closes its standard output."""

    def open(self, context):
        print("printed in open")
        sys.stderr.write("written in open\n")
        os.close(1)

    def predict(self, data):
        return [data.x]


class Echo(PredictFunction):
    """Answers each row with its own values."""

    def predict(self, data):
        return [tuple(data)]


class EchoBatch(BatchPredictFunction):
    """Answers as Echo does, in batches."""

    def predict_batch(self, batch):
        return batch
