# SPDX-License-Identifier: Apache-2.0
"""A predict function of batches that takes its time for each row."""

import time

import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction


class Squares(BatchPredictFunction):
    """Squares numbers in the time that a small model takes for as many."""

    def predict_batch(self, batch):
        time.sleep(0.0005 * batch.num_rows)
        x = batch.column("x")
        return {"y": pc.multiply(x, x)}
