# SPDX-License-Identifier: Apache-2.0
"""The Python function that CallBenchmark calls."""

from pyflink_ml_embedded import PredictFunction, Row


class Identity(PredictFunction):
    """Returns the first field of the row."""

    def predict(self, data: Row) -> list[tuple[object]]:
        return [(data[0],)]
