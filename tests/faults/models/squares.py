# SPDX-License-Identifier: Apache-2.0
"""Predict functions that square a number, and do what a test orders."""

import asyncio
import os
from pathlib import Path

import pyarrow.compute as pc
from fault import Fault

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction


class _Squares:
    def open(self, context):
        self._fault = Fault(context.properties["fault"])
        # A test reads here which processes the model runs in.
        Path(f"{context.properties['fault']}-opened-{os.getpid()}").touch()


class Squares(_Squares, PredictFunction):
    def predict(self, data):
        self._fault.strike()
        return [data.x * data.x]


class BatchSquares(_Squares, BatchPredictFunction):
    def predict_batch(self, batch):
        self._fault.strike()
        x = batch.column("x")
        return {"y": pc.multiply(x, x)}


class FlakySquares(_Squares, PredictFunction):
    """The first try of each tenth row fails."""

    def open(self, context):
        super().open(context)
        self._tried = set()

    async def predict(self, data):
        self._fault.strike()
        await asyncio.sleep(0.002)
        if data.x % 10 == 0 and data.x not in self._tried:
            self._tried.add(data.x)
            raise ConnectionError("the service is busy")
        self._tried.discard(data.x)
        return [data.x * data.x]
