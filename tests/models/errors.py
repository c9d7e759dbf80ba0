# SPDX-License-Identifier: Apache-2.0
"""Predict functions of ``(id BIGINT)`` that answer ``(y BIGINT)``: ten times id, or fail.

Properties say which ``rows`` fail, with which ``error``, and for how many ``tries`` (always).
"""

import os
from collections import Counter

import numpy as np

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


class ServiceError(Exception):
    """What a client of a service raises."""


class BusyError(ServiceError):
    """The service may answer later."""


_ERRORS = {"ValueError": ValueError, "BusyError": BusyError, "MemoryError": MemoryError}


class _Fails:
    def open(self, context):
        properties = self.init_properties
        self._rows = {int(row) for row in properties.get("rows", "").split(",") if row}
        self._error = _ERRORS[properties.get("error", "ValueError")]
        self._tries = float(properties.get("tries", "inf"))
        self._tried = Counter()

    def _look_at(self, row):
        if row in self._rows:
            self._tried[row] += 1
            if self._tried[row] <= self._tries:
                raise self._error(f"cannot score {row}")


class Fails(_Fails, PredictFunction):
    """Predicts single rows."""

    def predict(self, data):
        self._look_at(data.id)
        return [data.id * 10]


class FailsInBatch(_Fails, BatchPredictFunction):
    """Predicts batches; a try is a call with one row."""

    def predict_batch(self, batch):
        rows = batch["id"].to_pylist()
        if len(rows) == 1:
            self._look_at(rows[0])
        elif self._rows.intersection(row for row in rows if self._tried[row] < self._tries):
            raise self._error("cannot score a batch")
        return {"y": [row * 10 for row in rows]}


class Echo(PredictFunction):
    """Answers each id with itself, unless it is even."""

    def predict(self, data):
        if data.id % 2 == 0:
            raise ValueError(f"cannot score {data.id}")
        return [data.id]


class Sized(BatchPredictFunction):
    """Answers ``(rows BIGINT)``, the rows of its call, and has memory for 10 rows."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        count = len(batch["id"])
        if count > 10:
            self.exceed_memory()
        return np.full(count, count)

    def exceed_memory(self):
        np.empty(1 << 60, np.int8)


class SizedTorch(Sized):
    """Exceeds the memory of the CPU, as torch reports it."""

    def exceed_memory(self):
        import torch

        torch.empty(1 << 60, dtype=torch.int8)


class OpensOnce(PredictFunction):
    """Ends its process in the second row, and cannot be opened where a file ``once`` exists."""

    def open(self, context):
        with open(self.init_properties["once"], "x"):
            pass

    def predict(self, data):
        if data.id == 2:
            os._exit(3)
        return [data.id]


class Ends(PredictFunction):
    """Ends its process in the second row."""

    def predict(self, data):
        if data.id == 2:
            os._exit(3)
        return [data.id]
