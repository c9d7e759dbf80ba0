# SPDX-License-Identifier: Apache-2.0
"""A batch predict function that is slow by a fixed time per row."""

import time

import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction


class Squares(BatchPredictFunction):
    """Squares numbers about as slowly as a small model predicts."""

    def predict_batch(self, batch):
        time.sleep(0.0005 * batch.num_rows)
        x = batch.column("x")
        return {"y": pc.multiply(x, x)}
