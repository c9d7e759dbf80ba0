# SPDX-License-Identifier: Apache-2.0
"""Batch functions of ``(x DOUBLE)``, and row functions that the batch path calls."""

import ctypes
import os
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


class Arrow(BatchPredictFunction):
    """Answers ``(y DOUBLE, batch BIGINT)``: twice x, and the number of rows in the batch."""

    def predict_batch(self, batch):
        return {"y": pc.multiply(batch["x"], 2), "batch": [batch.num_rows] * batch.num_rows}


class Pandas(BatchPredictFunction):
    """Answers as Arrow does."""

    batch_format = "pandas"

    def predict_batch(self, batch):
        batch["y"] = batch.pop("x") * 2
        batch["batch"] = len(batch)
        return batch


class Numpy(BatchPredictFunction):
    """Answers as Arrow does."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        x = batch["x"]
        return x * 2, np.full(len(x), len(x))


class Matrix(BatchPredictFunction):
    """Answers ``(y DOUBLE)``: the sum of all columns of numbers."""

    def predict_batch(self, batch):
        return self.feature_matrix(batch, "float64").sum(axis=1)


class Rows(PredictFunction):
    """Answers as Arrow does, with batches of one row."""

    def predict(self, data):
        return [(data.x * 2, 1)]


class Countdown(BatchPredictFunction):
    """Answers each x with the rows x - 1 ... 0 of ``(y DOUBLE)``."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        counts = batch["x"].astype(int)
        rows = np.repeat(np.arange(len(counts)), counts)
        results = [np.arange(count)[::-1] for count in counts]
        return np.concatenate([np.empty(0), *results]), rows


class Both(PredictFunction, BatchPredictFunction):
    """Answers ``(way STRING)``: the method that was called."""

    def predict(self, data):
        return ["row"]

    def predict_batch(self, batch):
        return ["batch"] * batch.num_rows


class Waits(BatchPredictFunction):
    """Answers ``(batch BIGINT)``, the number of rows in the batch, when a file exists."""

    def predict_batch(self, batch):
        while not os.path.exists(self.init_properties["file"]):
            time.sleep(0.001)
        return [batch.num_rows] * batch.num_rows


class Keeps(BatchPredictFunction):
    """Answers ``(sum DOUBLE)``: the sum of this and all earlier batches."""

    def open(self, context):
        self._kept = []

    def predict_batch(self, batch):
        self._kept.append(batch)
        total = sum(sum(kept["x"].to_pylist()) for kept in self._kept)
        return [total] * batch.num_rows


class Overwrites(BatchPredictFunction):
    """Answers ``(y DOUBLE)``: x; then writes to the memory of the batch, and fails if x is 3."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        x = batch["x"]
        copy = x.copy()
        ctypes.memset(x.ctypes.data, 0xFF, x.nbytes)
        if 3 in copy:
            raise ValueError("there is a 3")
        return copy


class FailsAt(BatchPredictFunction):
    """Answers ``(y DOUBLE)``: x; fails if x is one of the property ``rows``."""

    def open(self, context):
        self._rows = [float(x) for x in self.init_properties["rows"].split(",")]

    def predict_batch(self, batch):
        for x in batch["x"].to_pylist():
            if x in self._rows:
                raise ValueError(f"cannot score {x}")
        return pa.record_batch([batch["x"]], names=["y"])


class FailsAtRow(PredictFunction):
    """Answers as FailsAt does, row by row."""

    def open(self, context):
        self._rows = [float(x) for x in self.init_properties["rows"].split(",")]

    def predict(self, data):
        if data.x in self._rows:
            raise ValueError(f"cannot score {data.x}")
        return [data.x]


class NullAt(BatchPredictFunction):
    """Answers ``(y DOUBLE NOT NULL)``: x, or NULL if x is 3."""

    def predict_batch(self, batch):
        return [None if x == 3 else x for x in batch["x"].to_pylist()]


class Short(BatchPredictFunction):
    """Answers with one result fewer than rows."""

    def predict_batch(self, batch):
        return [0.0] * (batch.num_rows - 1)
