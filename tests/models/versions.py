# SPDX-License-Identifier: Apache-2.0
"""Predict functions that answer ``(x DOUBLE)`` with ``(version BIGINT, subtask BIGINT)``.

The file ``version.txt`` in the model's directory contains the version. The functions fail if x is
negative. They log each open and close to a file in the directory that the property ``outside``
names, and wait before a step while a file with the name of that step exists there.
"""

import asyncio
import os
import time

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


class _Versioned:
    _version = None

    def open(self, context):
        with open(os.path.join(context.model_directory, "version.txt")) as file:
            self._version = int(file.read())
        self._subtask = context.subtask_index
        self._do("open")

    def close(self):
        if self._version is not None:
            self._do("close")

    def _do(self, step):
        self._write(step)
        self._wait(step)

    def _write(self, step):
        with open(os.path.join(self.init_properties["outside"], "steps"), "a") as file:
            file.write(f"{step} {self._version}\n")

    def _wait(self, step):
        while self._is_held(step):
            time.sleep(0.001)

    def _is_held(self, step):
        file = f"{step} {self._version}"
        return os.path.exists(os.path.join(self.init_properties["outside"], file))


class Rows(_Versioned, PredictFunction):
    """Answers row by row."""

    def predict(self, data):
        self._wait("predict")
        if data.x < 0:
            raise ValueError("x is negative")
        return [(self._version, self._subtask)]


class Awaiting(_Versioned, PredictFunction):
    """Awaits while a row is held, and logs the arrival of such a row."""

    async def predict(self, data):
        if self._is_held("predict"):
            self._write("predict")
        while self._is_held("predict"):
            await asyncio.sleep(0.001)
        return [(self._version, self._subtask)]


class Batches(_Versioned, BatchPredictFunction):
    """Answers batches, and logs the arrival of a batch that it must hold."""

    def predict_batch(self, batch):
        if self._is_held("predict"):
            self._do("predict")
        if min(batch["x"].to_pylist()) < 0:
            raise ValueError("x is negative")
        return [(self._version, self._subtask)] * batch.num_rows
