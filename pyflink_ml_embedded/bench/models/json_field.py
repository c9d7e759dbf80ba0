# SPDX-License-Identifier: Apache-2.0
"""The workload of PyFlink's published benchmark: parse JSON, return a field."""

import json
from typing import Any

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction, Row


class JsonField(PredictFunction, BatchPredictFunction):
    """Returns the field ``value`` of a JSON object."""

    def predict(self, data: Row) -> list[tuple[Any]]:
        return [(json.loads(data[0])["value"],)]

    def predict_batch(self, batch: Any) -> list[Any]:
        return [json.loads(text)["value"] for text in batch.column(0).to_pylist()]
