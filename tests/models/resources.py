# SPDX-License-Identifier: Apache-2.0
"""Predict functions for leak tests: one uses resources that can leak, one counts the rest."""

import ctypes
import gc
import sys
import threading

import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction, Row

# A result that all rows share, so that its reference count shows each leaked reference.
_SHARED = float("0.25")


class Weights(PredictFunction):
    """Holds 8 MB while open; answers ``(x DOUBLE, s STRING)``, and fails if s is 'fail'."""

    def open(self, context):
        self._weights = b"w" * (8 << 20)

    def predict(self, data):
        if data.s == "fail":
            raise ValueError(f"cannot score {data.x}")
        return [Row(data.x * 2, data.s, _SHARED)]


class BatchWeights(BatchPredictFunction):
    """Answers as Weights does, in batches."""

    def open(self, context):
        self._weights = b"w" * (8 << 20)

    def predict_batch(self, batch):
        if "fail" in batch["s"].to_pylist():
            raise ValueError(f"cannot score {batch}")
        return {"y": pc.multiply(batch["x"], 2), "t": batch["s"], "shared": [_SHARED] * len(batch)}


class Counters(PredictFunction):
    """Counts allocated blocks, collectable objects, references, Python threads, thread states."""

    def predict(self, data):
        gc.collect()
        return [
            Row(
                sys.getallocatedblocks(),
                len(gc.get_objects()),
                sys.getrefcount(_SHARED),
                threading.active_count(),
                _count_thread_states(),
            )
        ]


def _count_thread_states():
    api = ctypes.pythonapi
    for function in (api.PyInterpreterState_Get, api.PyInterpreterState_ThreadHead):
        function.restype = ctypes.c_void_p
    api.PyThreadState_Next.restype = ctypes.c_void_p
    count = 0
    state = api.PyInterpreterState_ThreadHead(ctypes.c_void_p(api.PyInterpreterState_Get()))
    while state is not None:
        count += 1
        state = api.PyThreadState_Next(ctypes.c_void_p(state))
    return count
