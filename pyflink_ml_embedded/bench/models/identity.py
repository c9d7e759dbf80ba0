# SPDX-License-Identifier: Apache-2.0
"""Returns its input unchanged."""

from typing import Any

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction, Row


class Identity(PredictFunction, BatchPredictFunction):
    """Returns the columns of INPUT as those of OUTPUT, by position."""

    def predict(self, data: Row) -> list[tuple[Any, ...]]:
        return [tuple(data)]

    def predict_batch(self, batch: Any) -> list[Any]:
        return list(batch.columns)
