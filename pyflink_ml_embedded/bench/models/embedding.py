# SPDX-License-Identifier: Apache-2.0
"""Embeddings from a table, like the output of a model's last layer."""

from typing import Any

import numpy as np
import pyarrow as pa

from pyflink_ml_embedded import BatchPredictFunction, PredictContext, PredictFunction, Row

_ENTRIES = 1024
_FLOATS = 384


class Embedding(PredictFunction, BatchPredictFunction):
    """Looks up 384 floats by an integer."""

    def open(self, context: PredictContext) -> None:
        random = np.random.default_rng(0)
        self._table = random.standard_normal((_ENTRIES, _FLOATS), np.float32)

    def predict(self, data: Row) -> list[tuple[Any]]:
        return [(self._table[data[0] % _ENTRIES],)]

    def predict_batch(self, batch: Any) -> list[Any]:
        ids = batch.column(0).to_numpy() % _ENTRIES
        floats = pa.array(self._table[ids].ravel())
        offsets = np.arange(len(ids) + 1, dtype=np.int32) * _FLOATS
        return [pa.ListArray.from_arrays(offsets, floats)]
