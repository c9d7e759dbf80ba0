# SPDX-License-Identifier: Apache-2.0
"""A batch predict function that is slow by a fixed time per row."""

import time

import pyarrow.compute as pc
from pace import Pace

from pyflink_ml_embedded import BatchPredictFunction


class Squares(BatchPredictFunction):
    """Squares numbers about as slowly as a small model predicts."""

    def open(self, context):
        self._pace = Pace(context.properties["go-on"])

    def predict_batch(self, batch):
        time.sleep(self._pace.seconds(batch.num_rows))
        x = batch.column("x")
        return {"y": pc.multiply(x, x)}
