# SPDX-License-Identifier: Apache-2.0
"""Predict functions of ``(x DOUBLE)`` that take long for some rows."""

import contextlib
import ctypes
import time
from pathlib import Path

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction, PredictTimeoutError


def _loop():
    while True:
        pass


def _swallow():
    """Catches the first errors."""
    for _ in range(2):
        with contextlib.suppress(BaseException):
            _loop()
    _loop()


def _finish():
    """Needs some time to clean up."""
    try:
        _loop()
    finally:
        time.sleep(0.1)


def _sleep():
    """Is in native code, without the GIL."""
    time.sleep(3)


def _block():
    """Is in native code that holds the GIL."""
    ctypes.PyDLL(None).usleep(3_000_000)


def _answer():
    try:
        _loop()
    except PredictTimeoutError:
        return


_WAYS = {
    "loop": _loop,
    "swallow": _swallow,
    "finish": _finish,
    "sleep": _sleep,
    "block": _block,
    "answer": _answer,
}


class _Slow:
    """Takes long in a ``way`` if x is one of ``rows``; notes it in the file ``called``."""

    def open(self, context):
        self._way = _WAYS[context.properties["way"]]
        self._rows = [float(x) for x in context.properties["rows"].split(",")]
        self._called = context.properties.get("called")

    def _look_at(self, x):
        if x in self._rows:
            if self._called:
                Path(self._called).touch()
            self._way()


class Slow(_Slow, PredictFunction):
    """Answers ``(y DOUBLE)``: x."""

    def predict(self, data):
        self._look_at(data.x)
        return [data.x]


class SlowInBatch(_Slow, BatchPredictFunction):
    """Answers as Slow does, in batches."""

    def predict_batch(self, batch):
        for x in batch["x"].to_pylist():
            self._look_at(x)
        return {"y": batch["x"]}


class Paced(PredictFunction):
    """Answers ``(y DOUBLE)``: x, after ``seconds``, and counts the rows in the file ``count``."""

    def open(self, context):
        self._seconds = float(context.properties["seconds"])
        self._count = Path(context.properties["count"]) if "count" in context.properties else None
        self._rows = 0

    def predict(self, data):
        time.sleep(self._seconds)
        self._rows += 1
        if self._count:
            self._count.write_text(str(self._rows))
        return [data.x]
