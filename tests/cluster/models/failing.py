# SPDX-License-Identifier: Apache-2.0
"""A model that fails as often as a file says."""

from pathlib import Path

from pyflink_ml_embedded import PredictFunction


class Failing(PredictFunction):
    """Fails in the first subtask until the file ``failures`` has ``limit`` bytes."""

    def open(self, context):
        directory = Path(context.properties["directory"])
        self._failures, self._limit = directory / "failures", directory / "limit"
        self._fails = context.subtask_index == 0

    def predict(self, data):
        if self._fails and self._failures.stat().st_size < int(self._limit.read_text() or 0):
            with self._failures.open("a") as failures:
                failures.write(".")
            raise ValueError("a row fails")
        return [data.x]
