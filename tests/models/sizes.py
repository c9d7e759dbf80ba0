# SPDX-License-Identifier: Apache-2.0
"""Batch functions of ``(data STRING or BYTES)``, which describe what is in their batch."""

import os
import time

import pyarrow.compute as pc

from pyflink_ml_embedded import BatchPredictFunction


class Sizes(BatchPredictFunction):
    """Answers ``(size BIGINT, batch BIGINT)``: the bytes of the row, and the rows in the batch.

    With a property ``file``, creates the file with ``.busy`` behind its name, and waits until this
    file exists. With a property ``seconds``, sleeps.
    """

    def predict_batch(self, batch):
        file = self.init_properties.get("file")
        if file is not None:
            with open(f"{file}.busy", "w"):
                pass
            while not os.path.exists(file):
                time.sleep(0.001)
        time.sleep(float(self.init_properties.get("seconds", "0")))
        sizes = pc.cast(pc.binary_length(batch["data"]), "int64")
        return {"size": sizes, "batch": [batch.num_rows] * batch.num_rows}
